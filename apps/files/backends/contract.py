"""What `files.storage` asks of a backend on top of Django's `Storage`."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol


@dataclass(frozen=True, slots=True)
class Stored:
    """One file as the backend lists it; `modified_at` is aware."""

    key: str
    size_bytes: int
    modified_at: datetime


class Backend(Protocol):
    """The part Django's `Storage` lacks.

    Attributes:
        failures: what it raises where the store does not do what it should.
        missing: what it raises where a file is not there; looked at before `failures`.
    """

    failures: ClassVar[tuple[type[Exception], ...]]
    missing: ClassVar[tuple[type[Exception], ...]]

    def list_keys(self, prefix: str) -> Iterator[Stored]:
        """Every file whose key begins so, page by page."""

    def address(self, key: str, *, disposition: str, mime_type: str, expires_s: int) -> str:
        """A presigned address of a file, with the headers it is to be sent with; "" where the store has none."""
