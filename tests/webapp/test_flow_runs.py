"""Runs of workflows by visitors of their page: what they are told, and what they are not."""

from typing import Any

import pytest

from apps.common.perloop import run
from apps.prompts.models import App
from apps.prompts.runtime import app_by_id
from apps.webapp import passports
from tests.factories import make_app, make_workspace
from tests.http import Client
from tests.workflows.flows import flow, node

TOPIC = {"variable": "topic", "label": "Topic", "type": "text-input", "required": True}
INNER = "not-for-visitors"
AGAIN = {
    "loop_count": 2,
    "break_conditions": [],
    "start_node_id": "first",
    "loop_variables": [{"label": "kept", "var_type": "string", "value_type": "constant", "value": INNER}],
}
SET = {"variable_selector": ["again", "kept"], "input_type": "constant", "operation": "over-write", "value": INNER}
KEEP = {"version": "2", "items": [SET]}


def visitor(url: str, app: App) -> Client:
    return Client(url, passports.issue(run(app_by_id(app.pk, app.workspace_id))))


@pytest.fixture
def app(server) -> App:
    nodes = [
        node("start", "start", variables=[TOPIC]),
        node("again", "loop", **AGAIN),
        node("first", "loop-start", inside="again", loop_id="again"),
        node("keep", "assigner", inside="again", loop_id="again", **KEEP),
        node("end", "end", outputs=[{"variable": "text", "value_selector": ["start", "topic"]}]),
    ]
    return make_app(make_workspace(), flow(nodes, "start -> again", "first -> keep", "again -> end"), mode="workflow")


def body(**more: Any) -> dict[str, Any]:
    return {"inputs": {"topic": "tea"}, "response_mode": "streaming", **more}


def test_a_visitor_is_told_the_steps_and_the_end_but_no_value_in_between(server, app):
    answer = visitor(server.url, app).post("/api/workflows/run", body())
    events = answer.events()
    assert [event["event"] for event in events].count("loop_next") >= 1
    assert (events[-1]["event"], events[-1]["data"]["outputs"]) == ("workflow_finished", {"text": "tea"})
    assert INNER not in answer.body.decode()


def test_a_run_is_told_again_to_who_began_it_and_to_nobody_else(server, app):
    client = visitor(server.url, app)
    run_id = client.post("/api/workflows/run", body()).events()[-1]["workflow_run_id"]
    told = client.get(f"/api/workflows/{run_id}/events").events()
    assert told[-1]["data"]["outputs"] == {"text": "tea"}
    assert visitor(server.url, app).get(f"/api/workflows/{run_id}/events").status == 404
    assert client.get("/api/workflows/none/events").status == 404


def test_a_run_is_stopped_by_its_task_and_bad_requests_say_why(server, app):
    client = visitor(server.url, app)
    assert client.post("/api/workflows/tasks/none/stop", {}).json() == {"result": "success"}
    refused = client.post("/api/workflows/run", body(inputs={}))
    assert (refused.status, refused.json()["message"]) == (400, "topic is required in input form")
    talk = visitor(server.url, make_app(app.workspace))
    assert talk.post("/api/workflows/run", body()).json()["code"] == "not_workflow_app"
