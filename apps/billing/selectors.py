"""What pages show of money: budgets and how full they are, warnings, usage, trials."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.db.models.functions import Coalesce

from apps.common.tenancy import get_or_404
from apps.workspaces.models import Workspace

from .choices import Period
from .models import Budget, BudgetSpend, TrialUse, Usage


@dataclass(frozen=True, slots=True)
class SpendState:
    """What one subject has spent of a budget in the present period.

    Args:
        percent: of the limit, spent and held together; may be more than 100.
    """

    subject_id: UUID
    period_start: date
    spent_usd: Decimal
    held_usd: Decimal
    percent: float
    warned_at: datetime | None


@dataclass(frozen=True, slots=True)
class BudgetState:
    """A budget and what was spent of it, the fullest first; nothing where nobody has spent in this period."""

    budget: Budget
    spends: Sequence[SpendState]


@dataclass(frozen=True, slots=True)
class Warning:
    """That a budget is nearly used up, or over."""

    budget: Budget
    subject_id: UUID
    spent_usd: Decimal
    percent: float
    warned_at: datetime
    is_over: bool


@dataclass(frozen=True, slots=True)
class UsageSum:
    """What a group of calls used; `cost` in `currency`.

    Args:
        day, app_id, provider, model, type: those by which the sum is grouped; None or "" for the others.
    """

    currency: str
    calls: int
    failed: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    day: date | None = None
    app_id: UUID | None = None
    provider: str = ""
    model: str = ""
    type: str = ""


def period_start(period: str, today: date) -> date:
    """The first day of the period that holds a day (UTC)."""
    return today.replace(day=1) if period == Period.MONTH else today


def list_budgets(workspace: Workspace) -> list[BudgetState]:
    """All budgets of the workspace, in the order they were made."""
    budgets = list(Budget.objects.filter(workspace=workspace).order_by("created_at"))
    today = datetime.now(UTC).date()
    starts = {budget.pk: period_start(budget.period, today) for budget in budgets}
    spends: dict[UUID, list[BudgetSpend]] = defaultdict(list)
    for spend in BudgetSpend.objects.filter(budget_id__in=starts, period_start__in=set(starts.values())):
        if spend.period_start == starts[spend.budget_id]:
            spends[spend.budget_id].append(spend)
    return [BudgetState(budget, _fullest_first(budget, spends[budget.pk])) for budget in budgets]


def get_budget(*, workspace: Workspace, budget_id: UUID) -> Budget:
    """A budget of the workspace. Raises NotFound."""
    return get_or_404(Budget.objects.filter(workspace=workspace), budget_id, "There is no such budget.")


def list_warnings(workspace: Workspace) -> list[Warning]:
    """What people should be told of enabled budgets in the present period, the fullest first."""
    found = [
        Warning(
            budget=state.budget,
            subject_id=spend.subject_id,
            spent_usd=spend.spent_usd,
            percent=_percent(spend.spent_usd, state.budget),
            warned_at=spend.warned_at,
            is_over=spend.spent_usd >= state.budget.limit_usd,
        )
        for state in list_budgets(workspace)
        for spend in state.spends
        if state.budget.is_enabled and spend.warned_at is not None
    ]
    return sorted(found, key=lambda warning: -warning.percent)


def usage_by_day(workspace: Workspace, *, since: date, until: date, app_id: UUID | None = None) -> list[UsageSum]:
    """Sums of each day, the first first.

    Args:
        since, until: UTC days, both included.
        app_id: None: all apps, and what belongs to none.
    """
    return _sums(workspace, since, until, app_id, "day")


def usage_by_model(workspace: Workspace, *, since: date, until: date, app_id: UUID | None = None) -> list[UsageSum]:
    """Sums of each model; see `usage_by_day`."""
    return _sums(workspace, since, until, app_id, "provider", "model", "type")


def usage_by_app(workspace: Workspace, *, since: date, until: date) -> list[UsageSum]:
    """Sums of each app; what belongs to none has no `app_id`; see `usage_by_day`."""
    return _sums(workspace, since, until, None, "app_id")


def list_trials(workspace: Workspace) -> QuerySet[TrialUse]:
    """Hosted providers that the workspace has called, by name."""
    return TrialUse.objects.filter(workspace=workspace).order_by("provider")


def _fullest_first(budget: Budget, spends: Sequence[BudgetSpend]) -> list[SpendState]:
    found = [
        SpendState(
            spend.subject_id,
            spend.period_start,
            spend.spent_usd,
            spend.held_usd,
            _percent(spend.spent_usd + spend.held_usd, budget),
            spend.warned_at,
        )
        for spend in spends
    ]
    return sorted(found, key=lambda state: -state.percent)


def _percent(amount_usd: Decimal, budget: Budget) -> float:
    return round(float(100 * amount_usd / budget.limit_usd), 1)


def _sums(workspace: Workspace, since: date, until: date, app_id: UUID | None, *by: str) -> list[UsageSum]:
    rows = Usage.objects.filter(workspace_id=workspace.pk, day__gte=since, day__lte=until)
    if app_id is not None:
        rows = rows.filter(app_id=app_id)
    counts = ("calls", "failed", "prompt_tokens", "completion_tokens", "cost")
    sums = {f"sum_{name}": Coalesce(Sum(name), Decimal(0) if name == "cost" else 0) for name in counts}
    grouped = rows.values(*by, "currency").annotate(**sums).order_by(*by, "currency")
    return [UsageSum(**{name.removeprefix("sum_"): value for name, value in row.items()}) for row in grouped]
