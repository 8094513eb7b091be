"""The hot path's way to Postgres: a bounded async pool and hand-written SQL, no ORM.

A connection is held for one statement group, never while a model is streaming.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from weakref import WeakSet

from django.conf import settings
from django.db import connection as django_connection
from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import make_conninfo
from psycopg.errors import DiskFull, OutOfMemory
from psycopg.rows import TupleRow
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from .errors import Unavailable
from .perloop import PerLoop

Row = tuple[Any, ...]
Connection = AsyncConnection[TupleRow]


def conninfo() -> str:
    """libpq's connection string of the default database, as Django would connect now (tests rename it)."""
    config = django_connection.settings_dict
    options = {key: value for key, value in config["OPTIONS"].items() if key not in {"pool", "server_side_binding"}}
    return make_conninfo(
        "",
        dbname=config["NAME"],
        user=config["USER"] or None,
        password=config["PASSWORD"] or None,
        host=config["HOST"] or None,
        port=config["PORT"] or None,
        **options,
    )


class _Pool(AsyncConnectionPool[Connection]):
    """Closes a connection, too, that was still being made when the pool was closed.

    psycopg_pool 3.3 puts such a one into the closed pool and leaves it open until it is collected as garbage.
    """

    def __init__(self) -> None:
        self._made: WeakSet[Connection] = WeakSet()
        super().__init__(
            conninfo(),
            kwargs={"autocommit": True},
            configure=self._note,
            min_size=0,
            max_size=settings.DATABASE_ASYNC_POOL_SIZE,
            timeout=10,
            max_idle=120,
            open=False,
        )

    async def _note(self, made: Connection) -> None:
        self._made.add(made)

    async def close(self, timeout: float = 5.0) -> None:
        await super().close(timeout)
        for connection in list(self._made):
            await connection.close()


async def _stop(pool: _Pool) -> None:
    await pool.close()


_pool: PerLoop[_Pool] = PerLoop("database pool", _Pool, _stop)


async def discard_broken() -> None:
    """Replaces the pool's dead connections, after Postgres was away."""
    pool = _pool.peek()
    if pool is not None:
        await pool.check()


async def until_back(patience_s: float, pause_s: float = 0.5) -> None:
    """Waits until Postgres lets somebody in again, and begins with a fresh pool.

    The pool's own attempts grow rarer with every failure, and who waits for it would lose leases meanwhile.

    Raises:
        Unavailable: it is still away after `patience_s`.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            await (await AsyncConnection.connect(conninfo())).close()
            break
        except OperationalError as error:
            if time.monotonic() > deadline:
                raise Unavailable from error
        await asyncio.sleep(pause_s)
    await _pool.discard()


@asynccontextmanager
async def connect() -> AsyncIterator[Connection]:
    """A pooled connection in autocommit mode.

    Raises:
        Unavailable: no connection within the pool's time-out, or Postgres is down.
    """
    pool = _pool.get()
    await pool.open()
    try:
        async with pool.connection() as connection:
            yield connection
    except (PoolTimeout, OperationalError) as error:
        raise Unavailable from error


def is_full(error: BaseException) -> bool:
    """Whether a statement failed for want of room (class 53 of SQLSTATE, but for too many connections)."""
    cause = error.__cause__ if isinstance(error, Unavailable) else error
    return isinstance(cause, DiskFull | OutOfMemory)


async def fetch_all(sql: str, *args: object) -> list[Row]:
    """All rows of one statement; `args` fill its `%s`."""
    async with connect() as connection:
        cursor = await connection.execute(sql.encode(), args)
        return await cursor.fetchall()


async def fetch_one(sql: str, *args: object) -> Row | None:
    """The first row, or None."""
    async with connect() as connection:
        cursor = await connection.execute(sql.encode(), args)
        return await cursor.fetchone()


async def execute(sql: str, *args: object) -> int:
    """Runs one statement; returns the number of rows it touched."""
    async with connect() as connection:
        cursor = await connection.execute(sql.encode(), args)
        return cursor.rowcount
