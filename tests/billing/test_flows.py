"""Flows and budgets: held at the start, topped up on the way, settled at each pause and at the end."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.db.models import Sum

from apps.billing.attribution import attribute
from apps.billing.fsck_checks.budgets import BudgetsCheck
from apps.billing.holds import RunHold
from apps.billing.models import BudgetHold, BudgetSpend, Usage
from apps.billing.services.budgets import change_budget
from apps.common.ids import new_id
from apps.logs.models import Message, NodeRun, WorkflowRun
from apps.logs.services.reap import reap_runs
from apps.models.contracts import ChatRequest, ModelSpec, Prices, TextDelta, ToolCallDelta
from apps.models.errors import ProviderConnectionError
from apps.models.handles import ModelHandle
from apps.workflows.adapters.models import WorkspaceModels
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import PromptMessage
from tests.factories import make_app, make_key
from tests.http import Client
from tests.waiting import eventually
from tests.workflows.flows import flow, node

from .conftest import ANSWER_USD

pytestmark = pytest.mark.django_db(transaction=True)
ASK = {"form_content": "Go?", "inputs": [], "user_actions": [{"id": "yes", "title": "Yes"}]}


def llm(id: str, model: str = "fake", **more: Any) -> dict[str, Any]:
    """A node whose answer has 50 tokens."""
    settings = {
        "provider": "openai_api_compatible",
        "name": model,
        "mode": "chat",
        "completion_params": {"max_tokens": 50},
    }
    return node(id, "llm", model=settings, prompt_template=[{"role": "user", "text": "Go"}], **more)


END = node("end", "end", outputs=[])
TWO = flow([node("start", "start"), llm("one"), llm("two"), END], "start -> one", "one -> two", "two -> end")
PAUSED = flow(
    [node("start", "start"), llm("one"), node("ask", "human-input", **ASK), llm("two"), END],
    "start -> one", "one -> ask", "ask:yes -> two", "two -> end",
)  # fmt: skip


def looped(rounds: int) -> dict[str, Any]:
    """One model node, several times: more than is held for it at the start."""
    inside = [node("in", "loop-start", inside="loop"), llm("one", inside="loop")]
    loop = node("loop", "loop", start_node_id="in", loop_count=rounds, break_conditions=[], loop_variables=[])
    return flow([node("start", "start"), loop, *inside, END], "start -> loop", "in -> one", "loop -> end")


@pytest.fixture
def client_of(priced, server):
    def client_of(config: dict[str, Any], mode: str = "workflow") -> Client:
        return Client(server.url, make_key(make_app(priced, config, mode=mode)))

    return client_of


def run(client: Client) -> Any:
    return client.post("/v1/workflows/run", {"inputs": {}, "user": "ada", "response_mode": "blocking"})


def spent() -> Any:
    """Of the only budget: spent and held."""
    return BudgetSpend.objects.values_list("spent_usd", "held_usd").get()


def told() -> Decimal:
    return WorkflowRun.objects.aggregate(sum=Sum("total_price"))["sum"]


def test_a_run_is_paid_by_what_its_nodes_cost(workspace, client_of, make_budget):
    make_budget(1)
    assert run(client_of(TWO)).json()["data"]["status"] == "succeeded"
    eventually(lambda: Usage.objects.filter(workspace_id=workspace.pk, calls=2).exists())
    assert spent() == (2 * ANSWER_USD, 0)
    assert told() == 2 * ANSWER_USD


def test_a_run_that_all_its_models_together_may_not_afford_does_not_begin(upstream, client_of, make_budget):
    make_budget(ANSWER_USD * Decimal("1.5"))
    answer = run(client_of(TWO))
    assert (answer.status, answer.json()["code"]) == (429, "budget_exceeded")
    assert "/v1/chat/completions" not in upstream.stats()
    assert (WorkflowRun.objects.count(), BudgetHold.objects.count()) == (0, 0)


def test_a_loop_holds_more_as_it_goes_and_stops_where_the_budget_ends(upstream, client_of, make_budget):
    make_budget(5 * ANSWER_USD)
    data = run(client_of(looped(8))).json()["data"]
    assert data["status"] == "failed"
    assert "budget of this workspace" in data["error"]
    assert upstream.stats()["/v1/chat/completions"] == 5
    assert spent() == (5 * ANSWER_USD, 0)
    assert not list(BudgetsCheck().find())


def test_a_loop_within_its_budget_goes_through(client_of, make_budget):
    make_budget(8 * ANSWER_USD)
    assert run(client_of(looped(8))).json()["data"]["status"] == "succeeded"
    assert spent() == (8 * ANSWER_USD, 0)


def test_branches_at_once_hold_for_each_other(client_of, make_budget):
    nodes = [node("start", "start"), *[llm(f"m{number}", "gen-50-20") for number in range(4)], END]
    ways = [way for number in range(4) for way in (f"start -> m{number}", f"m{number} -> end")]
    make_budget(4 * ANSWER_USD)
    assert run(client_of(flow(nodes, *ways))).json()["data"]["status"] == "succeeded"
    assert spent() == (4 * ANSWER_USD, 0)


def test_a_node_that_fails_for_want_of_money_may_be_handled_by_the_flow(client_of, make_budget):
    config = looped(2)
    for each in config["graph"]["nodes"]:
        if each["id"] == "one":
            each["data"] |= {"error_strategy": "default-value", "default_value": [
                {"key": "text", "type": "string", "value": "no money"}]}  # fmt: skip
    make_budget(ANSWER_USD)
    assert run(client_of(config)).json()["data"]["status"] in ("succeeded", "partial-succeeded")
    assert "budget" in NodeRun.objects.filter(node_id="one").order_by("index").last().error
    assert spent() == (ANSWER_USD, 0)


def paused(client: Client) -> str:
    body = {"inputs": {}, "user": "ada", "response_mode": "streaming"}
    events = client.post("/v1/workflows/run", body).events()
    return next(event["data"]["form_token"] for event in events if event["event"] == "human_input_required")


def answered(client: Client, token: str) -> WorkflowRun:
    body = {"inputs": {}, "action": "yes", "user": "ada"}
    assert client.post(f"/v1/form/human_input/{token}", body).status == 200
    eventually(lambda: not WorkflowRun.objects.filter(status__in=("running", "paused")).exists())
    return WorkflowRun.objects.get()


def test_a_run_that_waits_holds_nothing_and_pays_both_parts_once(client_of, make_budget):
    make_budget(2 * ANSWER_USD)
    client = client_of(PAUSED)
    token = paused(client)
    assert spent() == (ANSWER_USD, 0)
    assert answered(client, token).status == "succeeded"
    assert spent() == (2 * ANSWER_USD, 0)
    assert told() == 2 * ANSWER_USD


def test_a_run_that_goes_on_is_refused_where_nothing_is_left(workspace, client_of, make_budget):
    budget = make_budget(2 * ANSWER_USD)
    client = client_of(PAUSED)
    token = paused(client)
    less: dict[str, Any] = {"limit_usd": ANSWER_USD, "warn_percent": 80, "action": "stop", "is_enabled": True}
    change_budget(workspace=workspace, user=None, budget_id=budget.pk, **less)
    ended = answered(client, token)
    assert (ended.status, ended.error_code) == ("failed", "budget_exceeded")
    assert spent() == (ANSWER_USD, 0)


def test_a_run_that_goes_on_holds_again_also_for_its_key(client_of, make_budget):
    make_budget(2 * ANSWER_USD, scope="api_key")
    client = client_of(PAUSED)
    token = paused(client)
    assert answered(client, token).status == "succeeded"
    assert spent() == (2 * ANSWER_USD, 0)
    assert told() == 2 * ANSWER_USD


def test_a_turn_of_a_chatflow_is_paid_once(client_of, make_budget):
    config = flow(
        [node("start", "start"), llm("one"), node("say", "answer", answer="{{#one.text#}}")],
        "start -> one",
        "one -> say",
    )
    make_budget(ANSWER_USD, scope="end_user")
    client = client_of(config, "advanced-chat")
    body = {"inputs": {}, "query": "Hi", "user": "ada", "response_mode": "blocking"}
    assert [client.post("/v1/chat-messages", body).status for _ in range(2)] == [200, 429]
    assert spent() == (ANSWER_USD, 0)
    assert Message.objects.get().total_price == ANSWER_USD


def test_a_limit_that_is_lowered_while_a_loop_runs_stops_it(workspace, client_of, make_budget):
    budget = make_budget(1)
    config = looped(50)
    for each in config["graph"]["nodes"]:
        if each["id"] == "one":
            each["data"]["model"]["name"] = "gen-50-20"
    stream = client_of(config).stream("/v1/workflows/run", {"inputs": {}, "user": "ada", "response_mode": "streaming"})
    next(event for event in stream if event["event"] == "node_started" and event["data"]["node_id"] == "one")
    less: dict[str, Any] = {"limit_usd": 2 * ANSWER_USD, "warn_percent": 80, "action": "stop", "is_enabled": True}
    change_budget(workspace=workspace, user=None, budget_id=budget.pk, **less)
    assert [*stream][-1]["data"]["status"] == "failed"
    amount, held = spent()
    assert held == 0
    assert ANSWER_USD <= amount <= 2 * ANSWER_USD


@pytest.mark.parametrize("piece", [TextDelta(""), TextDelta("<think>\n"), ToolCallDelta([])])
async def test_an_answer_that_breaks_off_after_any_piece_is_paid_for(monkeypatch, piece):
    class Handle:
        spec, provider, fallbacks = ModelSpec("m", "llm", prices=Prices(prompt=Decimal(1000))), "p", ()
        usage = ModelHandle.usage

        async def stream_chat(self, request: ChatRequest) -> Any:
            yield piece
            raise ProviderConnectionError("gone")

    async def handle(self: Any, model: Any) -> Handle:
        return Handle()

    monkeypatch.setattr(WorkspaceModels, "handle", handle)
    hold = RunHold(new_id())
    attribute(hold=hold)
    models = WorkspaceModels(new_id(), None)  # type: ignore[arg-type]  # no message has a file
    with pytest.raises(NodeFailed):
        async for _ in models.ask({}, [PromptMessage("user", "one two three")]):
            pass
    assert hold.spent_usd >= 3


def test_a_run_whose_process_died_frees_what_it_held(client_of, make_budget):
    make_budget(1)
    stream = client_of(
        flow([node("start", "start"), llm("one", "gen-50-20"), END], "start -> one", "one -> end")
    ).stream("/v1/workflows/run", {"inputs": {}, "user": "ada", "response_mode": "streaming"})
    next(event for event in stream if event["event"] == "node_started" and event["data"]["node_id"] == "one")
    assert spent() == (0, ANSWER_USD)
    WorkflowRun.objects.update(lease_until=datetime(2026, 1, 1, tzinfo=UTC))
    assert reap_runs() == 1
    assert spent() == (0, 0)
    assert [*stream]  # what was thought dead ends; its end changes nothing any more
    assert spent() == (0, 0)
    assert not list(BudgetsCheck().find())


def test_what_runs_held_that_were_deleted_is_freed_after_a_lease(workspace, make_budget, settings, monkeypatch):
    budget = make_budget(1)
    today = datetime.now(UTC).date()
    make: dict[str, Any] = {"budget_id": budget.pk, "subject_id": workspace.pk, "period_start": today}
    BudgetSpend.objects.create(**make, held_usd=3)
    just_now = new_id()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time_ns", lambda: 10**9 * int(datetime.now(UTC).timestamp() - settings.RUN_LEASE_S - 5))
        long_ago = new_id()
    for run_id, amount in ((just_now, 1), (long_ago, 2)):
        BudgetHold.objects.create(run_id=run_id, **make, amount_usd=amount)
    assert reap_runs() == 0
    assert [hold.run_id for hold in BudgetHold.objects.all()] == [just_now]
    assert spent() == (0, 1)
