"""Rows as Postgres' binary COPY takes them: six times as fast as text, and no adapters to register."""

import struct
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.backends.utils import CursorWrapper

from apps.common.db import Connection
from apps.knowledge.contracts import SLOTS

# PostgreSQL manual, COPY, "Binary Format": signature, flags, length of the header's extension; trailer.
_HEADER: Final = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_TRAILER: Final = b"\xff\xff"
_NULL: Final = struct.pack(">i", -1)
_INT4_OID: Final = 23
_EPOCH: Final = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


async def copy_rows(connection: Connection, target: str, rows: Iterable[Sequence[bytes | None]]) -> None:
    """Copies rows into `target`.

    Args:
        target: our own text: table and columns.
        rows: fields encoded by the functions below, in the order of the columns; None is null.
    """
    async with (
        connection.cursor() as cursor,
        cursor.copy(f"copy {target} from stdin with (format binary)".encode()) as copy,
    ):
        await copy.write(_HEADER)
        for row in rows:
            await copy.write(_row(row))
        await copy.write(_TRAILER)


def copy_batch(cursor: CursorWrapper, target: str, rows: Iterable[Sequence[bytes | None]]) -> None:
    """The same in the caller's transaction of Django's connection."""
    with cursor.db.wrap_database_errors, cursor.copy(f"copy {target} from stdin with (format binary)") as copy:
        copy.write(_HEADER)
        for row in rows:
            copy.write(_row(row))
        copy.write(_TRAILER)


def _row(fields: Sequence[bytes | None]) -> bytes:
    parts = [struct.pack(">h", len(fields))]
    for field in fields:
        parts += (_NULL,) if field is None else (struct.pack(">i", len(field)), field)
    return b"".join(parts)


def uuid(value: UUID) -> bytes:
    """uuid."""
    return value.bytes


def text(value: str) -> bytes:
    """text, varchar."""
    return value.encode()


def jsonb(value: str) -> bytes:
    """jsonb, from JSON text: format version, then the text."""
    return b"\1" + value.encode()


def timestamptz(value: datetime) -> bytes:
    """timestamptz: microseconds since 2000."""
    return struct.pack(">q", (value - _EPOCH) // timedelta(microseconds=1))


def boolean(value: bool) -> bytes:  # noqa: FBT001 - it is the value
    """bool."""
    return b"\1" if value else b"\0"


def int2(value: int) -> bytes:
    """int2."""
    return struct.pack(">h", value)


def int4(value: int) -> bytes:
    """int4."""
    return struct.pack(">i", value)


def int4_array(values: Sequence[int]) -> bytes:
    """int4[]: dimensions, null flag, element type; length and lower bound; each element with its length."""
    head = struct.pack(">iiIii", 1, 0, _INT4_OID, len(values), 1) if values else struct.pack(">iiI", 0, 0, _INT4_OID)
    return head + struct.pack(f">{2 * len(values)}i", *(part for value in values for part in (4, value)))


def halfvec(values: Sequence[float]) -> bytes:
    """pgvector's halfvec: dimension, unused, half-precision floats."""
    return struct.pack(f">HH{len(values)}e", len(values), 0, *values)


def halfvec_of(values: bytes) -> bytes:
    """The same of values that are big-endian half-precision floats already."""
    return struct.pack(">HH", len(values) // 2, 0) + values


def sparsevec(entries: Mapping[int, float]) -> bytes:
    """pgvector's sparsevec: dimension, entries, unused; indices from nought ascending; floats."""
    slots = sorted(entries)
    indices = (number - 1 for number in slots)
    values = (entries[number] for number in slots)
    return struct.pack(f">iii{len(slots)}i{len(slots)}f", SLOTS, len(slots), 0, *indices, *values)
