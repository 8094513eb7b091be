"""What is left of an app's money when the app is deleted: its usage, which belongs to no app from then on."""

from typing import Final
from uuid import UUID

from django.db import connection, transaction

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


def forget_app(app_id: UUID) -> None:
    """Removes the app's own budgets and what was spent of budgets by it; its usage is kept without its name."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(_MERGE, [app_id])
        budgets = Budget.objects.filter(subject_id=app_id)
        workspace_ids = set(budgets.values_list("workspace_id", flat=True))
        budgets.delete()
        for rows in (BudgetHold, BudgetSpend):
            rows.objects.filter(subject_id=app_id).delete()
        for workspace_id in workspace_ids:
            notify.send(BUDGETS_TOPIC, workspace_id)
