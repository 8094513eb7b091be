"""The answer of a text generation, streamed token by token or whole; bytes in and pieces out. No I/O."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta

from . import _problems
from ._answers import count
from ._sse import EventReader

_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_REASONS: Final = {"eos_token": "stop", "stop_sequence": "stop", "length": "length"}
# The statuses that text-generation-inference gives its error types where it can still choose one.
_STATUS: Final = {"overloaded": 429, "validation": 422, "tool_error": 422}


class TokenParser:
    """Reads one answer of text-generation-inference; its last event holds the whole text again."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.finished = self.done = False
        self.events = 0
        self._endpoint = endpoint
        self._reader = EventReader(endpoint)
        self._has_text = False
        self._details: Mapping[str, Any] = {}

    def feed(self, data: bytes) -> list[ChatPiece]:
        """The pieces that these bytes complete. Raises ProviderError children."""
        pieces: list[ChatPiece] = []
        for event in self._reader.feed(data):
            if event.data.strip() == b"[DONE]":
                self.done = True
            elif not self.finished:
                self._read(event.data, pieces)
        return pieces

    def end(self) -> list[ChatPiece]:
        """The last pieces. Raises ProviderConnectionError: the stream was cut off."""
        pieces = self.feed(b"\n\n")
        if not self.finished:
            raise _problems.cut(self._endpoint)
        return [*pieces, self._finish()]

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came unstreamed: an object, or a list of one."""
        pieces: list[ChatPiece] = []
        self._read(body, pieces)
        return [*pieces, self._finish()]

    def _read(self, data: bytes, pieces: list[ChatPiece]) -> None:
        try:
            answer = orjson.loads(data)
            if isinstance(answer, list):
                answer = answer[0]
            if answer.get("error"):
                raise self._problem(answer)
            self._take(answer, pieces)
        except _MALFORMED as error:
            raise _problems.breach(self._endpoint, data) from error
        self.events += 1

    def _take(self, answer: Mapping[str, Any], pieces: list[ChatPiece]) -> None:
        whole, token = answer.get("generated_text"), answer.get("token")
        if token is None and whole is None:
            raise KeyError("token")
        text = token["text"] if token else whole
        if text and not (token and token.get("special")):
            self._has_text = True
            pieces.append(TextDelta(str(text)))
        self._details = answer.get("details") or self._details
        if whole is not None:
            self._end(pieces)

    def _end(self, pieces: list[ChatPiece]) -> None:
        self.finished = True
        if not self._has_text:
            raise _problems.bad_answer(self._endpoint, "the answer is empty")
        pieces.append(TextDelta(""))

    def _finish(self) -> Finish:
        reason = _REASONS.get(str(self._details.get("finish_reason")), "stop")
        return Finish(reason, count(self._details.get("input_length")), count(self._details.get("generated_tokens")))

    def _problem(self, answer: Mapping[str, Any]) -> Exception:
        status = _STATUS.get(str(answer.get("error_type")), 500)
        return _problems.from_event(self._endpoint, {"message": str(answer["error"]), "code": status})
