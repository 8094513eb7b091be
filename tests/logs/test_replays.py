"""The runs of an app as its canvas lists and replays them."""

from typing import Any
from uuid import uuid4

import pytest
from django.test import Client as Browser

from apps.logs.models import NodeRun, WorkflowRun
from apps.logs.replays import MAX_NODES
from apps.prompts.callers import Caller
from apps.prompts.models import App
from tests.factories import make_app, make_workspace
from tests.workflows.flows import flow
from tests.workflows.flows import node as drawn
from tests.workflows.test_runs import begin, end, node, store

pytestmark = pytest.mark.django_db(transaction=True)
FLOW = flow([drawn("start", "start"), drawn("end", "end")], "start -> end")


@pytest.fixture
def app() -> App:
    return make_app(make_workspace(), FLOW, mode="workflow")


def browser_of(app: App) -> Browser:
    browser = Browser(headers={"Accept": "application/json"})
    browser.force_login(app.workspace.memberships.get().user)
    return browser


def test_the_history_has_all_runs_the_newest_first(app):
    member = app.workspace.memberships.get().user
    mine = begin(app, caller=Caller("debugger", account_id=member.pk), version_id=app.published_id, created_at=2_000.0)
    visitor = Caller("service-api", end_user_id=uuid4(), session_id="ada")
    theirs, due = begin(app, caller=visitor, created_at=1_000.0), begin(app, caller=Caller("schedule"), created_at=1.0)
    store(mine, end(mine, node(1, "start")), theirs, due)
    found = browser_of(app).get(f"/apps/{app.pk}/debug/runs").json()
    assert (found["page"], found["total"], found["has_more"]) == (1, 3, False)
    first, second, third = found["data"]
    assert (first["id"], first["who"], first["version"]) == (str(mine.run_id), member.email, 1)
    assert (first["status"], first["total_tokens"], first["elapsed_time"]) == ("succeeded", 7, 0.5)
    assert (first["invoke_from"], first["created_at"], first["task_id"]) == ("debugger", 2_000, str(mine.task_id))
    assert (second["who"], second["version"], second["status"]) == ("ada", None, "running")
    assert (third["who"], third["finished_at"]) == ("Schedule", None)


def test_the_history_comes_in_pages(app):
    for _ in range(21):
        store(begin(app))
    browser = browser_of(app)
    pages = [browser.get(f"/apps/{app.pk}/debug/runs?page={number}").json() for number in (1, 2, 3)]
    assert [(len(page["data"]), page["has_more"]) for page in pages] == [(20, True), (1, False), (0, False)]
    assert len({run["id"] for page in pages for run in page["data"]}) == 21
    assert browser.get(f"/apps/{app.pk}/debug/runs?page=none").status_code == 400


def test_a_run_is_replayed_from_what_is_stored(app):
    place = {"iteration_id": "each", "iteration_index": 1, "total_tokens": 3}
    nodes = [
        node(2, "one", inside_node_id="each", metadata=place, predecessor_node_id="s", outputs={"x": 1}),
        node(1, "start", inputs={"a": "ü"}),
    ]
    begun = begin(app)
    store(begun, end(begun, *nodes, status="failed", error="It broke."))
    found = browser_of(app).get(f"/apps/{app.pk}/debug/runs/{begun.run_id}").json()
    run = found["run"]
    assert (run["id"], run["workflow_id"], run["status"]) == (str(begun.run_id), str(begun.version_id), "failed")
    assert (run["inputs"], run["outputs"], run["error"]) == ({"a": "ü"}, {"text": "done"}, "It broke.")
    first, second = found["nodes"]
    assert (first["node_id"], first["index"], first["inputs"]) == ("start", 1, {"a": "ü"})
    assert (first["predecessor_node_id"], first["iteration_id"], first["loop_index"]) == (None, None, None)
    assert (second["iteration_id"], second["iteration_index"], second["loop_id"]) == ("each", 1, None)
    assert (second["outputs"], second["execution_metadata"]) == ({"x": 1}, place)
    assert found["has_more"] is False


def test_what_is_too_big_for_its_row_has_an_address(app):
    begun = begin(app)
    store(begun, end(begun, node(1, "start", outputs={"text": "x" * 1_000_001})))
    browser = browser_of(app)
    (told,) = browser.get(f"/apps/{app.pk}/debug/runs/{begun.run_id}").json()["nodes"]
    assert list(told["whole"]) == ["outputs"]
    assert len(told["outputs"]["text"]) < 11_000
    assert browser.get(told["whole"]["outputs"]).json() == {"text": "x" * 1_000_001}


def test_no_more_nodes_are_told_than_a_page_can_show(app):
    begun = begin(app)
    store(begun)
    run = WorkflowRun.objects.get()
    about: dict[str, Any] = {"workspace_id": app.workspace_id, "app_id": app.pk, "run": run, "status": "succeeded"}
    rows = [NodeRun(index=index, node_id="one", node_type="code", **about) for index in range(1, MAX_NODES + 2)]
    NodeRun.objects.bulk_create(rows)
    found = browser_of(app).get(f"/apps/{app.pk}/debug/runs/{begun.run_id}").json()
    assert (len(found["nodes"]), found["nodes"][-1]["index"], found["has_more"]) == (MAX_NODES, MAX_NODES, True)


def test_runs_of_others_are_not_found(app):
    begun = begin(app)
    store(begun)
    other = make_app(make_workspace("Other", "other@example.org"), FLOW, mode="workflow")
    stranger = browser_of(other)
    for address in (f"/apps/{app.pk}/debug/runs", f"/apps/{app.pk}/debug/runs/{begun.run_id}"):
        assert stranger.get(address).status_code == 404
    assert stranger.get(f"/apps/{other.pk}/debug/runs/{begun.run_id}").status_code == 404
    assert stranger.get(f"/apps/{other.pk}/debug/runs").json()["data"] == []
