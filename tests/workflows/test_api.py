"""What the service API says of workflows and their runs."""

import json
import re
from typing import Any

import pytest

from apps.logs.models import WorkflowRun
from apps.prompts.models import App
from apps.prompts.services.end_users import ensure_end_user
from apps.prompts.services.versions import publish
from tests.factories import api_user, make_app, make_key, make_workspace
from tests.http import Client
from tests.waiting import eventually

from .flows import flow, node

VARIABLE = {"type": "text-input", "variable": "topic", "label": "Topic", "required": True, "max_length": 5, "hint": "h"}
TRIVIAL = flow([node("start", "start", variables=[VARIABLE]), node("end", "end")], "start -> end")
CHAT = flow([node("start", "start"), node("answer", "answer", answer="Yes.")], "start -> answer")
RUN = {"inputs": {"topic": "tea"}, "user": "ada", "response_mode": "blocking"}


@pytest.fixture
def workspace(server):
    return make_workspace()


@pytest.fixture
def app(workspace) -> App:
    return make_app(workspace, TRIVIAL, mode="workflow")


@pytest.fixture
def client(server, app) -> Client:
    return Client(server.url, make_key(app))


def make_run(app: App, **fields: Any) -> WorkflowRun:
    caller = api_user(app)
    ensure_end_user(workspace_id=app.workspace_id, app_id=app.pk, caller=caller)
    values: dict[str, Any] = {
        "task_id": "0193a0a0-0000-7000-8000-000000000001", "version_id": app.published_id, "invoke_from": "service-api",
        "end_user_id": caller.end_user_id, "inputs": {"topic": "Grünkohl"}, "outputs": {"text": "fine"},
        "status": "succeeded", "total_steps": 3, "total_tokens": 5,
    }  # fmt: skip
    return WorkflowRun.objects.create(workspace_id=app.workspace_id, app_id=app.pk, **{**values, **fields})


def test_a_stored_run_is_shown_with_its_values_as_text_and_its_times_as_rfc_822(app, client):
    run = make_run(app)
    shown = client.get(f"/v1/workflows/run/{run.pk}").json()
    assert list(shown) == [
        "id", "workflow_id", "status", "inputs", "outputs", "error", "total_steps", "total_tokens", "created_at",
        "finished_at", "elapsed_time",
    ]  # fmt: skip
    assert (json.loads(shown["inputs"]), shown["outputs"]) == ({"topic": "Grünkohl"}, '{"text": "fine"}')
    assert re.fullmatch(r"\w{3}, \d\d \w{3} \d{4} [\d:]{8} -0000", shown["created_at"])
    assert (shown["workflow_id"], shown["finished_at"], shown["error"]) == (str(app.published_id), None, None)


def test_runs_of_other_apps_and_unknown_ones_are_not_found(server, workspace, app, client):
    run = make_run(app)
    other = Client(server.url, make_key(make_app(workspace, TRIVIAL, mode="workflow")))
    elsewhere = make_app(make_workspace("B", "b@example.org"), TRIVIAL, mode="workflow")
    stranger = Client(server.url, make_key(elsewhere))
    shown = [caller.get(f"/v1/workflows/run/{run.pk}") for caller in (other, stranger)]
    for answer in (*shown, client.get("/v1/workflows/run/abc")):
        assert (answer.status, answer.json()["message"]) == (404, "Workflow run not found.")
    assert [caller.get("/v1/workflows/logs").json()["total"] for caller in (other, stranger)] == [0, 0]


@pytest.mark.parametrize(
    ("query", "total"),
    [
        ("", 2),
        ("status=failed", 1),
        ("keyword=gr%C3%BCnkohl", 1),
        ("keyword=%00", 2),
        ("keyword=ada", 2),
        ("created_by_end_user_session_id=ada", 2),
        ("created_by_end_user_session_id=bob", 0),
        ("created_by_account=nobody@example.org", 0),
        ("created_at__before=2020-01-01T00:00:00Z", 0),
        ("created_at__after=2020-01-01T00:00:00", 2),
    ],
)
def test_the_list_of_runs_is_narrowed(app, client, query, total):
    make_run(app)
    task_id = "0193a0a0-0000-7000-8000-000000000002"
    make_run(app, task_id=task_id, status="failed", inputs={"topic": "tea"}, error="no")
    answer = client.get(f"/v1/workflows/logs?{query}").json()
    assert (answer["total"], len(answer["data"]), answer["has_more"]) == (total, total, False)


def test_a_row_of_the_list_names_the_run_and_its_caller(app, client):
    run = make_run(app)
    row = client.get("/v1/workflows/logs?limit=1").json()["data"][0]
    assert (row["workflow_run"]["id"], row["workflow_run"]["exceptions_count"]) == (str(run.pk), 0)
    assert (row["created_from"], row["created_by_role"], row["created_by_account"]) == ("service-api", "end_user", None)
    assert row["created_by_end_user"]["session_id"] == "ada"


@pytest.mark.parametrize(
    "query", ["status=odd", "created_at__before=soon", "created_at__after=2020-99-99T00:00:00Z", "page=0"]
)
def test_a_bad_filter_is_refused(client, query):
    answer = client.get(f"/v1/workflows/logs?{query}")
    assert (answer.status, answer.json()["code"]) == (400, "invalid_param")


def test_the_form_of_a_workflow_is_that_of_its_start_node(client):
    parameters = client.get("/v1/parameters?user=ada").json()
    assert parameters["user_input_form"] == [{"text-input": VARIABLE}]
    assert client.get("/v1/info").json()["name"] == "Helper"
    assert client.get("/v1/site").status == 200


@pytest.mark.parametrize("mode", ["workflow", "advanced-chat"])
def test_what_was_never_published_does_not_run(server, workspace, mode):
    app = make_app(workspace, TRIVIAL if mode == "workflow" else CHAT, mode=mode, published=False)
    path = "workflows/run" if mode == "workflow" else "chat-messages"
    client = Client(server.url, make_key(app))
    answer = client.post(f"/v1/{path}", {**RUN, "query": "Why?"})
    assert (answer.status, answer.json()["code"], answer.json()["message"]) == (
        400, "invalid_param", "Workflow not published",
    )  # fmt: skip
    assert client.get("/v1/parameters?user=ada").json()["code"] == "app_unavailable"
    publish(app=app)
    eventually(lambda: client.post(f"/v1/{path}", {**RUN, "query": "Why?"}).json().get("code") != "invalid_param")
    answer = client.post(f"/v1/{path}", {**RUN, "query": "Why?"})
    if mode == "workflow":
        assert (answer.status, answer.json()["data"]["status"]) == (200, "succeeded")
    else:
        assert (answer.status, answer.json()["mode"]) == (200, "advanced-chat")


BAD_BODIES = [
    ({"user": "ada"}, "inputs"),
    ({**RUN, "inputs": []}, "inputs"),
    ({**RUN, "response_mode": "x"}, "response_mode"),
]


@pytest.mark.parametrize(("body", "params"), BAD_BODIES)
def test_a_bad_body_is_refused(client, body, params):
    answer = client.post("/v1/workflows/run", body)
    assert (answer.status, answer.json()["params"]) == (400, params)


def test_keys_of_other_apps_are_told_so(server, workspace):
    client = Client(server.url, make_key(make_app(workspace)))
    answers = [
        client.post("/v1/workflows/run", RUN),
        client.post("/v1/workflows/tasks/x/stop", {"user": "ada"}),
        client.get("/v1/workflows/logs"),
        client.get("/v1/workflows/run/0193a0a0-0000-7000-8000-000000000001"),
    ]
    assert {(answer.status, answer.json()["code"]) for answer in answers} == {(400, "not_workflow_app")}


def test_stopping_an_unknown_task_is_a_success(client):
    answer = client.post("/v1/workflows/tasks/abc/stop", {"user": "ada"})
    assert (answer.status, answer.json()) == (200, {"result": "success"})
