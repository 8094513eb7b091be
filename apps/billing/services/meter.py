"""The ledger: what each call of a model used, gathered in the process and written about once a second.

Nothing waits for it, so a killed process loses what it gathered since its last write; what turns cost against budgets
is written with the turns themselves and is not lost.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

import psycopg

from apps.billing.attribution import Attribution, current
from apps.billing.money import to_usd
from apps.billing.rules import places_of
from apps.common import db
from apps.common.errors import Unavailable
from apps.common.perloop import PerLoop

log = logging.getLogger(__name__)
FLUSH_S: Final = 1.0
_DAY_S: Final = 86_400

_ADD_USAGE: Final = b"""
    insert into billing_usage as u (workspace_id, day, app_id, provider, model, type, currency, calls, failed,
        prompt_tokens, completion_tokens, cost)
    select * from unnest(%s::uuid[], %s::date[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[],
        %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::numeric[])
    on conflict (workspace_id, day, app_id, provider, model, type, currency) do update set
        calls = u.calls + excluded.calls, failed = u.failed + excluded.failed,
        prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = u.completion_tokens + excluded.completion_tokens, cost = u.cost + excluded.cost
"""
_LOCK: Final = b"select billing_lock(%s, %s)"
_SPEND: Final = b"select billing_spend(%s, %s, %s)"


@dataclass(frozen=True, slots=True)
class Measured:
    """One call of a model, as it ended.

    Args:
        type: of the model, such as `llm`.
        price: of the whole call, in `currency`.
    """

    workspace_id: UUID
    provider: str
    model: str
    type: str
    prompt_tokens: int = 0
    completion_tokens: int = 0
    price: Decimal = Decimal(0)
    currency: str = "USD"
    is_failed: bool = False


class _Key(NamedTuple):
    workspace_id: UUID
    day: date
    app_id: UUID | None
    provider: str
    model: str
    type: str
    currency: str


@dataclass(slots=True)
class _Sum:
    calls: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)

    def add(self, other: "_Sum") -> None:
        self.calls += other.calls
        self.failed += other.failed
        self.prompt_tokens += other.prompt_tokens
        self.completion_tokens += other.completion_tokens
        self.cost += other.cost

    def row(self) -> tuple[Any, ...]:
        return self.calls, self.failed, self.prompt_tokens, self.completion_tokens, self.cost


_Sums = dict[_Key, _Sum]
_Spends = dict[tuple[UUID, Attribution], Decimal]
_Connect = Callable[[], AbstractAsyncContextManager[db.Connection]]


class Meter:
    """Adds up what the calls of one event loop used, and writes it."""

    def __init__(self) -> None:
        self._sums: _Sums = {}
        self._spends: _Spends = {}
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._day, self._day_number = datetime.now(UTC).date(), -1
        self._loop = asyncio.get_running_loop()

    def record(self, call: Measured) -> None:
        """See `record`."""
        whose = current()
        names = (call.provider[:64], call.model[:255], call.type[:32], call.currency[:8])
        key = _Key(call.workspace_id, self._today(), whose.app_id, *names)
        one = _Sum(1, int(call.is_failed), call.prompt_tokens, call.completion_tokens, call.price)
        self._sums.setdefault(key, _Sum()).add(one)
        if call.price and not whose.is_counted_by_run:
            self._add_spend((call.workspace_id, whose), to_usd(call.price, call.currency))
        self._wake()

    async def flush(self) -> None:
        """Writes what was gathered, in one transaction; keeps it for the next time where Postgres is away.

        What Postgres refuses is dropped and logged; the rest is written without it.
        """
        sums, self._sums = self._sums, {}
        spends, self._spends = self._spends, {}
        try:
            await _write_all(db.connect, sums, spends)
        except Unavailable:
            self._put_back(sums, spends)
            self._wake()

    async def stop(self) -> None:
        """Writes what is left, on a connection of its own: the pool may be closed already."""
        if self._timer is not None:
            self._timer.cancel()
        if self._flushing is not None:
            await asyncio.gather(self._flushing, return_exceptions=True)
        if self._sums:
            await _write_all(_own_connection, self._sums, self._spends)

    def _today(self) -> date:
        now = datetime.now(UTC)
        number = int(now.timestamp()) // _DAY_S
        if number != self._day_number:
            self._day, self._day_number = now.date(), number
        return self._day

    def _wake(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(FLUSH_S, self._begin)

    def _begin(self) -> None:
        self._timer = None
        if self._flushing is None or self._flushing.done():
            self._flushing = self._loop.create_task(self._flush_logged(), name="usage ledger")
        else:  # Postgres is slow: not two at once
            self._wake()

    async def _flush_logged(self) -> None:
        try:
            await self.flush()
        except Exception:  # noqa: BLE001 - the worker boundary: the ledger must go on; the trace is logged
            log.exception("usage could not be written")

    def _add_spend(self, key: tuple[UUID, Attribution], amount_usd: Decimal) -> None:
        self._spends[key] = self._spends.get(key, Decimal(0)) + amount_usd

    def _put_back(self, sums: _Sums, spends: _Spends) -> None:
        for key, found in sums.items():
            self._sums.setdefault(key, _Sum()).add(found)
        for whose, amount_usd in spends.items():
            self._add_spend(whose, amount_usd)


@asynccontextmanager
async def _own_connection() -> AsyncIterator[db.Connection]:
    async with await psycopg.AsyncConnection.connect(db.conninfo(), autocommit=True) as connection:
        yield connection


async def _write_all(connect: _Connect, sums: _Sums, spends: _Spends) -> None:
    """All at once; where that is refused, each row by itself: a bad one must not lose those of other workspaces.

    Where Postgres goes away meanwhile, `sums` and `spends` are left with what is still to be written.
    """
    try:
        async with connect() as connection:
            await _write(connection, sums, spends)
    except (Unavailable, psycopg.OperationalError):
        raise
    except Exception:  # noqa: BLE001 - which row it was, and why, is logged below
        for key in list(sums):
            await _write_alone(connect, {key: sums[key]}, {}, key.workspace_id)
            del sums[key]
        for whose in list(spends):
            await _write_alone(connect, {}, {whose: spends[whose]}, whose[0])
            del spends[whose]


async def _write_alone(connect: _Connect, sums: _Sums, spends: _Spends, workspace_id: UUID) -> None:
    try:
        async with connect() as connection:
            await _write(connection, sums, spends)
    except (Unavailable, psycopg.OperationalError):
        raise
    except Exception:  # noqa: BLE001 - the worker boundary: it can never be written; the trace is logged
        log.exception("usage of workspace %s could not be written", workspace_id)


async def _write(connection: db.Connection, sums: _Sums, spends: _Spends) -> None:
    spent = [
        (place.budget_id, place.subject_id, amount_usd)
        for (workspace_id, whose), amount_usd in spends.items()
        for place in await places_of(workspace_id, whose)
    ]
    # Always in one order: another process may be adding to the same rows.
    rows = [(*key, *sums[key].row()) for key in sorted(sums, key=str)]
    async with connection.transaction(), connection.cursor() as cursor:
        if rows:
            await cursor.execute(_ADD_USAGE, [list(column) for column in zip(*rows, strict=True)])
        if spent:
            await cursor.executemany(_LOCK, sorted({(budget_id, subject_id) for budget_id, subject_id, _ in spent}))
            await cursor.executemany(_SPEND, spent)


_meter: PerLoop[Meter] = PerLoop("usage ledger", Meter, Meter.stop)


def record(call: Measured) -> None:
    """Adds a call to the ledger: without I/O, for the app of the running task's attribution.

    A call whose cost its run does not count is added to what was spent of budgets when the ledger is written. Needs
    a running loop.
    """
    _meter.get().record(call)


async def flush() -> None:
    """Writes what the running loop has gathered, now; see `Meter.flush`."""
    await _meter.get().flush()
