"""Runs that wait for a person, over HTTP: the form, its answer, what follows, restarts and time-outs."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.chat.resuming import resume_waiting
from apps.logs.models import HumanForm, Message, NodeRun, PausedRun, WorkflowRun
from apps.logs.services.reap import reap_runs
from tests.factories import make_app, make_key, make_provider, make_workspace
from tests.http import Client
from tests.waiting import eventually

from .flows import flow, node

ASK = {
    "form_content": "Publish {{#start.x#}}? {{#$output.note#}}",
    "inputs": [
        {"type": "paragraph", "output_variable_name": "note", "default": {"type": "constant", "value": "none"}},
        {"type": "select", "output_variable_name": "size", "option_source": {"type": "constant", "value": ["S", "M"]}},
    ],
    "user_actions": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
}
FIELD = {"variable": "x", "label": "x", "type": "text-input", "required": True}
SECRET = {"name": "key", "value_type": "secret", "value": "s3cr3t-value"}


def out(name: str, *selector: str) -> dict[str, Any]:
    return node(name, "end", outputs=[{"variable": name, "value_selector": list(selector)}])


ENDS = [out("good", "ask", "__rendered_content"), out("bad", "ask", "__action_value"), out("late", "env", "key")]
WAYS = ("start -> ask", "ask:yes -> good", "ask:no -> bad", "ask:__timeout__ -> late")
APPROVAL = {
    **flow([node("start", "start", variables=[FIELD]), node("ask", "human-input", **ASK), *ENDS], *WAYS),
    "environment_variables": [SECRET],
}


@pytest.fixture
def client(server) -> Client:
    return Client(server.url, make_key(make_app(make_workspace(), APPROVAL, mode="workflow")))


def begun(client: Client, x: str = "it") -> list[Any]:
    body = {"inputs": {"x": x}, "user": "ada", "response_mode": "streaming"}
    return client.post("/v1/workflows/run", body).events()


def answer(client: Client, token: str, action: Any = "yes", **inputs: Any) -> Any:
    return client.post(f"/v1/form/human_input/{token}", {"inputs": inputs, "action": action, "user": "ada"})


def ended(run: WorkflowRun | None = None) -> WorkflowRun:
    def over() -> WorkflowRun | None:
        found = WorkflowRun.objects.get()
        return found if found.status not in ("running", "paused") else None

    found = eventually(over)
    assert found is not None
    return found


def test_a_run_pauses_tells_its_form_and_goes_on_when_it_is_filled_in(client):
    events = begun(client)
    assert [event["event"] for event in events][-2:] == ["human_input_required", "workflow_paused"]
    asked, paused = (event["data"] for event in events[-2:])
    assert (asked["form_content"], asked["node_id"]) == ("Publish it? {{#$output.note#}}", "ask")
    assert asked["resolved_default_values"] == {"note": "none", "size": None}
    assert [one["output_variable_name"] for one in asked["inputs"]] == ["note", "size"]
    assert (paused["status"], paused["paused_nodes"], paused["total_steps"]) == ("paused", ["ask"], 2)
    run = WorkflowRun.objects.get()
    assert (run.status, run.lease_until) == ("paused", None)
    assert "s3cr3t" not in bytes(PausedRun.objects.get().state).decode("latin-1")
    token = asked["form_token"]
    shown = client.get(f"/v1/form/human_input/{token}?user=ada").json()
    assert set(shown) == {"form_content", "inputs", "resolved_default_values", "user_actions", "expiration_time"}
    assert answer(client, token, note="now", size="M").json() == {}
    run = ended()
    assert (run.status, run.outputs) == ("succeeded", {"good": "Publish it? now"})
    nodes = list(NodeRun.objects.order_by("index").values_list("node_id", "status"))
    assert nodes == [("start", "succeeded"), ("ask", "succeeded"), ("good", "succeeded")]
    assert (run.total_steps, PausedRun.objects.count()) == (3, 0)
    told = client.get(f"/v1/workflow/{run.pk}/events?user=ada").events()
    assert [event["event"] for event in told] == ["workflow_finished"]
    assert told[0]["data"]["outputs"] == {"good": "Publish it? now"}


def test_a_blocking_run_says_that_it_is_paused(client):
    data = client.post("/v1/workflows/run", {"inputs": {"x": "it"}, "user": "ada"}).json()["data"]
    assert data["status"] == "paused"


def test_a_form_is_filled_in_once_whoever_comes(client):
    token = begun(client)[-2]["data"]["form_token"]
    found: list[Any] = []
    threads = [threading.Thread(target=lambda: found.append(answer(client, token, size="S"))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert sorted(one.status for one in found) == [200] + [412] * 7
    assert {one.json()["code"] for one in found if one.status == 412} == {"human_input_form_submitted"}
    assert ended().outputs == {"good": "Publish it? none"}
    assert NodeRun.objects.filter(node_id="good").count() == 1


@pytest.mark.parametrize(
    ("action", "inputs", "params"),
    [
        ("maybe", {}, "action"),
        (None, {}, "action"),
        ("yes", {"size": "XL"}, "size"),
        ("yes", {"note": {}, "size": "S"}, "note"),
    ],
)
def test_what_does_not_fit_the_form_is_refused_and_the_form_stays_open(client, action, inputs, params):
    token = begun(client)[-2]["data"]["form_token"]
    refused = answer(client, token, action, **inputs)
    assert (refused.status, refused.json()["code"], refused.json()["params"]) == (400, "invalid_form_data", params)
    assert answer(client, token, "no", size="S").status == 200
    assert ended().outputs == {"bad": "No"}


def test_nobody_answers_in_time_and_a_worker_goes_on(client):
    token = begun(client)[-2]["data"]["form_token"]
    HumanForm.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(f"/v1/form/human_input/{token}?user=ada").json()["code"] == "human_input_form_expired"
    assert answer(client, token, size="S").status == 412
    assert reap_runs() == 0  # a paused run has no lease that could run out
    assert (resume_waiting(), resume_waiting()) == (1, 0)
    assert (ended().status, ended().outputs) == ("succeeded", {"late": "****"})


def test_another_app_s_key_finds_no_form(server, client):
    token = begun(client)[-2]["data"]["form_token"]
    stranger = Client(
        server.url, make_key(make_app(make_workspace("Other", "o@example.org"), APPROVAL, mode="workflow"))
    )
    for refused in (stranger.get(f"/v1/form/human_input/{token}"), answer(stranger, token), answer(client, "nothing")):
        assert (refused.status, refused.json()["message"]) == (404, "Form not found")
    assert HumanForm.objects.get().status == "waiting"


def test_a_turn_of_a_chatflow_waits_and_its_answer_goes_on(server, upstream):
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo")
    prompt = [{"role": "user", "text": "{{#sys.query#}}"}]
    nodes = [
        node("start", "start"),
        node("write", "llm", model={"provider": "openai_api_compatible", "name": "echo"}, prompt_template=prompt),
        node("first", "answer", answer="Draft: {{#write.text#}}. "),
        node("ask", "human-input", **{**ASK, "form_content": "?", "inputs": ASK["inputs"][:1]}),
        node("last", "answer", answer="You said {{#ask.note#}} in turn {{#sys.dialogue_count#}}."),
    ]
    config = flow(nodes, "start -> write", "write -> first", "first -> ask", "ask:yes -> last")
    client = Client(server.url, make_key(make_app(workspace, config, mode="advanced-chat")))
    body = {"inputs": {}, "query": "tea", "user": "ada", "response_mode": "streaming"}
    events = client.post("/v1/chat-messages", body).events()
    assert events[-1]["event"] == "workflow_paused"
    assert (Message.objects.get().status, Message.objects.get().answer) == ("running", "Draft: tea. ")
    assert answer(client, events[-2]["data"]["form_token"], note="fine").status == 200
    message = eventually(lambda: Message.objects.filter(status="normal").first())
    assert message.answer == "Draft: tea. You said fine in turn 0."
    assert (message.model, message.prompt_tokens > 0) == ("echo", True)
    again = client.post("/v1/chat-messages", {**body, "conversation_id": events[0]["conversation_id"]}).events()
    assert again[-1]["event"] == "workflow_paused"


def test_a_run_whose_version_is_gone_ends_with_a_reason(client, settings):
    token = begun(client)[-2]["data"]["form_token"]
    WorkflowRun.objects.update(version_id="0193a0a0-0000-7000-8000-000000000001")
    assert answer(client, token, size="S").status == 200
    run = ended()
    assert (run.status, run.error_code) == ("failed", "not_found")


def test_forms_that_are_still_open_close_when_their_run_ends(server):
    broken = node("broken", "http-request", method="get", url="no address")
    nodes = [node("start", "start"), node("a", "human-input", **ASK), node("b", "human-input", **ASK), broken]
    config = flow(nodes, "start -> a", "start -> b", "a:yes -> broken")
    client = Client(server.url, make_key(make_app(make_workspace(), config, mode="workflow")))
    events = client.post("/v1/workflows/run", {"inputs": {}, "user": "ada", "response_mode": "streaming"}).events()
    tokens = {
        event["data"]["node_id"]: event["data"]["form_token"] for event in events if "form_token" in event["data"]
    }
    assert answer(client, tokens["a"], size="S").status == 200
    assert ended().status == "failed"
    refused = answer(client, tokens["b"], size="S")
    assert (refused.status, refused.json()["code"]) == (412, "human_input_form_expired")
    statuses = dict(NodeRun.objects.values_list("node_id", "status"))
    assert (statuses["broken"], statuses["b"]) == ("failed", "stopped")


def test_forms_of_a_run_whose_process_died_close(client):
    token = begun(client)[-2]["data"]["form_token"]
    long_ago = timezone.now() - timedelta(minutes=1)
    WorkflowRun.objects.update(status="running", lease_until=long_ago)
    assert reap_runs() == 1
    assert answer(client, token, size="S").json()["code"] == "human_input_form_expired"
