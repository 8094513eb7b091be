"""The streamed answer of Bedrock's Converse, bytes in and pieces out, without any I/O.

Events are frames (`_bedrock_frames`) whose `:event-type` names them; a fault in the middle of a stream is a frame
whose `:message-type` is `exception` (AWS, "ConverseStream", read in November 2026).
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint
from apps.models.errors import ProviderError, ProviderRateLimited

from . import _problems
from ._answers import Answer, count
from ._bedrock_frames import Frame, FrameReader

_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
}
_BROKEN_REASONS: Final = ("malformed_model_output", "malformed_tool_use")
_PROMPT_PARTS: Final = ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens")

# The status that an exception has as an answer of its own; 503 for a model that failed, which is worth a retry.
_STATUS: Final = {
    "validationException": 400,
    "throttlingException": 429,
    "internalServerException": 500,
    "serviceUnavailableException": 503,
    "modelStreamErrorException": 503,
    "modelTimeoutException": 408,
}


class ConverseParser:
    """Reads one streamed answer; see `_calls.Parser`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.finished = self.done = False
        self.events = 0
        self._endpoint = endpoint
        self._reader = FrameReader(endpoint)
        self._answer = Answer(endpoint)
        self._thoughts: dict[str, str] = {}

    def feed(self, data: bytes) -> list[ChatPiece]:
        """The pieces that these bytes complete. Raises ProviderError children."""
        pieces: list[ChatPiece] = []
        for frame in self._reader.feed(data):
            try:
                self._read(frame, pieces)
            except _MALFORMED as error:
                raise self._broken(frame.payload) from error
            self.events += 1
        return pieces

    def end(self) -> list[ChatPiece]:
        """The last pieces, Finish among them. Raises ProviderConnectionError: the answer was cut off."""
        if not self.finished:
            raise _problems.cut(self._endpoint)
        return [self._answer.finish()]

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came unstreamed although a stream was asked for."""
        pieces: list[ChatPiece] = []
        try:
            answer = orjson.loads(body)
            for index, block in enumerate(answer["output"]["message"]["content"]):
                self._take_block(index, block, pieces)
            self._count(answer)
            self._stop(answer["stopReason"], pieces)
        except _MALFORMED as error:
            raise self._broken(body) from error
        return [*pieces, self._answer.finish()]

    def _read(self, frame: Frame, pieces: list[ChatPiece]) -> None:
        if frame.headers.get(":message-type") != "event":
            raise _from_frame(self._endpoint, frame)
        kind, event = frame.headers[":event-type"], orjson.loads(frame.payload)
        if kind == "contentBlockDelta":
            self._add(event.get("contentBlockIndex", 0), event["delta"], pieces)
        elif kind == "contentBlockStart":
            if call := event["start"].get("toolUse"):
                self._answer.begin_call(event.get("contentBlockIndex", 0), call["toolUseId"], call["name"])
        elif kind == "contentBlockStop":
            self._end_block()
        elif kind == "messageStop":
            self._stop(event["stopReason"], pieces)
        elif kind == "metadata":
            self._count(event)
            self.done = self.finished

    def _add(self, index: int, delta: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        if "text" in delta:
            self._answer.text(delta["text"], pieces)
        elif "toolUse" in delta:
            self._answer.arguments(index, delta["toolUse"]["input"])
        elif "reasoningContent" in delta:
            for name, text in delta["reasoningContent"].items():
                self._thoughts[name] = self._thoughts.get(name, "") + text
            self._answer.thought(delta["reasoningContent"].get("text", ""), pieces)

    def _take_block(self, index: int, block: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        """One whole block of an unstreamed answer."""
        if call := block.get("toolUse"):
            self._answer.begin_call(index, call["toolUseId"], call["name"])
            self._answer.arguments(index, orjson.dumps(call["input"]).decode())
        elif thoughts := block.get("reasoningContent"):
            fields = thoughts.get("reasoningText") or thoughts
            self._add(index, {"reasoningContent": fields}, pieces)
            self._end_block()
        elif "text" in block:
            self._answer.text(block["text"], pieces)

    def _end_block(self) -> None:
        thoughts, self._thoughts = self._thoughts, {}
        if "redactedContent" in thoughts:
            self._answer.keep({"reasoningContent": {"redactedContent": thoughts["redactedContent"]}})
        elif "signature" in thoughts:
            text = {"text": thoughts.get("text", ""), "signature": thoughts["signature"]}
            self._answer.keep({"reasoningContent": {"reasoningText": text}})

    def _count(self, event: Mapping[str, Any]) -> None:
        """What came from the cache was a prompt too."""
        usage = event.get("usage") or {}
        if count(usage.get("inputTokens")) is not None:
            self._answer.prompt_tokens = sum(count(usage.get(name)) or 0 for name in _PROMPT_PARTS)
        self._answer.completion_tokens = count(usage.get("outputTokens"))

    def _stop(self, reason: str, pieces: list[ChatPiece]) -> None:
        if reason in _BROKEN_REASONS:
            raise _problems.bad_answer(self._endpoint, f"the model's output is broken ({reason})")
        self.finished = True
        self._answer.end(_REASONS.get(reason, "stop"), pieces)

    def _broken(self, payload: bytes) -> Exception:
        return _problems.breach(self._endpoint, payload)


def _from_frame(endpoint: Endpoint, frame: Frame) -> ProviderError:
    """The error for an exception (`:exception-type`, its words in the payload) or an error (both in the headers)."""
    name = frame.headers.get(":exception-type") or frame.headers.get(":error-code") or "exception"
    text = frame.headers.get(":error-message") or frame.payload.decode("utf-8", "replace")
    if frame.payload.startswith(b"{"):
        text = str(orjson.loads(frame.payload).get("message") or text)
    status = _STATUS.get(name, 500)
    if status == 429:  # "Too many tokens, please wait": of a minute, not of the prompt
        return ProviderRateLimited(_problems.sentence(endpoint, f"{name}: {text}"))
    return _problems.from_event(endpoint, {"message": f"{name}: {text}", "code": status})
