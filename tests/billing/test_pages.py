"""The pages of budgets and usage."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from django.test import Client

from apps.billing.models import Budget, BudgetSpend, Usage
from apps.billing.selectors import period_start
from apps.billing.services.budgets import create_budget
from apps.prompts.models import ApiToken, App, EndUser
from apps.workspaces.choices import Role
from apps.workspaces.models import AuditEvent, Workspace
from apps.workspaces.services.members import add_member
from tests.factories import api_user, make_app, make_conversation, make_key, make_user, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)
BUDGETS, USAGE = "/settings/budgets", "/settings/usage"
NEW = {"scope": "workspace", "limit_usd": "50", "period": "month", "warn_percent": "80", "action": "stop"}


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace("Acme", "owner@a.org")


@pytest.fixture
def browser(workspace: Workspace) -> Client:
    browser = Client()
    browser.force_login(workspace.memberships.get().user)
    return browser


def page_of(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def spend(budget: Budget, subject_id: UUID, spent: str, held: str = "0") -> None:
    today = datetime.now(UTC).date()
    BudgetSpend.objects.create(
        budget_id=budget.pk,
        subject_id=subject_id,
        period_start=period_start(budget.period, today),
        spent_usd=Decimal(spent),
        held_usd=Decimal(held),
        warned_at=datetime.now(UTC) if Decimal(spent) * 100 >= budget.limit_usd * budget.warn_percent else None,
    )


def use(workspace: Workspace, *, model: str = "m-1", cost: str = "1.5", days_ago: int = 0, **fields: object) -> None:
    Usage.objects.create(
        **{
            "workspace_id": workspace.pk,
            "day": datetime.now(UTC).date() - timedelta(days=days_ago),
            "provider": "openai",
            "model": model,
            "type": "llm",
            "currency": "USD",
            "calls": 3,
            "prompt_tokens": 1200,
            "completion_tokens": 340,
            "cost": Decimal(cost),
            **fields,
        }
    )


def another_app(workspace: Workspace) -> App:
    app = make_app(workspace)
    App.objects.filter(pk=app.pk).update(name="Other")
    app.refresh_from_db()
    return app


def person(app: App, name: str) -> EndUser:
    make_conversation(app, api_user(app, name))
    return EndUser.objects.get(app=app, session_id=name)


def test_an_empty_page_says_what_budgets_are_for(browser: Client):
    page = page_of(browser, BUDGETS)
    assert "No budget limits this workspace" in page
    assert "New budget" in page


def test_a_budget_is_set_changed_and_removed(browser: Client, workspace: Workspace):
    assert "The whole workspace" in page_of(browser, f"{BUDGETS}/add")
    assert browser.post(f"{BUDGETS}/add", NEW).status_code == 302
    budget = Budget.objects.get()
    assert (budget.limit_usd, budget.period, budget.subject_id) == (Decimal(50), "month", None)
    assert "50.00 USD a month" in page_of(browser, BUDGETS)
    browser.post(f"{BUDGETS}/{budget.pk}", {"limit_usd": "0.5", "warn_percent": "90", "action": "warn"})
    budget.refresh_from_db()
    assert (budget.limit_usd, budget.warn_percent, budget.action, budget.is_enabled) == (
        Decimal("0.5"),
        90,
        "warn",
        False,
    )
    assert "Remove this budget?" in page_of(browser, f"{BUDGETS}/{budget.pk}/remove")
    browser.post(f"{BUDGETS}/{budget.pk}/remove")
    assert not Budget.objects.exists()
    deeds = set(AuditEvent.objects.values_list("action", flat=True))
    assert {"budget.create", "budget.change", "budget.remove"} <= deeds


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"limit_usd": "0"}, "greater than or equal to 0.0001"),
        ({"limit_usd": "much"}, "Enter a number"),
        ({"warn_percent": "101"}, "less than or equal to 100"),
        ({"scope": "galaxy"}, "Select a valid choice"),
        ({"scope": "end_user", "end_user": "nobody"}, "Nobody of this name"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(browser: Client, sent: dict[str, str], sentence: str):
    answer = browser.post(f"{BUDGETS}/add", {**NEW, **sent})
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Budget.objects.exists()


def test_the_same_budget_is_not_set_twice(browser: Client):
    browser.post(f"{BUDGETS}/add", NEW)
    assert browser.post(f"{BUDGETS}/add", {**NEW, "limit_usd": "60"}).status_code == 422
    assert Budget.objects.count() == 1


def test_budgets_of_one_app_key_or_person_name_them(browser: Client, workspace: Workspace):
    app = make_app(workspace)
    make_key(app)
    key, ada = ApiToken.objects.get(), person(app, "ada")
    browser.post(f"{BUDGETS}/add", {**NEW, "scope": "app", "app": str(app.pk)})
    browser.post(f"{BUDGETS}/add", {**NEW, "scope": "api_key", "api_key": str(key.pk)})
    browser.post(f"{BUDGETS}/add", {**NEW, "scope": "end_user", "end_user": "ada"})
    assert {budget.scope: budget.subject_id for budget in Budget.objects.all()} == {
        "app": app.pk,
        "api_key": key.pk,
        "end_user": ada.pk,
    }
    page = page_of(browser, BUDGETS)
    assert all(name in page for name in ("Helper", key.hint, "ada · Helper"))


def test_of_two_people_with_one_name_one_is_chosen(browser: Client, workspace: Workspace):
    person(make_app(workspace), "ada")
    other = person(another_app(workspace), "ada")
    answer = browser.post(f"{BUDGETS}/add", {**NEW, "scope": "end_user", "end_user": "ada"})
    assert "ada · Other" in answer.content.decode()
    browser.post(f"{BUDGETS}/add", {**NEW, "scope": "end_user", "end_user": "ada · Other"})
    assert Budget.objects.get().subject_id == other.pk


def test_bars_show_what_each_has_spent_the_fullest_first(browser: Client, workspace: Workspace):
    helper, other = make_app(workspace), another_app(workspace)
    budget = create_budget(
        workspace=workspace, user=None, scope="app", subject_id=None, period="day", limit_usd="2", action="stop"
    )
    spend(budget, helper.pk, "0.5", held="0.25")
    spend(budget, other.pk, "2.5")
    page = page_of(browser, BUDGETS)
    assert "0.50 of 2.00 USD" in page
    assert "0.25 held by runs under way" in page
    assert "37.5 %" in page
    bars = page.split('class="budgets"')[1]
    assert bars.index("Other") < bars.index("Helper")
    warning = page.split('class="budgets"')[0]
    assert "is used up" in warning
    assert "Further calls are refused" in warning
    assert "Helper" not in warning


def test_somebody_who_is_gone_is_called_so(browser: Client, workspace: Workspace):
    budget = create_budget(
        workspace=workspace, user=None, scope="app", subject_id=None, period="day", limit_usd="2", action="warn"
    )
    spend(budget, uuid4(), "1.9")
    page = page_of(browser, BUDGETS)
    assert "Somebody who is gone" in page
    assert "95 % of the budget" in page


def test_editors_see_budgets_and_change_none(workspace: Workspace):
    create_budget(workspace=workspace, user=None, scope="workspace", subject_id=None, period="day", limit_usd="2")
    editor = make_user("editor@a.org")
    add_member(workspace=workspace, user=editor, role=Role.EDITOR)
    browser = Client()
    browser.force_login(editor)
    assert "New budget" not in page_of(browser, BUDGETS)
    assert browser.get(f"{BUDGETS}/{Budget.objects.get().pk}").status_code == 403


def test_a_budget_of_another_workspace_is_not_found(browser: Client):
    other = make_workspace("Other", "other@b.org")
    budget = create_budget(workspace=other, user=None, scope="workspace", subject_id=None, period="day", limit_usd="2")
    assert browser.get(f"{BUDGETS}/{budget.pk}").status_code == 404
    assert browser.post(f"{BUDGETS}/{budget.pk}/remove").status_code == 404
    assert Budget.objects.count() == 1


def test_usage_is_summed_by_day_model_and_app(browser: Client, workspace: Workspace):
    app = make_app(workspace)
    use(workspace, app_id=app.pk)
    use(workspace, model="m-2", cost="0.25", days_ago=3, failed=1)
    use(workspace, model="m-3", days_ago=40)
    page = page_of(browser, USAGE)
    assert "1.75 USD" in page
    assert all(word in page for word in ("m-1", "m-2", "Helper", "Outside of apps", "1 failed"))
    assert "m-3" not in page
    assert page.count('class="hit"') == 30
    assert "m-3" in page_of(browser, f"{USAGE}?days=90")
    one = page_of(browser, f"{USAGE}?app={app.pk}")
    assert "m-1" in one
    assert "m-2" not in one


def test_costs_of_several_currencies_stand_side_by_side(browser: Client, workspace: Workspace, settings):
    settings.BUDGET_RATES = {"CNY": Decimal("0.14")}
    use(workspace)
    use(workspace, model="m-2", cost="10", currency="CNY")
    page = page_of(browser, USAGE)
    assert "10.00 CNY + 1.50 USD" in page
    assert page.count("2.90") >= 1  # the day in dollars


def test_nothing_used_is_said(browser: Client):
    assert "Nothing was used in these days" in page_of(browser, USAGE)
    assert "Nothing was used in these days" in page_of(browser, f"{USAGE}?days=x&app=nonsense")
