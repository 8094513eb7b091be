"""The streamed answer of Anthropic's Messages protocol, bytes in and pieces out, without any I/O.

Events are read by the `type` in their data, which repeats their name (Anthropic, "Streaming messages", read in
November 2026). Types that are not known are passed over, as the vendor asks of its clients.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint

from . import _anthropic_wire as wire
from ._answers import EventParser, count
from ._sse import Event

_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_REASONS: Final = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
_PROMPT_PARTS: Final = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class MessageParser(EventParser):
    """Reads one streamed answer; see `_calls.Parser`."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._thinking: dict[str, Any] = {}
        self._usage: dict[str, int] = {}

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came unstreamed although a stream was asked for."""
        pieces: list[ChatPiece] = []
        try:
            message = orjson.loads(body)
            if message.get("type") == "error":
                raise wire.error_from_event(self._endpoint, message.get("error"))
            for index, block in enumerate(message["content"]):
                self._begin_block(index, block, pieces)
                self._end_block()
            self._count(message)
            self._stop(message.get("stop_reason") or "end_turn", pieces)
        except _MALFORMED as error:
            raise self._broken(body) from error
        return [*pieces, self._answer.finish()]

    def _read(self, event: Event, pieces: list[ChatPiece]) -> None:
        if event.name == "ping" or self.done:
            return
        try:
            self._take(orjson.loads(event.data), pieces)
        except _MALFORMED as error:
            raise self._broken(event.data) from error
        self.events += 1

    def _take(self, event: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        kind = event["type"]
        if kind == "content_block_delta":
            self._add(event["index"], event["delta"], pieces)
        elif kind == "content_block_start":
            self._begin_block(event["index"], event["content_block"], pieces)
        elif kind == "content_block_stop":
            self._end_block()
        elif kind == "message_start":
            self._count(event["message"])
        elif kind == "message_delta":
            self._count(event)
            if reason := event["delta"].get("stop_reason"):
                self._stop(reason, pieces)
        elif kind == "message_stop":
            self.done = True
            self._stop("end_turn", pieces)
        elif kind == "error":
            raise wire.error_from_event(self._endpoint, event.get("error"))

    def _add(self, index: int, delta: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        kind = delta["type"]
        if kind == "text_delta":
            self._answer.text(delta["text"], pieces)
        elif kind == "input_json_delta":
            self._answer.arguments(index, delta["partial_json"])
        elif kind == "thinking_delta":
            self._thinking["thinking"] += delta["thinking"]
            self._answer.thought(delta["thinking"], pieces)
        elif kind == "signature_delta":
            self._thinking["signature"] += delta["signature"]

    def _begin_block(self, index: int, block: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        kind = block["type"]
        if kind == "text":
            self._answer.text(block.get("text") or "", pieces)
        elif kind == "tool_use":
            self._answer.begin_call(index, block["id"], block["name"])
            if block.get("input"):
                self._answer.arguments(index, orjson.dumps(block["input"]).decode())
        elif kind == "thinking":
            text = block.get("thinking") or ""
            self._thinking = {"type": kind, "thinking": text, "signature": block.get("signature") or ""}
            self._answer.thought(text, pieces)
        elif kind == "redacted_thinking":
            self._answer.keep({"type": kind, "data": block["data"]})

    def _end_block(self) -> None:
        if self._thinking.get("signature"):
            self._answer.keep(self._thinking)
        self._thinking = {}

    def _count(self, message: Mapping[str, Any]) -> None:
        """Counts are cumulative: a later one replaces an earlier one. What came from the cache was a prompt too."""
        for name, value in (message.get("usage") or {}).items():
            if (number := count(value)) is not None:
                self._usage[name] = number
        if "input_tokens" in self._usage:
            self._answer.prompt_tokens = sum(self._usage.get(name, 0) for name in _PROMPT_PARTS)
        self._answer.completion_tokens = self._usage.get("output_tokens")

    def _stop(self, reason: str, pieces: list[ChatPiece]) -> None:
        if not self.finished:
            self.finished = True
            self._answer.end(_REASONS.get(reason, "stop"), pieces)
