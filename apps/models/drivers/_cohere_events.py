"""The streamed answer of Cohere's protocol (v2), bytes in and pieces out, without any I/O.

Events are read by the `type` in their data (docs.cohere.com, "Streaming", read in November 2026). Types that are not
known are passed over, among them citations, which only requests with documents get.
"""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint
from apps.models.errors import ProviderUnavailable

from . import _problems
from ._answers import EventParser, whole_count
from ._sse import Event

_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_REASONS: Final = {"MAX_TOKENS": "length", "TOOL_CALL": "tool_calls"}
_FAILURES: Final = ("ERROR", "TIMEOUT")
_END: Final = b"[DONE]"


class CohereParser(EventParser):
    """Reads one streamed answer; see `_calls.Parser`.

    A plan of tool calls is given as thoughts. Plan and thoughts go with the first call as JSON in its signature:
    `[{"tool_plan": …}]`, `[{"thought": …}]`.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        super().__init__(endpoint)
        self._kept = {"tool_plan": "", "thought": ""}

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came unstreamed although a stream was asked for."""
        pieces: list[ChatPiece] = []
        try:
            answer = orjson.loads(body)
            message = answer["message"]
            self._think("tool_plan", message.get("tool_plan") or "", pieces)
            for block in message.get("content") or ():
                self._content(block, pieces)
            for index, call in enumerate(message.get("tool_calls") or ()):
                self._begin_call(index, call)
            self._stop(answer, pieces)
        except _MALFORMED as error:
            raise self._broken(body) from error
        return [*pieces, self._answer.finish()]

    def _read(self, event: Event, pieces: list[ChatPiece]) -> None:
        if event.data == _END or self.done:
            return
        try:
            self._take(orjson.loads(event.data), pieces)
        except _MALFORMED as error:
            raise self._broken(event.data) from error
        self.events += 1

    def _take(self, event: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        kind = event.get("type")
        if kind in ("content-delta", "content-start"):
            self._content(event["delta"]["message"]["content"], pieces)
        elif kind == "tool-plan-delta":
            self._think("tool_plan", event["delta"]["message"]["tool_plan"], pieces)
        elif kind == "tool-call-start":
            self._begin_call(event["index"], event["delta"]["message"]["tool_calls"])
        elif kind == "tool-call-delta":
            call = event["delta"]["message"]["tool_calls"]
            self._answer.arguments(event["index"], call["function"]["arguments"])
        elif kind == "message-end":
            self._stop(event["delta"], pieces)
            self.done = True
        elif kind is None:
            raise self._error(event)

    def _content(self, content: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        self._think("thought", content.get("thinking") or "", pieces)
        self._answer.text(content.get("text") or "", pieces)

    def _think(self, kind: str, text: str, pieces: list[ChatPiece]) -> None:
        self._kept[kind] += text
        self._answer.thought(text, pieces)

    def _begin_call(self, index: int, call: Mapping[str, Any]) -> None:
        for kind, text in self._kept.items():
            if text:
                self._answer.keep({kind: text})
        self._kept = dict.fromkeys(self._kept, "")
        function = call["function"]
        self._answer.begin_call(index, call["id"], function["name"])
        self._answer.arguments(index, function.get("arguments") or "")

    def _stop(self, end: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        reason = end["finish_reason"]
        if reason in _FAILURES:
            text = end.get("error") or f"the answer ended with {reason}"
            raise ProviderUnavailable(_problems.sentence(self._endpoint, text))
        self._count(end.get("usage") or {})
        self.finished = True
        self._answer.end(_REASONS.get(reason, "stop"), pieces)

    def _count(self, usage: Mapping[str, Any]) -> None:
        """What is charged, which leaves out the vendor's own prompt; else what was read and written."""
        counted = usage.get("billed_units") or usage.get("tokens") or {}
        self._answer.prompt_tokens = whole_count(counted.get("input_tokens"))
        self._answer.completion_tokens = whole_count(counted.get("output_tokens"))

    def _error(self, event: Mapping[str, Any]) -> Exception:
        """An event without a type: an error's body in place of an answer."""
        found = _problems.found_in(self._endpoint, event)
        return found or _problems.bad_answer(self._endpoint, str(event.get("message") or event))
