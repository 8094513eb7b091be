"""What is left of an app's money when it is deleted."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from django.db import connection as django_connection

from apps.billing.models import Budget, BudgetHold, BudgetSpend, Usage
from apps.billing.services.budgets import create_budget
from apps.billing.services.forgetting import forget_app
from apps.common import db
from apps.common.ids import new_id
from apps.prompts.models import ApiToken, EndUser
from apps.prompts.services.deletion import delete_app
from tests.factories import api_user, make_app, make_conversation, make_key, make_workspace
from tests.waiting import eventually

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


def test_budgets_that_name_the_keys_and_end_users_of_a_deleted_app_go_with_it():
    workspace = make_workspace()
    apps = [make_app(workspace), make_app(workspace)]
    about: dict[str, Any] = {"workspace": workspace, "user": None, "period": "day", "limit_usd": "1"}
    kept = [create_budget(**about, scope=scope, subject_id=None).pk for scope in ("api_key", "end_user")]
    for app in apps:
        make_key(app)
        make_conversation(app, api_user(app, "ada"))
        for scope, one in (("api_key", ApiToken), ("end_user", EndUser)):
            subject_id = one.objects.get(app=app).pk
            budget = create_budget(**about, scope=scope, subject_id=subject_id)
            BudgetSpend.objects.create(budget_id=budget.pk, subject_id=subject_id, period_start=TODAY)
            kept += [budget.pk] if app is apps[1] else []
    delete_app(app=apps[0])
    assert set(Budget.objects.values_list("pk", flat=True)) == set(kept)
    assert {spend.budget_id for spend in BudgetSpend.objects.all()} == set(kept[2:])


@pytest.fixture
def other_process() -> Iterator[psycopg.Connection]:
    with psycopg.connect(db.conninfo()) as connection:
        yield connection


def test_an_app_is_forgotten_while_a_run_holds_more(other_process):
    """The run changes what is spent first and its hold then; whoever did it the other way round would hang with it."""
    workspace = make_workspace()
    app = make_app(workspace)
    budget = create_budget(workspace=workspace, user=None, scope="app", subject_id=None, period="day", limit_usd="9")
    hold = "select billing_hold(%s, %s, %s, %s, %s)"
    places, run_id = ([budget.pk], [app.pk]), new_id()
    other_process.execute(hold, [run_id, *places, 1, False])
    other_process.commit()
    other_process.execute(hold, [new_id(), *places, 1, False])  # of another run, in the same transaction

    def forget() -> None:
        forget_app(app.pk)
        django_connection.close()

    thread = threading.Thread(target=forget)
    thread.start()
    eventually(lambda: other_process.execute("select from pg_locks where not granted").fetchone() is not None)
    other_process.execute(hold, [run_id, *places, 2, True])
    other_process.commit()
    thread.join(10)
    assert not thread.is_alive()
    assert (BudgetHold.objects.count(), BudgetSpend.objects.count()) == (0, 0)
