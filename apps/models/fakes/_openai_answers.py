"""Answers of OpenAI's protocol, whole and streamed, in the dialects of those who speak it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from apps.models.fake_servers import PROMPT_TOKENS, Call, Plan

DONE: Final = b"data: [DONE]"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a server differs from OpenAI's.

    Args:
        reasoning_field: where its thoughts stand; "" for parts of the content.
        reasons: its words for why a model stopped.
        comments: it sends lines that keep the connection alive.
        filter_first: its first chunk is only about the prompt.
        calls_at_once: calls come whole and without index.
        has_done, has_usage: whether it says so at the end.
        extra: what it puts into every chunk.
        repeats: its last chunk holds the whole message again.
        errors: "" for a status that is not a success; else the form of an error in a 200 (minimax, spark).
    """

    reasoning_field: str = "reasoning_content"
    reasons: Mapping[str, str] = field(default_factory=dict)
    comments: bool = False
    filter_first: bool = False
    calls_at_once: bool = False
    has_done: bool = True
    has_usage: bool = True
    line_end: str = "\n"
    extra: Mapping[str, Any] = field(default_factory=dict)
    repeats: bool = False
    errors: str = ""


DIALECTS: Final[Mapping[str, Dialect]] = {
    "openai": Dialect(),
    "azure": Dialect(filter_first=True),
    "openrouter": Dialect(reasoning_field="reasoning", comments=True),
    "ollama": Dialect(reasoning_field="reasoning", calls_at_once=True, reasons={"tool_calls": "stop"}),
    "mistral": Dialect(reasoning_field="", reasons={"length": "model_length"}),
    "zhipu": Dialect(reasons={"content_filter": "sensitive"}),
    "minimax": Dialect(extra={"base_resp": {"status_code": 0, "status_msg": ""}}, repeats=True, errors="minimax"),
    "spark": Dialect(extra={"code": 0, "message": "Success", "sid": "fake"}, calls_at_once=True, errors="spark"),
    "bare": Dialect(has_done=False, has_usage=False, line_end="\r\n"),
}


def error_in_success(form: str, status: int, sentence: str) -> Mapping[str, Any]:
    """An error as a vendor puts it into a 200."""
    if form == "spark":
        codes = {401: 11200, 429: 11202, 402: 11201}
        return {"code": codes.get(status, 10163 if status < 500 else 10012), "message": sentence, "sid": "fake"}
    codes = {401: 1004, 429: 1002, 402: 1008}
    return {
        "choices": None,
        "base_resp": {"status_code": codes.get(status, 2013 if status < 500 else 1013), "status_msg": sentence},
    }


def usage_of(plan: Plan) -> dict[str, int]:
    """Counts."""
    return {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": plan.completion_tokens,
        "total_tokens": PROMPT_TOKENS + plan.completion_tokens,
    }


def whole(model: str, plan: Plan, dialect: Dialect, *, legacy: bool) -> dict[str, Any]:
    """An unstreamed answer of a chat."""
    message: dict[str, Any] = {"role": "assistant", "content": plan.text or None}
    for part in (_thought(text, dialect) for text in plan.thoughts[:1]):
        message |= part if dialect.reasoning_field else {}
    if plan.calls:
        message |= _function(plan.calls[0]) if legacy else {"tool_calls": [_call(call) for call in plan.calls]}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": _reason(plan, dialect, legacy=legacy)}
    return _envelope(model, "chat.completion", dialect) | {"choices": [choice], "usage": usage_of(plan)}


def events(model: str, plan: Plan, dialect: Dialect, *, wants_usage: bool, legacy: bool) -> Iterator[bytes]:
    """A streamed answer of a chat, event by event."""
    envelope = _envelope(model, "chat.completion.chunk", dialect)
    if dialect.filter_first:
        filters = [{"prompt_index": 0, "content_filter_results": {}}]
        yield _sse({**envelope, "choices": [], "prompt_filter_results": filters}, dialect)
    if dialect.comments:
        yield b": OPENROUTER PROCESSING\n\n"
    for number, delta in enumerate(_deltas(plan, dialect, legacy=legacy)):
        if plan.is_broken and number == 2:
            yield b'data: {"choices": [{"del\n\n'
        yield _sse(_chunk(envelope, delta), dialect)
    last = _chunk(envelope, {}, _reason(plan, dialect, legacy=legacy))
    if dialect.repeats:
        last["choices"] = whole(model, plan, dialect, legacy=legacy)["choices"]
    yield _sse(last, dialect)
    if wants_usage and dialect.has_usage:
        yield _sse({**envelope, "choices": [], "usage": usage_of(plan)}, dialect)
    if dialect.has_done:
        yield DONE + 2 * dialect.line_end.encode()


def completion_events(model: str, plan: Plan, dialect: Dialect, *, wants_usage: bool) -> Iterator[bytes]:
    """A streamed answer of the older completions."""
    envelope = _envelope(model, "text_completion", dialect)
    for text in plan.chunks:
        yield _sse({**envelope, "choices": [{"index": 0, "text": text, "finish_reason": None}]}, dialect)
    yield _sse({**envelope, "choices": [{"index": 0, "text": "", "finish_reason": plan.reason}]}, dialect)
    if wants_usage:
        yield _sse({**envelope, "choices": [], "usage": usage_of(plan)}, dialect)
    yield DONE + b"\n\n"


def completion(model: str, plan: Plan, dialect: Dialect) -> dict[str, Any]:
    """An unstreamed answer of the older completions."""
    choice = {"index": 0, "text": plan.text, "logprobs": None, "finish_reason": plan.reason}
    return _envelope(model, "text_completion", dialect) | {"choices": [choice], "usage": usage_of(plan)}


def transcription(text: str, model: str, form: str) -> dict[str, Any]:
    """What is heard in a recording that is always 90 s long; `form` is the answer's `response_format`."""
    if form == "verbose_json":
        return {"task": "transcribe", "language": "english", "duration": 90.0, "text": text, "segments": []}
    if "transcribe" in model:
        return {
            "text": text,
            "usage": {"type": "tokens", "input_tokens": 900, "output_tokens": 30, "total_tokens": 930},
        }
    return {"text": text, "usage": {"type": "duration", "seconds": 90}}


def _deltas(plan: Plan, dialect: Dialect, *, legacy: bool) -> Iterator[dict[str, Any]]:
    yield {"role": "assistant", "content": None if plan.calls else ""}
    for text in plan.thoughts:
        yield _thought(text, dialect)
    for text in plan.chunks:
        yield {"content": text}
    if legacy and plan.calls:
        yield _function(plan.calls[0])
    elif dialect.calls_at_once and plan.calls:
        yield {"tool_calls": [_call(call) for call in plan.calls]}
    else:
        yield from _fragments(plan)


def _fragments(plan: Plan) -> Iterator[dict[str, Any]]:
    for index, call in enumerate(plan.calls):
        head = {**_call(call), "index": index, "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [head]}
        for text in (call.arguments[:4], call.arguments[4:]):
            yield {"tool_calls": [{"index": index, "function": {"arguments": text}}]}


def _thought(text: str, dialect: Dialect) -> dict[str, Any]:
    if dialect.reasoning_field:
        return {dialect.reasoning_field: text}
    return {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": text}]}]}


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _function(call: Call) -> dict[str, Any]:
    return {"function_call": {"name": call.name, "arguments": call.arguments}}


def _reason(plan: Plan, dialect: Dialect, *, legacy: bool) -> str:
    reason = "function_call" if legacy and plan.calls else plan.reason
    return dialect.reasons.get(reason, reason)


def _envelope(model: str, kind: str, dialect: Dialect) -> dict[str, Any]:
    return {"id": "chatcmpl-fake", "object": kind, "created": 1_790_000_000, "model": model, **dialect.extra}


def _chunk(envelope: Mapping[str, Any], delta: Mapping[str, Any], reason: str | None = None) -> dict[str, Any]:
    return {**envelope, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}]}


def _sse(event: Mapping[str, Any], dialect: Dialect) -> bytes:
    return b"data: " + orjson.dumps(event) + 2 * dialect.line_end.encode()
