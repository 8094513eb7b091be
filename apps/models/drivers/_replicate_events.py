"""The streamed output of a prediction: `output`, `done` and `error` events, bytes in and pieces out. No I/O."""

from typing import Any

import orjson

from apps.models.contracts import ChatPiece, Endpoint, TextDelta

from . import _problems
from ._sse import Event, EventReader


class OutputParser:
    """Reads one stream. The Finish is not its own: the tokens are counted in the prediction.

    `output` events are plain text, `done` and `error` ones JSON (replicate.com/docs/topics/predictions/streaming).
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.finished = self.done = False
        self.events = 0
        self._endpoint = endpoint
        self._reader = EventReader(endpoint)
        self._has_text = False

    def feed(self, data: bytes) -> list[ChatPiece]:
        """The pieces that these bytes complete. Raises ProviderError children."""
        return self._read(self._reader.feed(data))

    def end(self) -> list[ChatPiece]:
        """The pieces of the last event. Raises ProviderConnectionError: the stream was cut off."""
        pieces = self._read(self._reader.end())
        if not self.finished:
            raise _problems.cut(self._endpoint)
        return pieces

    def whole(self, body: bytes) -> list[ChatPiece]:
        """A stream is never JSON. Raises ProviderBadAnswer."""
        raise _problems.breach(self._endpoint, body)

    def _read(self, events: list[Event]) -> list[ChatPiece]:
        pieces: list[ChatPiece] = []
        for event in events:
            if not self.done:
                self._take(event, pieces)
        return pieces

    def _take(self, event: Event, pieces: list[ChatPiece]) -> None:
        self.events += 1
        if event.name == "output":
            text = event.data.decode("utf-8", "replace")
            if text:
                self._has_text = True
                pieces.append(TextDelta(text))
        elif event.name == "error":
            raise _problems.from_event(self._endpoint, self._json(event.data))
        elif event.name == "done":
            self._end(self._json(event.data), pieces)

    def _end(self, fields: Any, pieces: list[ChatPiece]) -> None:
        reason = fields.get("reason") if isinstance(fields, dict) else None
        if reason:
            raise _problems.from_event(self._endpoint, f"the prediction ended before it was finished: {reason}")
        if not self._has_text:
            raise _problems.bad_answer(self._endpoint, "the answer is empty")
        self.finished = self.done = True
        pieces.append(TextDelta(""))

    def _json(self, data: bytes) -> Any:
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            return data.decode("utf-8", "replace")
