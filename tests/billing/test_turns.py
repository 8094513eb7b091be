"""Budgets while apps are used: nothing is asked that a budget does not cover, every price is counted once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from apps.billing import holds
from apps.billing.fsck_checks.budgets import BudgetsCheck
from apps.billing.models import BudgetHold, BudgetSpend, Usage
from apps.billing.selectors import list_budgets, list_warnings
from apps.billing.services.budgets import change_budget, remove_budget
from apps.logs.models import Message
from apps.models.services.models import set_default
from apps.prompts.callers import end_user
from apps.prompts.choices import InvokeFrom
from apps.workspaces.models import AuditEvent
from tests.factories import make_key, make_workspace
from tests.http import Client
from tests.waiting import eventually

from .conftest import ANSWER_USD, NOTHING

pytestmark = pytest.mark.django_db(transaction=True)


def told() -> Decimal:
    """What the messages say they cost."""
    return Message.objects.aggregate(sum=Sum("total_price"))["sum"] or Decimal(0)


def consistent() -> bool:
    return not list(BudgetsCheck().find())


def test_of_200_turns_at_once_a_budget_for_50_pays_50(upstream, client, make_budget, ask):
    make_budget(50 * ANSWER_USD)
    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(lambda number: ask(f"user-{number}"), range(200)))
    refused = [answer for answer in answers if answer.status != 200]
    assert [answer.status for answer in answers].count(200) == 50
    assert {(answer.status, answer.json()["code"]) for answer in refused} == {(429, "budget_exceeded")}
    assert upstream.stats()["/v1/chat/completions"] == 50
    spend = BudgetSpend.objects.get()
    assert (spend.spent_usd, spend.held_usd) == (told(), NOTHING)
    assert spend.spent_usd == 50 * ANSWER_USD
    assert BudgetHold.objects.count() == 0
    assert consistent()


def test_what_a_turn_pays_is_not_paid_again_when_the_ledger_is_written(workspace, server, app_of, make_budget, ask):
    make_budget(1)
    assert ask().status == 200
    assert ask(by=Client(server.url, make_key(app_of("cut-after-10")))).status == 400
    rows = Usage.objects.filter(workspace_id=workspace.pk)
    eventually(lambda: rows.count() == 2)
    spend = BudgetSpend.objects.get()
    assert (spend.spent_usd, spend.held_usd) == (told(), NOTHING)
    assert spend.spent_usd == sum(row.cost for row in rows.all())


def test_what_follows_a_turn_is_paid_when_the_ledger_is_written(priced, server, app_of, make_budget):
    """A long first question: the workspace's default model writes the conversation's name."""
    set_default(workspace=priced, user=None, model_type="llm", provider="openai_api_compatible", name="fake")
    make_budget(1)
    body = {"inputs": {}, "query": "Hello? " * 10, "user": "ada", "response_mode": "blocking"}
    assert Client(server.url, make_key(app_of())).post("/v1/chat-messages", body).status == 200
    eventually(lambda: Usage.objects.filter(workspace_id=priced.pk, calls=2).exists())
    spend = BudgetSpend.objects.get()
    assert (told(), spend.spent_usd) == (ANSWER_USD, 2 * ANSWER_USD)


def test_a_refused_turn_says_whose_budget_it_was_and_when_it_starts_anew(make_budget, ask):
    make_budget("0.0005", scope="app")
    error = ask().json()
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date()
    assert error["code"] == "budget_exceeded"
    assert error["message"] == (
        "What is left of the daily budget of this app does not cover this request. "
        f"It starts anew on {tomorrow} at 00:00 UTC."
    )
    assert Message.objects.count() == 0


def test_a_stream_ends_with_the_refusal(make_budget, client):
    make_budget("0.0005")
    body = {"inputs": {}, "query": "Hello?", "user": "ada", "response_mode": "streaming"}
    events = client.post("/v1/chat-messages", body).events()
    assert [(event["event"], event.get("code")) for event in events if event["event"] != "ping"] == [
        ("error", "budget_exceeded")
    ]


def test_each_app_has_a_budget_of_its_own(server, app_of, make_budget, ask):
    make_budget(ANSWER_USD, scope="app")
    one, other = (Client(server.url, make_key(app_of())) for _ in range(2))
    assert [ask(by=client).status for client in (one, one, other, other)] == [200, 429, 200, 429]


def test_a_budget_of_one_app_leaves_the_others_alone(server, app_of, make_budget, ask):
    limited, free = app_of(), app_of()
    make_budget("0.0005", scope="app", subject_id=limited.pk)
    statuses = [ask(by=Client(server.url, make_key(app))).status for app in (limited, free)]
    assert statuses == [429, 200]


def test_each_key_of_one_app_has_a_budget_of_its_own(server, app_of, make_budget, ask):
    make_budget(ANSWER_USD, scope="api_key")
    app = app_of()
    one, other = (Client(server.url, make_key(app)) for _ in range(2))
    assert [ask(by=client).status for client in (one, one, other, other)] == [200, 429, 200, 429]


def test_each_end_user_has_a_budget_of_their_own(app_of, make_budget, ask):
    make_budget(ANSWER_USD, scope="end_user")
    assert [ask(user).status for user in ("ada", "ada", "bob")] == [200, 429, 200]
    named = {end_user(message.app_id, InvokeFrom.SERVICE_API, user).end_user_id
             for message in Message.objects.all() for user in ("ada", "bob")}  # fmt: skip
    assert set(BudgetSpend.objects.values_list("subject_id", flat=True)) == named


def test_the_narrowest_of_several_budgets_decides_and_all_are_charged(make_budget, ask):
    make_budget(10)
    make_budget(10, period="month")
    make_budget(ANSWER_USD, scope="end_user")
    assert [ask().status for _ in range(2)] == [200, 429]
    assert list(BudgetSpend.objects.values_list("spent_usd", "held_usd")) == [(ANSWER_USD, NOTHING)] * 3


def test_another_day_begins_with_nothing_spent(make_budget, ask):
    make_budget(ANSWER_USD)
    assert [ask().status for _ in range(2)] == [200, 429]
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    BudgetSpend.objects.update(period_start=yesterday)
    assert eventually(lambda: ask().status == 200)
    assert BudgetSpend.objects.count() == 2


def test_a_run_that_ends_on_another_day_is_paid_by_the_day_it_began(server, app_of, make_budget):
    make_budget(1)
    client = Client(server.url, make_key(app_of("gen-50-20")))
    body = {"inputs": {}, "query": "Go", "user": "ada", "response_mode": "streaming"}
    stream = client.stream("/v1/chat-messages", body)
    next(stream)
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    BudgetHold.objects.update(period_start=yesterday)
    BudgetSpend.objects.update(period_start=yesterday)
    assert [*stream][-1]["event"] == "message_end"
    spend = BudgetSpend.objects.get()
    assert (spend.period_start, spend.spent_usd, spend.held_usd) == (yesterday, told(), NOTHING)


def test_a_budget_that_warns_lets_everything_pass_and_says_so_once(workspace, make_budget, ask):
    budget = make_budget(2 * ANSWER_USD, action="warn", warn_percent=80)
    ask()
    assert list_warnings(workspace) == []
    assert [ask().status for _ in range(3)] == [200] * 3
    [warning] = list_warnings(workspace)
    assert (warning.budget, warning.spent_usd, warning.percent, warning.is_over) == (budget, 4 * ANSWER_USD, 200, True)
    [event] = AuditEvent.objects.filter(action="budget.warn")
    assert (event.object_id, event.data["subject_id"]) == (str(budget.pk), str(workspace.pk))


def test_a_budget_that_stops_warns_before(workspace, make_budget, ask):
    make_budget(5 * ANSWER_USD, warn_percent=60)
    for _ in range(3):
        ask()
    [warning] = list_warnings(workspace)
    assert (warning.percent, warning.is_over) == (60, False)


def test_a_failed_call_frees_what_was_held(server, app_of, make_budget, ask):
    make_budget(10 * ANSWER_USD)
    assert ask(by=Client(server.url, make_key(app_of("fail-500")))).status == 400
    spend = BudgetSpend.objects.get()
    assert (told(), spend.spent_usd, spend.held_usd) == (NOTHING, NOTHING, NOTHING)


def test_not_more_refusals_are_remembered_than_there_is_room_for(make_budget, ask, monkeypatch):
    monkeypatch.setattr(holds, "REMEMBERED_PLACES", 2)
    holds._refused.clear()
    make_budget("0.0005", scope="end_user")
    assert [ask(f"user-{number}").status for number in range(5)] == [429] * 5
    assert 0 < len(holds._refused) <= 2


def test_a_limit_that_is_raised_counts_at_once(workspace, make_budget, ask):
    budget = make_budget(ANSWER_USD)
    assert [ask().status for _ in range(2)] == [200, 429]
    more: dict[str, Any] = {"warn_percent": 80, "action": "stop", "is_enabled": True}
    change_budget(workspace=workspace, user=None, budget_id=budget.pk, limit_usd="10", **more)
    assert eventually(lambda: ask().status == 200)


def test_a_budget_that_is_made_removed_or_switched_off_while_a_run_goes_on_leaves_nothing_held(
    workspace, server, app_of, make_budget
):
    removed, off = make_budget(1), make_budget(1, scope="app")
    client = Client(server.url, make_key(app_of("gen-50-20")))
    body = {"inputs": {}, "query": "Go", "user": "ada", "response_mode": "streaming"}
    stream = client.stream("/v1/chat-messages", body)
    next(stream)
    assert BudgetHold.objects.count() == 2
    make_budget(1, scope="end_user")
    remove_budget(workspace=workspace, user=None, budget_id=removed.pk)
    change_budget(workspace=workspace, user=None, budget_id=off.pk, limit_usd="1", warn_percent=80, action="stop",
                  is_enabled=False)  # fmt: skip
    assert [*stream][-1]["event"] == "message_end"
    spend = BudgetSpend.objects.get()
    assert (spend.budget_id, spend.spent_usd, spend.held_usd) == (off.pk, told(), NOTHING)
    assert consistent()


def test_a_long_conversation_is_held_for_as_a_whole(server, app_of, make_budget, ask):
    """The prompt's price counts, too: an answer that fits is refused where its prompt does not."""
    from apps.models.contracts import ModelSpec, Prices
    from apps.models.services.models import add_model

    app = app_of("echo")
    spec = ModelSpec("echo", "llm", context_tokens=16_000, prices=Prices(prompt=Decimal(1)))
    add_model(workspace=app.workspace, user=None, provider="openai_api_compatible", spec=spec, check=False)
    make_budget("0.5")
    by = Client(server.url, make_key(app))
    assert ask(by=by, query="x" * 400).status == 200
    assert ask(by=by, query="x" * 4000).status == 429


def test_a_workspace_without_budgets_has_no_rows(make_budget, ask):
    assert ask().status == 200
    assert BudgetSpend.objects.count() == 0


def test_a_model_that_costs_nothing_passes_a_spent_budget(server, workspace, make_budget, ask):
    from tests.factories import make_app

    budget = make_budget(1)
    BudgetSpend.objects.create(
        budget_id=budget.pk, subject_id=workspace.pk, period_start=datetime.now(UTC).date(), spent_usd=1
    )
    demo = make_app(workspace, {"model": {"provider": "demo", "name": "demo-chat", "mode": "chat"}})
    assert ask(by=Client(server.url, make_key(demo))).status == 200


def test_budgets_of_another_workspace_do_not_count(make_budget, ask):
    from apps.billing.services.budgets import create_budget

    other = make_workspace("Other", "other@example.org")
    create_budget(workspace=other, user=None, scope="workspace", subject_id=None, period="day", limit_usd="0.0001")
    assert ask().status == 200


def test_bars_show_what_is_held_while_a_run_goes_on(workspace, server, app_of, make_budget):
    make_budget(10 * ANSWER_USD)
    client = Client(server.url, make_key(app_of("gen-50-20")))
    started = threading.Event()

    def read() -> None:
        body = {"inputs": {}, "query": "Go", "user": "ada", "response_mode": "streaming"}
        for _ in client.stream("/v1/chat-messages", body):
            started.set()

    thread = threading.Thread(target=read)
    thread.start()
    started.wait(10)
    [state] = list_budgets(workspace)
    assert (state.spends[0].held_usd, state.spends[0].percent) == (ANSWER_USD, 10)
    thread.join()
    [state] = list_budgets(workspace)
    assert (state.spends[0].held_usd, state.spends[0].spent_usd) == (NOTHING, told())
