"""Budgets: made, changed, removed; and looked at before calls that no run holds for."""

import time
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from apps.billing.attribution import current
from apps.billing.choices import Scope
from apps.billing.errors import BudgetExceeded
from apps.billing.holds import Place
from apps.billing.models import Budget, BudgetHold, BudgetSpend
from apps.billing.rules import BUDGETS_TOPIC, places_of
from apps.common import db, notify
from apps.common.errors import InvalidParam
from apps.common.tenancy import get_or_404
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

KEPT_S: Final = 1.0
KEPT_PLACES: Final = 10_000
_SPENT: Final = """
    select exists (
        select from billing_budget b join billing_budgetspend s on s.budget_id = b.id
        where b.id = %s and s.subject_id = %s and s.period_start = billing_period_start(b.period, now())
            and b.is_enabled and b.action = 'stop' and s.spent_usd >= b.limit_usd)
"""
_LOCK: Final = """
    select billing_lock(budget_id, subject_id) from (
        select distinct budget_id, subject_id from billing_budgetspend where budget_id = %s order by 1, 2) spend
"""
_LOCK_WARNED: Final = """
    select billing_lock(budget_id, subject_id) from (
        select budget_id, subject_id from billing_budgetspend
        where budget_id = %s and period_start = billing_period_start(%s, now()) and warned_at is not null
            and spent_usd < %s
        order by 1, 2) spend
"""
_TAKE_BACK: Final = """
    update billing_budgetspend set warned_at = null
    where budget_id = %s and period_start = billing_period_start(%s, now()) and warned_at is not null
        and spent_usd < %s
"""
_spent: dict[tuple[UUID, UUID], tuple[float, bool]] = {}


def create_budget(
    *,
    workspace: Workspace,
    user: User | None,
    scope: str,
    subject_id: UUID | None,
    period: str,
    limit_usd: Decimal | str,
    warn_percent: int = 80,
    action: str = "stop",
) -> Budget:
    """A budget that counts from now on; runs under way are not counted on it.

    Args:
        subject_id: of an app, a key or an end user; None: each of them may spend the limit. None for a workspace's.

    Raises:
        InvalidParam: a value is none of its set or out of range, or there is such a budget already.
    """
    budget = Budget(
        workspace=workspace,
        scope=scope,
        subject_id=None if scope == Scope.WORKSPACE else subject_id,
        period=period,
        limit_usd=_dollars(limit_usd),
        warn_percent=warn_percent,
        action=action,
    )
    _require_valid(budget)
    with transaction.atomic():
        _save(budget, user, "budget.create")
    return budget


def change_budget(
    *,
    workspace: Workspace,
    user: User | None,
    budget_id: UUID,
    limit_usd: Decimal | str,
    warn_percent: int,
    action: str,
    is_enabled: bool,
) -> Budget:
    """Changes what a budget allows; what was spent stays. Runs under way keep what they hold. Warnings that are no
    longer due are taken back.

    Raises:
        NotFound, InvalidParam.
    """
    budget = get_or_404(Budget.objects.filter(workspace=workspace), budget_id)
    budget.limit_usd, budget.warn_percent = _dollars(limit_usd), warn_percent
    budget.action, budget.is_enabled = action, is_enabled
    _require_valid(budget)
    with transaction.atomic():
        _take_back_warnings(budget)
        _save(budget, user, "budget.change")
    return budget


def remove_budget(*, workspace: Workspace, user: User | None, budget_id: UUID) -> None:
    """Removes a budget with what was spent of it and what runs hold. Raises NotFound."""
    with transaction.atomic():
        budget = get_or_404(Budget.objects.filter(workspace=workspace), budget_id)
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [budget.pk])
        BudgetHold.objects.filter(budget_id=budget.pk).delete()
        BudgetSpend.objects.filter(budget_id=budget.pk).delete()
        _record(budget, user, "budget.remove")
        Budget.objects.filter(pk=budget.pk).delete()
        notify.send(BUDGETS_TOPIC, workspace.pk)


async def refuse_if_spent(workspace_id: UUID) -> None:
    """Before a call of a model: what a run counts or holds for has been admitted already; a run of free models holds
    nothing, and its paid calls of other types are looked at here.

    What other calls under way cost is not known here, so that a budget may be passed by what runs within about a
    second.

    Raises:
        BudgetExceeded: a `stop` budget that applies to the running task's attribution is used up.
    """
    whose = current()
    if whose.is_counted_by_run or (whose.hold is not None and whose.hold.held_usd > 0):
        return
    for place in await places_of(workspace_id, whose):
        if place.is_stop and await _is_spent(place):
            raise BudgetExceeded.of(place.scope, place.period)


async def _is_spent(place: Place) -> bool:
    key = (place.budget_id, place.subject_id)
    until, is_spent = _spent.get(key, (0.0, False))
    if until < time.monotonic():
        row = await db.fetch_one(_SPENT, *key)
        is_spent = row is not None and bool(row[0])
        if len(_spent) >= KEPT_PLACES:
            _spent.clear()
        _spent[key] = (time.monotonic() + KEPT_S, is_spent)
    return is_spent


def _require_valid(budget: Budget) -> None:
    try:
        budget.full_clean()
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        known = field in {item.name for item in Budget._meta.get_fields()}
        raise InvalidParam(messages[0], params=field if known else None) from error


def _take_back_warnings(budget: Budget) -> None:
    """Of subjects that have spent less than what is warned of now, so that they are warned when they have."""
    due_from_usd = budget.limit_usd * budget.warn_percent / 100
    about = (budget.pk, budget.period, due_from_usd)
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_WARNED, about)
        cursor.execute(_TAKE_BACK, about)


def _save(budget: Budget, user: User | None, action: str) -> None:
    budget.save()
    _record(budget, user, action)
    notify.send(BUDGETS_TOPIC, budget.workspace_id)


def _record(budget: Budget, user: User | None, action: str) -> None:
    data = {
        "name": str(budget),
        "subject_id": str(budget.subject_id) if budget.subject_id else None,
        "warn_percent": budget.warn_percent,
        "action": budget.action,
        "is_enabled": budget.is_enabled,
    }
    audit.record(
        workspace=budget.workspace, user=user, action=action, object_type="budget", object_id=budget.pk, data=data
    )


def _dollars(amount: Decimal | str) -> Decimal:
    try:
        return Decimal(amount)
    except InvalidOperation:
        raise InvalidParam("The limit must be an amount in US dollars.", params="limit_usd") from None
