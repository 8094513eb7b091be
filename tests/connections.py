"""Connections to Postgres that outlive the event loop they were made in.

`perloop.run` makes a loop with a pool of its own for every call, as a command does in its process. Tests do so many
thousand times, and a new backend costs seven milliseconds, most of which it spends to learn about the tables.
"""

import select
from collections import defaultdict
from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from typing import Any

from psycopg import AsyncConnection, pq

MOST = 8
_spare: defaultdict[str, list[pq.abc.PGconn]] = defaultdict(list)
_gone = pq.PGconn.connect_start(b"host=/nowhere")
_gone.finish()
_connect: Callable[..., Generator[Any, Any, Any]] = AsyncConnection._connect_gen.__func__
_close: Callable[[Any], Awaitable[None]] = AsyncConnection.close


def keep() -> None:
    """From now on a closed connection goes, with nothing of its session left, to the next who wants one."""
    _put(_from_spare, _to_spare)


@contextmanager
def closed_at_once() -> Iterator[None]:
    """As it is in the product, for the length of the block."""
    _put(_connect, _close)
    try:
        yield
    finally:
        keep()


def _put(connect: Callable[..., Generator[Any, Any, Any]], close: Callable[[Any], Awaitable[None]]) -> None:
    AsyncConnection._connect_gen = classmethod(connect)  # type: ignore[method-assign, assignment]
    AsyncConnection.close = close  # type: ignore[method-assign, assignment]


def _from_spare(cls: Any, conninfo: str = "") -> Generator[Any, Any, Any]:
    kept = _take(conninfo)
    connection = cls(kept) if kept else (yield from _connect(cls, conninfo))
    connection.asked_for = conninfo
    return connection


def _take(conninfo: str) -> pq.abc.PGconn | None:
    while _spare[conninfo]:
        kept = _spare[conninfo].pop()
        if not select.select([kept.socket], [], [], 0)[0]:
            return kept
        kept.finish()  # Postgres has ended it
    return None


async def _to_spare(connection: Any) -> None:
    kept, spare = connection.pgconn, _spare[getattr(connection, "asked_for", "")]
    at_rest = kept.status == pq.ConnStatus.OK and kept.transaction_status == pq.TransactionStatus.IDLE
    if at_rest and len(spare) < MOST and kept.exec_(b"DISCARD ALL").status == pq.ExecStatus.COMMAND_OK:
        connection.pgconn, connection._closed = _gone, True
        spare.append(kept)
    else:
        await _close(connection)
