"""Runs in the form of OpenAI's chat completions (platform.openai.com, API reference, "Chat", 2026-11): answers,
chunks, errors, and the messages of a request. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpResponse

from apps.common.api import json_response
from apps.common.encoding import dumps
from apps.common.errors import AppError, InvalidParam
from apps.common.run_events import Envelope, MessageEnd, RunError
from apps.common.text import storable
from apps.prompts.material import PastTurn

DONE: Final = b"data: [DONE]\n\n"
ROLES: Final = ("system", "developer", "user", "assistant")
PING: Final = b": ping\n\n"  # a comment, which every reader of event streams skips
_KINDS: Final = {401: "authentication_error", 403: "permission_error", 429: "rate_limit_error"}


@dataclass(frozen=True, slots=True)
class Dialogue:
    """The messages of a request: the question, the addresses of its pictures, and what was said before it."""

    query: str
    pictures: tuple[str, ...]
    history: tuple[PastTurn, ...]


def read_dialogue(messages: object) -> Dialogue:
    """The last user message is the question; all before it is history.

    The app's own instructions stand above the dialogue, so a caller's system messages are taken as part of what the
    user says. Pictures of earlier messages are left out.

    Raises:
        InvalidParam: no list of messages, no user message, or parts that are neither text nor picture.
    """
    if not isinstance(messages, list) or not messages:
        raise InvalidParam("messages must be a list with at least one message.", params="messages")
    said = [_said(message, position) for position, message in enumerate(messages)]
    asked = [position for position, (role, _, _) in enumerate(said) if role == "user"]
    if not asked:
        raise InvalidParam("messages must hold a user message: the question.", params="messages")
    pending: list[str] = []
    history: list[PastTurn] = []
    for role, text, _ in said[: asked[-1]]:
        if role != "assistant":
            pending.append(text)
        elif pending or not history:
            history.append(PastTurn("\n\n".join(pending), text))
            pending = []
        else:  # two answers in a row are one
            last = history.pop()
            history.append(PastTurn(last.query, f"{last.answer}\n\n{text}"))
    _, question, pictures = said[asked[-1]]
    query = "\n\n".join(filter(None, (*pending, question)))
    if not query.strip():
        raise InvalidParam("The last user message is empty.", params="messages")
    return Dialogue(query, tuple(pictures), tuple(history))


def _said(message: object, position: int) -> tuple[str, str, list[str]]:
    """Role, text and addresses of pictures."""
    name = f"messages[{position}]"
    if not isinstance(message, Mapping):
        raise InvalidParam(f"{name} must be an object.", params=name)
    role = message.get("role")
    if role not in ROLES:
        raise InvalidParam(f"{name}.role must be one of {', '.join(ROLES)}.", params=f"{name}.role")
    content = message.get("content")
    if content is None or isinstance(content, str):
        return role, storable(content or ""), []
    texts: list[str] = []
    pictures: list[str] = []
    for part in content if isinstance(content, list) else [None]:
        kind = part.get("type") if isinstance(part, Mapping) else None
        value = part.get(kind) if isinstance(part, Mapping) and kind in ("text", "image_url") else None
        value = value.get("url") if isinstance(value, Mapping) else value
        if not isinstance(value, str):
            raise InvalidParam(f"{name}.content must be text, or parts of text and pictures.", params=f"{name}.content")
        (texts if kind == "text" else pictures).append(value)
    return role, storable("\n".join(texts)), pictures


def error_response(error: AppError) -> HttpResponse:
    """An error as OpenAI's clients read it."""
    return json_response(
        {"error": error_json(error.code, error.message, error.http_status, error.params)}, error.http_status
    )


def error_json(code: str, message: str, status: int, param: str | None = None) -> dict[str, Any]:
    """The error object."""
    kind = "server_error" if status >= 500 else _KINDS.get(status, "invalid_request_error")
    return {"message": message, "type": kind, "param": param, "code": code}


class CompletionEncoder:
    """Encodes one run.

    Args:
        model: the name the caller used.
        with_usage: the stream ends with a chunk of token counts.
    """

    def __init__(self, envelope: Envelope, model: str, *, with_usage: bool = False) -> None:
        self.with_usage = with_usage
        self._conversation_id = str(envelope.conversation_id)
        self._about = {
            "id": f"chatcmpl-{envelope.message_id}",
            "created": envelope.created_at,
            "model": model,
            "system_fingerprint": None,
        }

    def answer(self, event: MessageEnd) -> Mapping[str, Any]:
        """The whole run as one object."""
        citations = _citations(event)
        message = {"role": "assistant", "content": event.answer, "refusal": None, "citations": citations}
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}
        more = {"citations": citations, "conversation_id": self._conversation_id}
        return {**self._about, "object": "chat.completion", "choices": [choice], "usage": _usage(event), **more}

    def opening(self) -> bytes:
        """The first chunk: who speaks."""
        return self._chunk({"role": "assistant", "content": ""})

    def delta(self, text: str) -> bytes:
        """A piece of the answer."""
        return self._chunk({"content": text})

    def closing(self, event: MessageEnd) -> bytes:
        """The last chunks: why it ended, with citations and the conversation's id; tokens where they were asked for."""
        citations = _citations(event)
        more = {"citations": citations, "conversation_id": self._conversation_id}
        frames = [self._chunk({"citations": citations}, "stop", **more)]
        if self.with_usage:
            frames.append(self._frame({"choices": [], "usage": _usage(event)}))
        return b"".join([*frames, DONE])

    def failure(self, event: RunError) -> bytes:
        """An error in the middle of the stream, which ends it."""
        return _sse({"error": error_json(event.code, event.message, event.status)})

    def _chunk(self, delta: Mapping[str, Any], finish: str | None = None, **more: Any) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        usage = {"usage": None} if self.with_usage else {}
        return self._frame({"choices": [choice], **usage, **more})

    def _frame(self, fields: Mapping[str, Any]) -> bytes:
        return _sse({**self._about, "object": "chat.completion.chunk", **fields})


def _sse(value: object) -> bytes:
    return f"data: {dumps(value)}\n\n".encode("ascii")


def _usage(event: MessageEnd) -> dict[str, int]:
    usage = event.metadata.get("usage") or {}
    return {name: int(usage.get(name, 0)) for name in ("prompt_tokens", "completion_tokens", "total_tokens")}


def _citations(event: MessageEnd) -> Sequence[Mapping[str, Any]]:
    return list(event.metadata.get("retriever_resources") or ())
