"""What is left of an app's money when it is deleted."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from apps.billing.models import Budget, BudgetSpend, Usage
from apps.billing.services.budgets import create_budget
from apps.prompts.services.deletion import delete_app
from tests.factories import make_app, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.now(UTC).date()


def test_the_usage_of_a_deleted_app_is_usage_of_no_app_and_its_budgets_go():
    workspace = make_workspace()
    app, other = make_app(workspace), make_app(workspace)
    about: dict[str, Any] = {"workspace_id": workspace.pk, "day": TODAY, "provider": "p", "model": "m", "type": "llm"}
    for app_id in (app.pk, other.pk, None):
        Usage.objects.create(**about, currency="USD", app_id=app_id, calls=2, cost=1)
    of_app: dict[str, Any] = {"workspace": workspace, "user": None, "scope": "app", "limit_usd": "1"}
    create_budget(**of_app, subject_id=app.pk, period="day")
    each = create_budget(**of_app, subject_id=None, period="day")
    for subject_id in (app.pk, other.pk):
        BudgetSpend.objects.create(budget_id=each.pk, subject_id=subject_id, period_start=TODAY)
    delete_app(app=app)
    rows = Usage.objects.order_by("app_id").values_list("app_id", "calls", "cost")
    assert list(rows) == [(other.pk, 2, Decimal(1)), (None, 4, Decimal(2))]
    assert list(Budget.objects.all()) == [each]
    assert [spend.subject_id for spend in BudgetSpend.objects.all()] == [other.pk]
