"""Budgets as they are made, changed and removed; what the check of the storage finds."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from apps.billing.errors import BudgetExceeded
from apps.billing.fsck_checks.budgets import BudgetsCheck
from apps.billing.models import Budget, BudgetHold, BudgetSpend
from apps.billing.selectors import list_budgets, list_warnings, period_start
from apps.billing.services.budgets import change_budget, create_budget, remove_budget
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import new_id
from apps.workspaces.models import AuditEvent
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = datetime.now(UTC).date()
GOOD: dict[str, Any] = {"scope": "workspace", "subject_id": None, "period": "day", "limit_usd": "1"}
CHANGE: dict[str, Any] = {"limit_usd": "2", "warn_percent": 50, "action": "warn", "is_enabled": False}


@pytest.fixture
def workspace(transactional_db):
    return make_workspace()


@pytest.fixture
def budget(workspace) -> Budget:
    return create_budget(workspace=workspace, user=None, **GOOD)


def spend(budget: Budget, **values) -> BudgetSpend:
    defaults = {"subject_id": budget.workspace_id, "period_start": TODAY}
    return BudgetSpend.objects.create(budget_id=budget.pk, **{**defaults, **values})


def found() -> list[str]:
    return [finding.problem for finding in BudgetsCheck().find()]


def test_a_budget_is_made_changed_and_removed_on_record(workspace, budget):
    change_budget(workspace=workspace, user=None, budget_id=budget.pk, **CHANGE)
    [state] = list_budgets(workspace)
    changed = state.budget
    assert (changed.limit_usd, changed.warn_percent, changed.action, changed.is_enabled) == (
        Decimal(2),
        50,
        "warn",
        False,
    )
    spend(budget)
    BudgetHold.objects.create(
        run_id=new_id(), budget_id=budget.pk, subject_id=workspace.pk, period_start=TODAY, amount_usd=1
    )
    remove_budget(workspace=workspace, user=None, budget_id=budget.pk)
    assert (Budget.objects.count(), BudgetSpend.objects.count(), BudgetHold.objects.count()) == (0, 0, 0)
    actions = AuditEvent.objects.filter(object_type="budget").order_by("id").values_list("action", flat=True)
    assert list(actions) == ["budget.create", "budget.change", "budget.remove"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"scope": "planet"}, "scope"),
        ({"period": "year"}, "period"),
        ({"action": "shout"}, "action"),
        ({"limit_usd": "0"}, "limit_usd"),
        ({"limit_usd": "-1"}, "limit_usd"),
        ({"limit_usd": "much"}, "limit_usd"),
        ({"limit_usd": "NaN"}, "limit_usd"),
        ({"limit_usd": "99999999999999"}, "limit_usd"),
        ({"warn_percent": 0}, "warn_percent"),
        ({"warn_percent": 101}, "warn_percent"),
    ],
)
def test_what_is_no_budget_is_refused(workspace, wrong, field):
    with pytest.raises(InvalidParam) as error:
        create_budget(workspace=workspace, user=None, **{**GOOD, **wrong})
    assert error.value.params == field
    assert Budget.objects.count() == 0


def test_there_is_one_budget_for_a_scope_and_period(workspace, budget):
    with pytest.raises(InvalidParam):
        create_budget(workspace=workspace, user=None, **GOOD)
    create_budget(workspace=workspace, user=None, **{**GOOD, "period": "month"})
    create_budget(workspace=workspace, user=None, **{**GOOD, "scope": "app"})
    create_budget(workspace=workspace, user=None, **{**GOOD, "scope": "app", "subject_id": new_id()})


def test_budgets_of_another_workspace_are_not_found(budget):
    other = make_workspace("Other", "other@example.org")
    with pytest.raises(NotFound):
        change_budget(workspace=other, user=None, budget_id=budget.pk, **CHANGE)
    with pytest.raises(NotFound):
        remove_budget(workspace=other, user=None, budget_id=budget.pk)
    assert list_budgets(other) == []


def test_a_month_begins_on_its_first_day():
    assert period_start("month", date(2026, 11, 27)) == date(2026, 11, 1)
    assert period_start("day", date(2026, 11, 27)) == date(2026, 11, 27)
    assert BudgetExceeded.of("workspace", "month").message.endswith("-01 at 00:00 UTC.")


def test_bars_show_the_present_period_alone_and_the_fullest_first(workspace):
    budget = create_budget(workspace=workspace, user=None, **{**GOOD, "scope": "end_user"})
    spend(budget, subject_id=new_id(), spent_usd="0.25")
    spend(budget, subject_id=new_id(), spent_usd="0.5", held_usd="0.25")
    spend(budget, subject_id=new_id(), spent_usd=1, period_start=date(2026, 1, 1))
    [state] = list_budgets(workspace)
    assert [one.percent for one in state.spends] == [75, 25]


def test_warnings_that_are_no_longer_due_are_taken_back_when_a_budget_is_changed(workspace):
    budget = create_budget(workspace=workspace, user=None, **{**GOOD, "scope": "end_user"})
    other = create_budget(workspace=workspace, user=None, **{**GOOD, "scope": "app"})
    now = datetime.now(UTC)
    ada, bob = new_id(), new_id()
    for subject_id, spent in ((ada, "0.9"), (bob, "4.5")):
        spend(budget, subject_id=subject_id, spent_usd=spent, warned_at=now)
    spend(other, subject_id=new_id(), spent_usd="0.9", warned_at=now)
    assert len(list_warnings(workspace)) == 3
    change: dict[str, Any] = {**CHANGE, "action": "stop", "is_enabled": True}
    change_budget(workspace=workspace, user=None, budget_id=budget.pk, **{**change, "limit_usd": "9"})
    assert [(one.budget, one.spent_usd) for one in list_warnings(workspace)] == [
        (other, Decimal("0.9")),
        (budget, Decimal("4.5")),  # just what is warned of
    ]
    with connection.cursor() as cursor:  # and the next time it is due, it is warned of again
        cursor.execute("select billing_spend(%s, %s, 4)", [budget.pk, ada])
    assert len(list_warnings(workspace)) == 3


def test_the_storage_check_frees_holds_of_runs_that_are_not_there(workspace, budget):
    spend(budget, held_usd=3, spent_usd=1)
    BudgetHold.objects.create(
        run_id=new_id(), budget_id=budget.pk, subject_id=workspace.pk, period_start=TODAY, amount_usd=3
    )
    assert found() == ["holds_without_run"]
    BudgetsCheck().repair("holds_without_run")
    assert found() == []
    assert BudgetSpend.objects.values_list("spent_usd", "held_usd").get() == (Decimal(1), Decimal(0))


def test_the_storage_check_sets_right_what_is_held_and_drops_what_has_no_budget(budget):
    spend(budget, held_usd=Decimal("0.5"))
    assert found() == ["wrong_held"]
    BudgetsCheck().repair("wrong_held")
    Budget.objects.all().delete()
    assert found() == ["spent_without_budget"]
    BudgetsCheck().repair("spent_without_budget")
    assert BudgetSpend.objects.count() == 0
