"""The answer of Triton's generate extension, bytes in and pieces out. No I/O.

What an event holds depends on the model behind: a piece of the text or all of it so far, with the prompt before it or
without. Nothing marks the last event: the answer is finished where the server ends it properly.
"""

from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta

from . import _problems
from ._sse import EventReader

# A piece that repeats so much of the text before it is the text so far.
_SURE_CHARACTERS: Final = 8
_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)


class GenerateParser:
    """Reads one answer to a prompt."""

    def __init__(self, endpoint: Endpoint, prompt: str) -> None:
        self.finished = self.done = False
        self.events = 0
        self._endpoint = endpoint
        self._reader = EventReader(endpoint)
        self._text = _GrowingText(prompt)
        self._reason = ""

    def feed(self, data: bytes) -> list[ChatPiece]:
        """The pieces that these bytes complete. Raises ProviderError children."""
        pieces: list[ChatPiece] = []
        for event in self._reader.feed(data):
            self._read(event.data, pieces)
        return pieces

    def end(self) -> list[ChatPiece]:
        """The last pieces. Raises ProviderConnectionError: nothing has come at all."""
        pieces = self.feed(b"\n\n")
        if not self.events:
            raise _problems.cut(self._endpoint)
        return self._ended(pieces)

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came unstreamed."""
        pieces: list[ChatPiece] = []
        self._read(body, pieces)
        return self._ended(pieces)

    def _read(self, data: bytes, pieces: list[ChatPiece]) -> None:
        try:
            answer = orjson.loads(data)
            if answer.get("error"):
                raise _problems.from_event(self._endpoint, answer["error"])
            self._take(answer, pieces)
        except _MALFORMED as error:
            raise _problems.breach(self._endpoint, data) from error
        self.events += 1

    def _take(self, answer: Any, pieces: list[ChatPiece]) -> None:
        text, reason = answer["text_output"], answer.get("finish_reason")
        if new := self._text.grow(text if isinstance(text, str) else "".join(text)):
            pieces.append(TextDelta(new))
        if isinstance(reason, str) and reason not in ("", "null"):
            self._reason = reason

    def _ended(self, pieces: list[ChatPiece]) -> list[ChatPiece]:
        if rest := self._text.rest():
            pieces.append(TextDelta(rest))
        if not self._text.has_any:
            raise _problems.bad_answer(self._endpoint, "the answer is empty")
        reason = self._reason if self._reason in ("stop", "length") else "stop"
        return [*pieces, TextDelta(""), Finish(reason)]


class _GrowingText:
    """Finds out whether a server sends pieces or the text so far, and says what is new in either.

    While both may be true ("a", "aa"), all after the first event is held back.
    """

    def __init__(self, prompt: str) -> None:
        self.has_any = False
        self._prompt = prompt
        self._parts: list[str] = []  # until it is known what they are
        self._given = 0  # characters of the text, the prompt included
        self._is_whole: bool | None = None

    def grow(self, text: str) -> str:
        """What is new in the text of an event."""
        if self._is_whole is None and text:
            return self._undecided(text)
        return self._give(text) if self._is_whole else self._noted(text)

    def rest(self) -> str:
        """What was held back to the end: each event began with the one before it, so the last is the text."""
        return self._give(self._parts[-1]) if self._is_whole is None and self._parts else ""

    def _undecided(self, text: str) -> str:
        if not self._parts:
            self._parts = [text]
            self._given = len(self._prompt) if text.startswith(self._prompt) else 0
            return self._give(text)
        last = self._parts[-1]
        self._parts.append(text)
        if not text.startswith(last):
            self._is_whole = False
            return self._give("".join(self._parts))
        if len(text) > len(last) >= _SURE_CHARACTERS:
            self._is_whole = True
            return self._give(text)
        return ""

    def _give(self, whole: str) -> str:
        new = whole[self._given :]
        self._given = max(self._given, len(whole))
        return self._noted(new)

    def _noted(self, new: str) -> str:
        self.has_any = self.has_any or bool(new)
        return new
