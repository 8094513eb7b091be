"""Server-sent events, cut out of bytes that come in parts of any size (WHATWG HTML, section 9.2)."""

from typing import Final, NamedTuple

from apps.models.contracts import Endpoint

from . import _problems

MAX_EVENT_BYTES: Final = 4 * 2**20


class Event(NamedTuple):
    """One event: its name ("" where the server gives none) and its data, lines joined."""

    name: str
    data: bytes


class EventReader:
    """Keeps what is incomplete until its rest comes. Lines are cut as bytes, so a character may be split."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._rest = b""
        self._name = ""
        self._data: list[bytes] = []

    def feed(self, data: bytes) -> list[Event]:
        """The events that these bytes complete. Raises ProviderBadAnswer: an event does not end."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > MAX_EVENT_BYTES:
            raise _problems.bad_answer(self._endpoint, "an event of the answer is longer than 4 MB")
        events: list[Event] = []
        for line in lines:
            self._take(line.removesuffix(b"\r"), events)
        return events

    def end(self) -> list[Event]:
        """An event that the server ended without an empty line."""
        return self.feed(b"\n\n")

    def _take(self, line: bytes, events: list[Event]) -> None:
        if not line:
            if self._data:
                events.append(Event(self._name, b"\n".join(self._data)))
            self._name, self._data = "", []
            return
        field, _colon, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
        elif field == b"event":
            self._name = value.decode("utf-8", "replace")
