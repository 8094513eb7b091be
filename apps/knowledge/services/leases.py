"""Rows that are background jobs (`models.LeasedJob`): claimed, kept alive, given back, given up.

As with documents (`jobs`): a claim holds for a lease that a heartbeat renews, every write of an owner names it, and
all times are the database's. A row that ends its job is changed or deleted by its own service, in its own statement,
which must name the owner too (`Lease.owner`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from django.conf import settings

from apps.common import db
from apps.common.errors import AppError, Unavailable
from apps.common.ids import new_id
from apps.knowledge.errors import LeaseLost
from apps.knowledge.models.jobs import LeasedJob
from apps.models.errors import ProviderRateLimited

log = logging.getLogger(__name__)
MAX_ATTEMPTS: Final = 5
LONGEST_WAIT_S: Final = 300.0
RATE_LIMIT_WAIT_S: Final = 20.0
LONGEST_RATE_LIMIT_S: Final = 3_600.0
_UNEXPECTED: Final = "An unexpected fault stopped this work. It is described in the server's log."

# Materialized: a subquery may be evaluated once for each row joined with it, and then takes another row each time.
_CLAIM: Final = """
with found as materialized (
    select {key} as id from {table}
    where error is null and ({condition})
      and (lease_until is null or lease_until < clock_timestamp())
      and (retry_at is null or retry_at <= clock_timestamp())
    order by created_at limit 1
    for update skip locked
)
update {table} j
set lease_owner = %(owner)s, lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    attempt = attempt + 1, retry_at = null
from found
where j.{key} = found.id
returning j.{key}, j.attempt, j.waiting_reason"""
_OWNED: Final = "update {table} set {assignments} where {key} = %s and lease_owner = %s"
_RELEASED: Final = "lease_owner = null, lease_until = null"


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed row.

    Args:
        key: of the row.
        owner: new with each claim.
        attempt: claims since the last progress, this one included.
    """

    model: type[LeasedJob]
    key: Any
    owner: Any
    attempt: int
    waiting_reason: str | None

    async def change(self, assignments: str, *values: object) -> None:
        """Sets columns of the row, while it is the owner's. Raises LeaseLost."""
        sql = _OWNED.format(assignments=assignments, **_names(self.model))
        if not await db.execute(sql, *values, self.key, self.owner):
            raise LeaseLost

    async def progress(self, assignments: str, *values: object) -> None:
        """The same, after a step that counts: earlier attempts are forgotten. Raises LeaseLost."""
        await self.change(f"{assignments}, attempt = 0, waiting_reason = null", *values)

    async def release(self, assignments: str = "error = null", *values: object) -> None:
        """Ends the work on the row for now. Raises LeaseLost."""
        await self.change(f"{assignments}, attempt = 0, waiting_reason = null, retry_at = null, {_RELEASED}", *values)


async def claim(model: type[LeasedJob], condition: str = "true", **arguments: object) -> Lease | None:
    """The oldest row that waits for a worker; None: there is none. Rows that failed too often are given up here.

    Args:
        condition: SQL on the row's columns that says which rows are work; `arguments` fill its `%(name)s`.
    """
    owner = new_id()
    sql = _CLAIM.format(condition=condition, **_names(model))
    values = {**arguments, "owner": owner, "lease": settings.INDEXING_LEASE_S}
    while True:
        async with db.connect() as connection:
            row = await (await connection.execute(sql.encode(), values)).fetchone()
        if row is None:
            return None
        lease = Lease(model, row[0], owner, row[1], row[2])
        if lease.attempt <= MAX_ATTEMPTS:
            return lease
        reason = lease.waiting_reason or "its worker was stopped each time"
        await _give_up(lease, f"Given up after {MAX_ATTEMPTS} attempts: {reason}")


@asynccontextmanager
async def working(lease: Lease) -> AsyncIterator[None]:
    """Renews the lease while the block runs, and settles the row when the block fails: it waits, or is given up.

    Nothing is raised out of the block but cancellation.
    """
    heart = asyncio.create_task(_beat(lease), name="heartbeat")
    try:
        yield
    except LeaseLost:
        log.info("%s %s was taken over or deleted", lease.model.__name__, lease.key)
    except (Unavailable, psycopg.OperationalError):
        log.warning("no database while working on %s %s; its lease will run out", lease.model.__name__, lease.key)
    except Exception as error:  # noqa: BLE001 - a worker's boundary: the trace is logged, the row gets a reason
        await _settle(lease, error)
    finally:
        heart.cancel()
        with suppress(asyncio.CancelledError):
            await heart


async def _settle(lease: Lease, error: Exception) -> None:
    try:
        if isinstance(error, ProviderRateLimited):
            wait = min(error.retry_after_s or RATE_LIMIT_WAIT_S, LONGEST_RATE_LIMIT_S)
            await _postpone(lease, error.message, wait, lease.attempt - 1)
        elif isinstance(error, AppError) and not error.retryable:
            await _give_up(lease, error.message)
        else:
            if not isinstance(error, AppError):
                log.error("work on %s %s failed", lease.model.__name__, lease.key, exc_info=error)
            reason = error.message if isinstance(error, AppError) else _UNEXPECTED
            await _postpone(lease, reason, min(2.0**lease.attempt, LONGEST_WAIT_S), lease.attempt)
    except (LeaseLost, Unavailable, psycopg.OperationalError):
        log.info("%s %s could not be settled; its lease will run out", lease.model.__name__, lease.key)


async def _postpone(lease: Lease, reason: str, delay_s: float, attempt: int) -> None:
    assignments = "waiting_reason = %s, retry_at = clock_timestamp() + %s * interval '1 second', attempt = %s, "
    await lease.change(assignments + _RELEASED, reason, delay_s, attempt)


async def _give_up(lease: Lease, reason: str) -> None:
    await lease.change(f"error = %s, waiting_reason = null, {_RELEASED}", reason)


async def _beat(lease: Lease) -> None:
    renewal = "lease_until = clock_timestamp() + %s * interval '1 second'"
    while True:
        await asyncio.sleep(settings.INDEXING_LEASE_S / 3)
        try:
            await lease.change(renewal, settings.INDEXING_LEASE_S)
        except LeaseLost:
            return
        except (Unavailable, psycopg.Error) as error:
            log.warning("no heartbeat for %s %s: %s", lease.model.__name__, lease.key, type(error).__name__)


def _names(model: type[LeasedJob]) -> Mapping[str, str]:
    return {"table": model._meta.db_table, "key": str(model._meta.pk.column)}
