"""On whose behalf calls of models are made: known to the task that makes them, and to those it starts."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from uuid import UUID

from .holds import RunHold


@dataclass(frozen=True, slots=True)
class Attribution:
    """Background work and the console leave all of it empty.

    Args:
        hold: of the run that the task belongs to.
        is_counted_by_run: the run itself counts what its calls cost against budgets.
    """

    app_id: UUID | None = None
    api_key_id: UUID | None = None
    end_user_id: UUID | None = None
    hold: RunHold | None = field(default=None, compare=False)
    is_counted_by_run: bool = field(default=False, compare=False)


_current: ContextVar[Attribution] = ContextVar("attribution", default=Attribution())  # noqa: B039 - it is frozen


def current() -> Attribution:
    """Of the running task."""
    return _current.get()


def attribute(
    *,
    app_id: UUID | None = None,
    api_key_id: UUID | None = None,
    end_user_id: UUID | None = None,
    hold: RunHold | None = None,
) -> None:
    """For the rest of the running task, which is the run's own."""
    _current.set(Attribution(app_id, api_key_id, end_user_id, hold))


@contextmanager
def attributed(
    *, app_id: UUID | None = None, api_key_id: UUID | None = None, end_user_id: UUID | None = None
) -> Iterator[None]:
    """For a block, outside of runs."""
    with _as(Attribution(app_id, api_key_id, end_user_id)):
        yield


@contextmanager
def counted_by_run() -> Iterator[None]:
    """For calls of which the run counts the cost."""
    with _as(replace(_current.get(), is_counted_by_run=True)):
        yield


@contextmanager
def _as(attribution: Attribution) -> Iterator[None]:
    # No token: the block may stand in a generator, which another task closes.
    before = _current.get()
    _current.set(attribution)
    try:
        yield
    finally:
        _current.set(before)
