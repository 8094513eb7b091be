"""What runs hold of budgets, written beside their own rows."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from uuid import UUID

from apps.billing.attribution import counted_by_run, current
from apps.billing.errors import BudgetExceeded
from apps.billing.holds import RunHold
from apps.billing.rules import places_of

from . import writer
from .statements import Statement
from .writer import Operation


async def begin(
    hold: RunHold, workspace_id: UUID, operations: Sequence[Operation], most_usd: Decimal
) -> "asyncio.Future[None]":
    """Hands over a run's first write, and with it a hold on the budgets that apply to the running task.

    Args:
        most_usd: the most that the run is expected to cost.

    Returns:
        The future of the write; it fails with BudgetExceeded where a budget refuses the run. While `hold.may_refuse`,
        no model may be called before it.
    """
    hold.places = await places_of(workspace_id, current())
    try:
        held = _holding(hold, most_usd)
    except BudgetExceeded as error:
        refused: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        refused.set_exception(error)
        return refused
    begun = await writer.submit(*operations, *held)
    hold.opened(most_usd)
    return begun


async def begin_again(hold: RunHold, workspace_id: UUID, most_usd: Decimal) -> None:
    """Holds for a run that goes on after a pause. Raises BudgetExceeded."""
    hold.places = await places_of(workspace_id, current())
    await _write(hold, most_usd)


@asynccontextmanager
async def covered(hold: RunHold | None, most_usd: Decimal) -> AsyncIterator[None]:
    """For a call of a model within a run: what the run holds covers it, too.

    Args:
        hold: None outside of runs.
        most_usd: the most that the call may cost.

    Raises:
        BudgetExceeded: on entering.
    """
    if hold is None or not hold.places:
        yield
        return
    needed = hold.needed_for(most_usd)
    with hold.in_flight(most_usd), counted_by_run():
        if hold.may_refuse and needed > hold.held_usd:
            await _write(hold, needed)
        yield


def settling(hold: RunHold, spent_usd: Decimal) -> list[Operation]:
    """Counts what a run cost and frees what it held: part of the run's last write, or of its pause."""
    hold.closed()
    return _locked(hold, Statement.SETTLE, hold.settle_row(spent_usd)) if hold.places else []


async def _write(hold: RunHold, amount_usd: Decimal) -> None:
    operations = _holding(hold, amount_usd)
    if operations:
        await writer.write(*operations)
        hold.opened(amount_usd)


def _holding(hold: RunHold, amount_usd: Decimal) -> list[Operation]:
    return _locked(hold, Statement.HOLD, hold.hold_row(amount_usd)) if hold.places else []


def _locked(hold: RunHold, statement: Statement, row: tuple[Any, ...]) -> list[Operation]:
    return [(Statement.LOCK_BUDGETS, (hold.places,)), (statement, row)]
