"""The streamed answer of Gemini's protocol, bytes in and pieces out, without any I/O.

Each event is an answer of its own with the next parts; the last has a finish reason, and nothing marks the end of the
stream (ai.google.dev, "streamGenerateContent", read in November 2026).
"""

import secrets
from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint
from apps.models.errors import ProviderContentFiltered, ProviderError

from . import _problems
from ._answers import EventParser, count
from ._sse import Event

_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_REASONS: Final = {
    "MAX_TOKENS": "length",
    "SAFETY": "content_filter",
    "RECITATION": "content_filter",
    "BLOCKLIST": "content_filter",
    "PROHIBITED_CONTENT": "content_filter",
    "SPII": "content_filter",
    "ESCALATION": "content_filter",
    "PUP_LIMITED_DISABLED": "content_filter",
    "IMAGE_SAFETY": "content_filter",
    "IMAGE_PROHIBITED_CONTENT": "content_filter",
    "IMAGE_RECITATION": "content_filter",
}
_FAILURES: Final = (
    "MALFORMED_FUNCTION_CALL",
    "UNEXPECTED_TOOL_CALL",
    "TOO_MANY_TOOL_CALLS",
    "MISSING_THOUGHT_SIGNATURE",
    "MALFORMED_RESPONSE",
    "LANGUAGE",
)


class GeminiParser(EventParser):
    """Reads one streamed answer; see `_calls.Parser`. It is never `done` before the connection is."""

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._calls = 0

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came at once: a single one, or a list of what would have been events."""
        pieces: list[ChatPiece] = []
        try:
            found = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise self._broken(body) from error
        for chunk in found if isinstance(found, list) else [found]:
            self._read(Event("", orjson.dumps(chunk)), pieces)
        if not self.finished:
            raise self._broken(body)
        return [*pieces, self._answer.finish()]

    def _read(self, event: Event, pieces: list[ChatPiece]) -> None:
        try:
            self._take(orjson.loads(event.data), pieces)
        except _MALFORMED as error:
            raise self._broken(event.data) from error
        self.events += 1

    def _take(self, chunk: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        if chunk.get("error"):
            raise self._error(chunk)
        self._count(chunk.get("usageMetadata") or {})
        blocked = (chunk.get("promptFeedback") or {}).get("blockReason")
        if blocked:
            text = f"the provider's content filter refused the prompt ({blocked})"
            raise ProviderContentFiltered(_problems.sentence(self._endpoint, text))
        for candidate in (chunk.get("candidates") or ())[:1]:
            if not self.finished:
                self._add((candidate.get("content") or {}).get("parts") or (), pieces)
                self._stop(candidate, pieces)

    def _add(self, parts: Any, pieces: list[ChatPiece]) -> None:
        """The parts of one event; texts that follow each other are one piece."""
        text = thought = ""
        for part in parts:
            if "functionCall" in part:
                self._begin_call(part)
            elif part.get("thought"):
                thought += part.get("text") or ""
            else:
                text += part.get("text") or ""
        self._answer.thought(thought, pieces)
        self._answer.text(text, pieces)

    def _begin_call(self, part: Mapping[str, Any]) -> None:
        """A call comes whole. Older models give it no id, and what is no id of ours cannot be answered."""
        call, index = part["functionCall"], self._calls
        self._calls += 1
        id = call.get("id") or f"call_{secrets.token_hex(8)}"
        self._answer.begin_call(index, id, call["name"], part.get("thoughtSignature") or "")
        self._answer.arguments(index, orjson.dumps(call.get("args") or {}).decode())

    def _stop(self, candidate: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        reason = candidate.get("finishReason")
        if not reason:
            return
        if reason in _FAILURES:
            told = candidate.get("finishMessage") or "no more is said"
            raise _problems.bad_answer(self._endpoint, f"the model failed with {reason}: {told}")
        self.finished = True
        usual = "tool_calls" if self._calls else "stop"
        self._answer.end(_REASONS.get(reason, usual), pieces)

    def _count(self, usage: Mapping[str, Any]) -> None:
        """Each event tells the counts so far. Thoughts are charged as output."""
        prompt, answer = count(usage.get("promptTokenCount")), count(usage.get("candidatesTokenCount"))
        if prompt is not None:
            self._answer.prompt_tokens = prompt
        if answer is not None or "thoughtsTokenCount" in usage:
            self._answer.completion_tokens = (answer or 0) + (count(usage.get("thoughtsTokenCount")) or 0)

    def _error(self, chunk: Mapping[str, Any]) -> ProviderError:
        """An error in a stream has the form and the status that it has as an answer of its own."""
        error = chunk["error"]
        status = error.get("code") if isinstance(error, Mapping) else None
        return _problems.from_status(self._endpoint, status if type(status) is int else 500, orjson.dumps(chunk), {})
