"""An answer made of blocks, put together as it comes: text, thoughts, tool calls. Protocols that send blocks or parts
share it; what they call their events is not its affair. No I/O.
"""

from typing import Any, Final

import orjson

from apps.models.contracts import ChatPiece, Endpoint, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.errors import ProviderContentFiltered

from . import _problems
from ._sse import Event, EventReader

THOUGHTS_BEGIN: Final = "<think>\n"
THOUGHTS_END: Final = "\n</think>\n\n"
MAX_TOKENS: Final = 10**8  # no window is near it; a server that counts more does not know


class Answer:
    """One answer; `reason` is "" until it ended.

    Thoughts that the vendor wants to see again go with the call they led to, as JSON in `ToolCall.signature`.
    """

    def __init__(self, endpoint: Endpoint) -> None:
        self.reason = ""
        self.prompt_tokens: int | None = None
        self.completion_tokens: int | None = None
        self._endpoint = endpoint
        self._has_text = self._in_thoughts = False
        self._calls: dict[int, dict[str, str]] = {}
        self._thoughts: list[dict[str, Any]] = []

    def text(self, text: str, pieces: list[ChatPiece]) -> None:
        """A piece of text."""
        if not text:
            return
        if self._in_thoughts:
            self.end_thoughts(pieces)
        self._has_text = True
        pieces.append(TextDelta(text))

    def thought(self, text: str, pieces: list[ChatPiece]) -> None:
        """A piece of thoughts."""
        if not text:
            return
        begin = "" if self._in_thoughts else THOUGHTS_BEGIN
        self._in_thoughts = self._has_text = True
        pieces.append(TextDelta(begin + text))

    def end_thoughts(self, pieces: list[ChatPiece]) -> None:
        """Thoughts are over."""
        self._in_thoughts = False
        pieces.append(TextDelta(THOUGHTS_END))

    def keep(self, block: dict[str, Any]) -> None:
        """A whole block of thoughts that must be sent back with the next call."""
        self._thoughts.append(block)

    def begin_call(self, index: int, id: str, name: str, signature: str = "") -> None:
        """A call begins; `index` is its block's, `signature` what the vendor signed it with, where it signs calls."""
        if self._thoughts:
            signature = orjson.dumps(self._thoughts).decode()
        self._thoughts = []
        self._calls[index] = {"id": id, "name": name, "arguments": "", "signature": signature}

    def arguments(self, index: int, text: str) -> None:
        """A piece of a call's arguments. Raises KeyError: no such call began."""
        self._calls[index]["arguments"] += text

    def end(self, reason: str, pieces: list[ChatPiece]) -> None:
        """The model stopped.

        Raises:
            ProviderBadAnswer: it said nothing.
            ProviderContentFiltered: it said nothing because the provider withheld it.
        """
        self.reason = reason
        if self._in_thoughts:
            self.end_thoughts(pieces)
        if self._calls:
            pieces.append(ToolCallDelta(self._joined()))
        elif not self._has_text:
            raise self._nothing()
        pieces.append(TextDelta(""))

    def finish(self) -> Finish:
        """Why the model stopped and what it counted."""
        return Finish(self.reason or "stop", self.prompt_tokens, self.completion_tokens)

    def _joined(self) -> list[ToolCall]:
        return [
            ToolCall(call["id"] or f"call_{index}", call["name"], call["arguments"] or "{}", call["signature"])
            for index, call in sorted(self._calls.items())
        ]

    def _nothing(self) -> Exception:
        if self.reason == "content_filter":
            text = "the provider's content filter withheld the answer"
            return ProviderContentFiltered(_problems.sentence(self._endpoint, text))
        return _problems.bad_answer(self._endpoint, f"the answer is empty (finish reason: {self.reason})")


def count(value: Any) -> int | None:
    """A number of tokens as a server states it; None for what is none."""
    return value if type(value) is int and 0 <= value <= MAX_TOKENS else None


def whole_count(value: Any) -> int | None:
    """The same of a server that may write 5.0."""
    return count(int(value) if isinstance(value, float) and value.is_integer() else value)


class EventParser:
    """What the parsers share whose answers come as server-sent events; see `_calls.Parser`."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.finished = self.done = False
        self.events = 0
        self._endpoint = endpoint
        self._reader = EventReader(endpoint)
        self._answer = Answer(endpoint)

    def feed(self, data: bytes) -> list[ChatPiece]:
        """The pieces that these bytes complete. Raises ProviderError children."""
        pieces: list[ChatPiece] = []
        for event in self._reader.feed(data):
            self._read(event, pieces)
        return pieces

    def end(self) -> list[ChatPiece]:
        """The last pieces, Finish among them. Raises ProviderConnectionError: the answer was cut off."""
        pieces: list[ChatPiece] = []
        for event in self._reader.end():
            self._read(event, pieces)
        if not self.finished:
            raise _problems.cut(self._endpoint)
        return [*pieces, self._answer.finish()]

    def _read(self, event: Event, pieces: list[ChatPiece]) -> None:
        """Takes one event, adds its pieces, and counts it where it means something."""
        raise NotImplementedError

    def _broken(self, payload: bytes) -> Exception:
        return _problems.breach(self._endpoint, payload)
