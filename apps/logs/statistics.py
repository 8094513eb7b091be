"""An app's figures, day by day: one scan of its messages for all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from django.db import connection
from django.utils import timezone

from apps.prompts.choices import InvokeFrom
from apps.prompts.models import App

from .choices import FeedbackSource, Rating
from .contracts import Figure, figures
from .periods import Period

_FROM: Final = """
    from logs_message m
    left join logs_feedback f on f.message_id = m.id and f.source = %(user)s and f.rating = %(like)s
    where m.app_id = %(app_id)s and m.workspace_id = %(workspace_id)s and m.invoke_from <> %(debugger)s
        and m.created_at <= %(end)s and (%(start)s::timestamptz is null or m.created_at >= %(start)s)
"""
_PRICES: Final = (
    f"select m.currency, sum(m.total_price) {_FROM} group by 1 having sum(m.total_price) > 0 order by 2 desc"
)


@dataclass(frozen=True, slots=True)
class Series:
    """A figure over a period.

    Args:
        points: one for each day from the first to the last, in order; None where there is no number.
        total: of the whole period.
    """

    figure: type[Figure]
    points: Sequence[tuple[date, float | None]]
    total: float | None


def figures_of(app: App) -> list[type[Figure]]:
    """The figures an app of this kind has, in order."""
    own = [figure for figure in figures.all().values() if not figure.modes or app.mode in figure.modes]
    return sorted(own, key=lambda figure: figure.position)


def read_series(*, app: App, period: Period) -> list[Series]:
    """All figures of an app over a period, by days of the active time zone. Debugging does not count."""
    wanted = figures_of(app)
    columns = ", ".join(figure.sql for figure in wanted)
    day = "(m.created_at at time zone %(zone)s)::date"
    # The row of the empty set holds what cannot be had by adding up days: a user of two days is one user.
    # Figures are constants of ours; whatever comes from outside is a parameter.
    sql = f"select {day}, {columns} {_FROM} group by grouping sets ((1), ())"  # noqa: S608
    rows = {row[0]: row[1:] for row in _rows(sql, app, period)}
    total = rows.pop(None, (None,) * len(wanted))
    days = _days(period, sorted(rows))
    return [
        Series(figure, [(day, _number(figure, rows.get(day), at)) for day in days], _float(total[at]))
        for at, figure in enumerate(wanted)
    ]


def read_prices(*, app: App, period: Period) -> list[tuple[str, Decimal]]:
    """What the app's models cost over a period: currencies with sums, the largest first."""
    return [(currency, price) for currency, price in _rows(_PRICES, app, period)]


def _rows(sql: str, app: App, period: Period) -> list[tuple[Any, ...]]:
    parameters: dict[str, Any] = {
        "app_id": app.pk,
        "workspace_id": app.workspace_id,
        "debugger": InvokeFrom.DEBUGGER.value,
        "user": FeedbackSource.USER.value,
        "like": Rating.LIKE.value,
        "start": period.start,
        "end": period.end,
        "zone": timezone.get_current_timezone_name(),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _days(period: Period, known: Sequence[date]) -> list[date]:
    """Every day of the period; of all time, from the first with a message."""
    last = period.end.date()
    first = period.start.date() if period.start else (known[0] if known else last)
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


def _number(figure: type[Figure], row: tuple[Any, ...] | None, at: int) -> float | None:
    return figure.of_nothing if row is None else _float(row[at])


def _float(value: Any) -> float | None:
    return None if value is None else float(value)
