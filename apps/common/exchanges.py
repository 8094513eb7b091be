"""Requests and answers written down for who looks into a fault. Nothing is kept unless somebody records."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Final

MAX_KEPT_BYTES: Final = 256 * 2**10


@dataclass(slots=True)
class Exchange:
    """One request as it was sent and what came back; header names of the answer in lower case.

    Args:
        status: None while no answer has begun.
        answer: the first `MAX_KEPT_BYTES` of its body.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    status: int | None = None
    answer_headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    answer: bytearray = field(default_factory=bytearray, repr=False)

    def open(self, status: int, headers: Mapping[str, str]) -> None:
        """The answer has begun."""
        self.status = status
        self.answer_headers = {name.lower(): value for name, value in headers.items()}

    def receive(self, data: bytes) -> None:
        """More of its body has come."""
        self.answer += data[: MAX_KEPT_BYTES - len(self.answer)]


_record: ContextVar[list[Exchange] | None] = ContextVar("exchanges", default=None)


@contextmanager
def recorded() -> Iterator[list[Exchange]]:
    """Everything that this task sends by `common.http` inside the block, secrets included, oldest first."""
    found: list[Exchange] = []
    token = _record.set(found)
    try:
        yield found
    finally:
        _record.reset(token)


def begin(method: str, url: str, headers: Mapping[str, str] | None, body: bytes | None) -> Exchange | None:
    """Writes a request down, where somebody records."""
    record = _record.get()
    if record is None:
        return None
    exchange = Exchange(method, url, headers or {}, body or b"")
    record.append(exchange)
    return exchange
