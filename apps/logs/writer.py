"""The one writer of runs: group commit.

Each turn writes twice, at its start and at its end. What the turns of this process submit while a commit is under
way goes out together in the next one; every submitter waits for its own commit, so what a client was told is stored.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from django.conf import settings

from apps.billing.holds import Place, arrays_of, as_refusal
from apps.common import db
from apps.common.errors import Unavailable
from apps.common.perloop import PerLoop

from .statements import ORDER, Statement

log = logging.getLogger(__name__)
Operation = tuple[Statement, tuple[Any, ...]]

QUEUE_SIZE = 2000  # a full queue makes turns wait, it never grows without bound
RETRY_S = 0.5


@dataclass(frozen=True, slots=True)
class _Submission:
    operations: Sequence[Operation]
    done: "asyncio.Future[None]"


class Writer:
    """Commits what has gathered, in one transaction, on a connection of its own."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[_Submission] = asyncio.Queue(QUEUE_SIZE)
        self._connection: db.Connection | None = None
        self._task = asyncio.create_task(self._run(), name="run writer")

    async def submit(self, *operations: Operation) -> "asyncio.Future[None]":
        """Hands the operations over; the future ends when they are committed, all in one transaction.

        It fails with Unavailable when Postgres stayed away for `WRITE_PATIENCE_S`, with BudgetExceeded when a budget
        does not cover what is to be held, with psycopg.Error when the database refused another of the operations, and
        with what else a value that cannot be sent raises (a lone surrogate: UnicodeEncodeError). Other submissions
        are not affected.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._queue.put(_Submission(operations, done))
        return done

    async def stop(self) -> None:
        """Commits what is queued, then closes the connection."""
        await self._queue.join()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if self._connection is not None:
            await self._connection.close()

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                await self._commit(batch)
            finally:
                for _ in batch:
                    self._queue.task_done()

    async def _commit(self, batch: list[_Submission]) -> None:
        deadline = asyncio.get_running_loop().time() + settings.WRITE_PATIENCE_S
        while True:
            try:
                await self._transact(batch)
            except psycopg.OperationalError as error:
                await self._drop_connection()
                if asyncio.get_running_loop().time() > deadline:
                    log.error("gave up writing %d runs: %s", len(batch), type(error).__name__)
                    _fail(batch, Unavailable())
                    return
                await asyncio.sleep(RETRY_S)
            except Exception as error:  # noqa: BLE001 - the submitter gets it; a dead writer would hang every run
                if not isinstance(error, psycopg.Error):
                    await self._drop_connection()  # it may stand in the middle of a pipeline
                if len(batch) == 1:
                    _fail(batch, as_refusal(error) or error)
                else:  # one bad row must not lose its neighbours
                    for submission in batch:
                        await self._commit([submission])
                return
            else:
                for submission in batch:
                    if not submission.done.done():
                        submission.done.set_result(None)
                return

    async def _transact(self, batch: list[_Submission]) -> None:
        rows: dict[Statement, list[tuple[Any, ...]]] = defaultdict(list)
        for submission in batch:
            for statement, values in submission.operations:
                rows[statement].append(values)
        if locks := rows[Statement.LOCK_BUDGETS]:
            rows[Statement.LOCK_BUDGETS] = [_joined(locks)] if len(locks) > 1 else []
        connection = await self._connected()
        # All up to the pipeline's one sync is one implicit transaction (PostgreSQL, "Pipeline Mode"): without BEGIN and
        # COMMIT of its own a lone turn costs a quarter less.
        async with connection.pipeline(), connection.cursor() as cursor:
            for statement in ORDER:
                if rows[statement]:
                    await cursor.executemany(statement.value, rows[statement])

    async def _connected(self) -> db.Connection:
        if self._connection is None or self._connection.closed:
            self._connection = await psycopg.AsyncConnection.connect(db.conninfo(), autocommit=True)
        return self._connection

    async def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()


def _joined(locks: Sequence[tuple[Sequence[Place]]]) -> tuple[str, str]:
    """The places of all, each once and in the order in which everybody locks them."""
    return arrays_of(sorted({place for (places,) in locks for place in places}))


def _fail(batch: list[_Submission], error: Exception) -> None:
    for submission in batch:
        if not submission.done.done():
            submission.done.set_exception(error)


_writer: PerLoop[Writer] = PerLoop("run writer", Writer, Writer.stop)


async def submit(*operations: Operation) -> "asyncio.Future[None]":
    """See `Writer.submit`; uses the running loop's writer."""
    return await _writer.get().submit(*operations)


async def write(*operations: Operation) -> None:
    """Returns when the operations are committed; raises what `Writer.submit` promises."""
    await (await submit(*operations))
