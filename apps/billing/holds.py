"""What a run holds of budgets while it goes on. No I/O: the run writes the rows beside its own."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg

from .errors import HOLD_REFUSED, BudgetExceeded
from .money import as_stored

REMEMBERED_S: Final = 1.0  # how long a refusal holds without asking the database again
REMEMBERED_PLACES: Final = 10_000


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A budget and whose part of it; in the order in which they are locked."""

    budget_id: UUID
    subject_id: UUID
    scope: str
    period: str
    is_stop: bool


_refused: dict[tuple[UUID, UUID], tuple[float, Decimal]] = {}


@dataclass(slots=True)
class RunHold:
    """The holds of one run: on all its budgets the same amount, which covers what it has spent and may still spend.

    Args:
        places: sorted; none where no budget applies.
        held_usd: as last written.
        spent_usd: by calls that ended.
        flying_usd: the most that calls under way may cost.
    """

    run_id: UUID
    places: tuple[Place, ...] = ()
    held_usd: Decimal = Decimal(0)
    spent_usd: Decimal = Decimal(0)
    flying_usd: Decimal = Decimal(0)
    is_open: bool = False

    @property
    def may_refuse(self) -> bool:
        """Whether a call has to wait until the hold is written."""
        return any(place.is_stop for place in self.places)

    def hold_row(self, amount_usd: Decimal) -> tuple[Any, ...]:
        """Arguments of `billing_hold`: for a new run, or for one that needs more than it holds.

        Raises:
            BudgetExceeded: a moment ago as much was refused.
        """
        _require_not_refused(self.places, amount_usd - self.held_usd)
        return (self.run_id, *arrays_of(self.places), amount_usd, self.is_open)

    def opened(self, amount_usd: Decimal) -> None:
        """The row is written, or cannot be refused."""
        self.is_open, self.held_usd = True, max(self.held_usd, amount_usd)

    def settle_row(self, spent_usd: Decimal) -> tuple[UUID, Decimal]:
        """Arguments of `billing_settle`, at the end of the run or of a part of it."""
        for place in self.places:
            _refused.pop((place.budget_id, place.subject_id), None)
        return self.run_id, as_stored(spent_usd)

    def closed(self) -> None:
        """The run, or a part of it, has ended; its calls from now on are not covered."""
        self.is_open, self.held_usd, self.spent_usd = False, Decimal(0), Decimal(0)

    def needed_for(self, most_usd: Decimal) -> Decimal:
        """What must be held while a call is under way that may cost `most_usd`."""
        return self.spent_usd + self.flying_usd + most_usd

    @contextmanager
    def in_flight(self, most_usd: Decimal) -> Iterator[None]:
        """For a call while it is under way."""
        self.flying_usd += most_usd
        try:
            yield
        finally:
            self.flying_usd -= most_usd


def arrays_of(places: Sequence[Place]) -> tuple[str, str]:
    """Budgets and subjects as arrays in Postgres' own words: the driver takes ten times as long for lists."""
    budgets, subjects = (",".join(map(str, ids)) for ids in zip(*map(_ids, places), strict=True))
    return f"{{{budgets}}}", f"{{{subjects}}}"


def _ids(place: Place) -> tuple[UUID, UUID]:
    return place.budget_id, place.subject_id


def as_refusal(error: BaseException) -> BudgetExceeded | None:
    """The error of ours that a refusal of `billing_hold` is; it is remembered. None for other errors."""
    if not isinstance(error, psycopg.Error) or error.sqlstate != HOLD_REFUSED:
        return None
    budget_id, subject_id, missing, scope, period = str(error.diag.message_detail).split()
    if len(_refused) >= REMEMBERED_PLACES:
        _refused.clear()
    _refused[UUID(budget_id), UUID(subject_id)] = (time.monotonic() + REMEMBERED_S, Decimal(missing))
    return BudgetExceeded.of(scope, period)


def _require_not_refused(places: Sequence[Place], missing_usd: Decimal) -> None:
    for place in places:
        until, refused_usd = _refused.get((place.budget_id, place.subject_id), (0.0, Decimal(0)))
        if until and until < time.monotonic():
            del _refused[place.budget_id, place.subject_id]
        elif until and missing_usd >= refused_usd:
            raise BudgetExceeded.of(place.scope, place.period)
