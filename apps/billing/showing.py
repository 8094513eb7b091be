"""What the pages about money are given: names, amounts as text, bars as numbers from 0 to 100."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.utils.translation import gettext as _

from apps.workspaces.models import Workspace

from .choices import Scope
from .errors import next_start
from .forms import EACH, PERIODS
from .models import Budget
from .money import to_usd
from .selectors import BudgetState, SpendState, UsageSum, Warning
from .subjects import names_of

MOST_ROWS: Final = 10  # of subjects of one budget


@dataclass(frozen=True, slots=True)
class Bar:
    """What one subject has used of a budget.

    Args:
        spent_width, held_width: percent of the bar, both together at most 100.
        tone: "", warn (the warning is due) or bad (used up).
    """

    name: str
    spent: str
    held: str
    percent: float
    spent_width: float
    held_width: float
    tone: str


@dataclass(frozen=True, slots=True)
class ShownBudget:
    """A budget with its bars; `more` subjects are not shown."""

    budget: Budget
    title: str
    limit: str
    period: str
    resets_on: date
    bars: Sequence[Bar]
    more: int


@dataclass(frozen=True, slots=True)
class ShownWarning:
    """That a budget is nearly used up, or over."""

    title: str
    percent: float
    limit: str
    period: str
    is_over: bool
    is_stop: bool


@dataclass(frozen=True, slots=True)
class DayBar:
    """What was used on a day; `height` and `top` in percent of the highest."""

    day: date
    left: float
    height: float
    top: float
    cost: str
    calls: int


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What a model or an app was used for; `width` in percent of the dearest."""

    name: str
    detail: str
    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost: str
    width: float


def amount(value: Decimal) -> str:
    """Dollars and cents; of less than ten cents more places, so that something is left to be seen."""
    if value == 0 or abs(value) >= Decimal("0.1"):
        return f"{value:,.2f}"
    return f"{value:.4f}" if abs(value) >= Decimal("0.001") else f"{value:.6f}"


def show_budgets(workspace: Workspace, states: Sequence[BudgetState]) -> list[ShownBudget]:
    """Budgets with the names of whom they are about."""
    names = _names(workspace, [(state.budget, spend.subject_id) for state in states for spend in state.spends])
    names |= _names(workspace, [(state.budget, state.budget.subject_id) for state in states])
    today = datetime.now(UTC).date()
    return [_shown(state, names, today) for state in states]


def show_warnings(workspace: Workspace, warnings: Sequence[Warning]) -> list[ShownWarning]:
    """Warnings with the names of whom they are about."""
    names = _names(workspace, [(warning.budget, warning.subject_id) for warning in warnings])
    return [
        ShownWarning(
            title=_name(warning.budget, warning.subject_id, names),
            percent=warning.percent,
            limit=amount(warning.budget.limit_usd),
            period=str(PERIODS[warning.budget.period]),  # type: ignore[index]  # a row holds one of the choices
            is_over=warning.is_over,
            is_stop=warning.budget.action == "stop",
        )
        for warning in warnings
    ]


def title_of(workspace: Workspace, budget: Budget) -> str:
    """Whom a budget is about."""
    return _name(budget, budget.subject_id, _names(workspace, [(budget, budget.subject_id)]))


def day_bars(sums: Iterable[UsageSum], since: date, until: date) -> list[DayBar]:
    """A bar for every day, also of those without use; costs of all currencies in USD."""
    costs: dict[date, Decimal] = {}
    calls: dict[date, int] = {}
    for one in sums:
        if one.day is not None:
            costs[one.day] = costs.get(one.day, Decimal(0)) + to_usd(one.cost, one.currency)
            calls[one.day] = calls.get(one.day, 0) + one.calls
    days = [since + timedelta(days=number) for number in range((until - since).days + 1)]
    highest = max(costs.values(), default=Decimal(0))
    most = max(calls.values(), default=0)
    bars = []
    for place, day in enumerate(days):
        cost, count = costs.get(day, Decimal(0)), calls.get(day, 0)
        share = float(cost / highest) if highest else count / most if most else 0.0
        height = round(max(100 * share, 2.0 if count else 0.0), 2)
        bars.append(DayBar(day, place * 10, height, round(100 - height, 2), amount(cost), count))
    return bars


def model_rows(sums: Iterable[UsageSum]) -> list[UsageRow]:
    """A row for each model, the dearest first."""
    return _rows((one.model, f"{one.provider} · {one.type}", one) for one in sums)


def app_rows(workspace: Workspace, sums: Sequence[UsageSum]) -> list[UsageRow]:
    """A row for each app, the dearest first; what belongs to none and to removed ones has words of its own."""
    names = names_of(workspace, Scope.APP, [one.app_id for one in sums if one.app_id])
    return _rows(
        (names.get(one.app_id, _("A removed app")) if one.app_id else _("Outside of apps"), "", one) for one in sums
    )


def totals(sums: Sequence[UsageSum]) -> dict[str, object]:
    """Calls, failed ones and tokens of all; costs by currency."""
    costs: dict[str, Decimal] = {}
    for one in sums:
        costs[one.currency] = costs.get(one.currency, Decimal(0)) + one.cost
    return {
        "calls": sum(one.calls for one in sums),
        "failed": sum(one.failed for one in sums),
        "prompt_tokens": sum(one.prompt_tokens for one in sums),
        "completion_tokens": sum(one.completion_tokens for one in sums),
        "costs": [f"{amount(cost)} {currency}" for currency, cost in sorted(costs.items()) if cost or len(costs) == 1],
    }


def _rows(named: Iterable[tuple[str, str, UsageSum]]) -> list[UsageRow]:
    found = sorted(named, key=lambda row: (-to_usd(row[2].cost, row[2].currency), -row[2].calls))
    dearest = to_usd(found[0][2].cost, found[0][2].currency) if found else Decimal(0)
    return [
        UsageRow(
            name,
            detail,
            one.calls,
            one.failed,
            one.prompt_tokens,
            one.completion_tokens,
            f"{amount(one.cost)} {one.currency}",
            round(float(100 * to_usd(one.cost, one.currency) / dearest), 1) if dearest else 0.0,
        )
        for name, detail, one in found
    ]


def _shown(state: BudgetState, names: Mapping[UUID, str], today: date) -> ShownBudget:
    budget = state.budget
    rows = state.spends[:MOST_ROWS]
    bars = [_bar(budget, spend, _name(budget, spend.subject_id, names)) for spend in rows]
    is_of_one = budget.scope == Scope.WORKSPACE or budget.subject_id is not None
    return ShownBudget(
        budget=budget,
        title=_name(budget, budget.subject_id, names),
        limit=amount(budget.limit_usd),
        period=str(PERIODS[budget.period]),  # type: ignore[index]  # a row holds one of the choices
        resets_on=next_start(budget.period, today),
        bars=bars or ([_empty_bar(_name(budget, budget.subject_id, names))] if is_of_one else []),
        more=len(state.spends) - len(rows),
    )


def _bar(budget: Budget, spend: SpendState, name: str) -> Bar:
    spent_percent = float(100 * spend.spent_usd / budget.limit_usd)
    spent_width = min(100.0, spent_percent)
    tone = "bad" if spent_percent >= 100 else "warn" if spent_percent >= budget.warn_percent else ""
    held = amount(spend.held_usd) if spend.held_usd else ""
    held_width = min(100 - spent_width, float(100 * spend.held_usd / budget.limit_usd))
    return Bar(name, amount(spend.spent_usd), held, spend.percent, round(spent_width, 2), round(held_width, 2), tone)


def _empty_bar(name: str) -> Bar:
    return Bar(name, amount(Decimal(0)), "", 0.0, 0.0, 0.0, "")


def _names(workspace: Workspace, pairs: Iterable[tuple[Budget, UUID | None]]) -> dict[UUID, str]:
    ids: dict[str, set[UUID]] = {}
    for budget, subject_id in pairs:
        if subject_id is not None:
            ids.setdefault(budget.scope, set()).add(subject_id)
    return {key: name for scope, wanted in ids.items() for key, name in names_of(workspace, scope, wanted).items()}


def _name(budget: Budget, subject_id: UUID | None, names: Mapping[UUID, str]) -> str:
    if subject_id is None or budget.scope == Scope.WORKSPACE:
        return str(EACH[budget.scope])  # type: ignore[index]  # a row holds one of the choices
    return names.get(subject_id) or _("Somebody who is gone")
