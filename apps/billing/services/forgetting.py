"""What is left of an app's money when the app is deleted: its usage, which belongs to no app from then on."""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet

from apps.billing.models import Budget, BudgetHold, BudgetSpend
from apps.billing.rules import BUDGETS_TOPIC
from apps.common import notify

_MERGE: Final = """
    with gone as (delete from billing_usage where app_id = %s returning *)
    insert into billing_usage as u (workspace_id, day, provider, model, type, currency, calls, failed, prompt_tokens,
        completion_tokens, cost)
    select workspace_id, day, provider, model, type, currency, calls, failed, prompt_tokens, completion_tokens, cost
    from gone order by workspace_id, day, provider, model, type, currency
    on conflict (workspace_id, day, app_id, provider, model, type, currency) do update set
        calls = u.calls + excluded.calls, failed = u.failed + excluded.failed,
        prompt_tokens = u.prompt_tokens + excluded.prompt_tokens,
        completion_tokens = u.completion_tokens + excluded.completion_tokens, cost = u.cost + excluded.cost
"""
# As everybody who writes them does: runs change spends and then holds, holds go first here.
_LOCK: Final = """
    select billing_lock(budget_id, subject_id) from (
        select distinct budget_id, subject_id from billing_budgetspend where subject_id = %s or budget_id = any(%s)
        order by 1, 2) spend
"""


def forget_app(app_id: UUID, belonging: "Iterable[QuerySet[Any]]" = ()) -> None:
    """Removes what was spent of budgets by an app, and the budgets that name it; its usage is kept without its name.

    Args:
        belonging: of what goes with the app, its keys and end users: budgets that name one of them go, too.
    """
    named = Q(subject_id=app_id)
    for subjects in belonging:
        named |= Q(subject_id__in=subjects.values("pk"))
    # By itself: the ledger has locked rows of usage before it waits for budgets.
    with connection.cursor() as cursor:
        cursor.execute(_MERGE, [app_id])
    with transaction.atomic():
        budgets = dict(Budget.objects.filter(named).values_list("pk", "workspace_id"))
        with connection.cursor() as cursor:
            cursor.execute(_LOCK, [app_id, list(budgets)])
        for rows in (BudgetHold, BudgetSpend):
            rows.objects.filter(Q(subject_id=app_id) | Q(budget_id__in=budgets)).delete()
        Budget.objects.filter(pk__in=budgets).delete()
        for workspace_id in set(budgets.values()):
            notify.send(BUDGETS_TOPIC, workspace_id)
