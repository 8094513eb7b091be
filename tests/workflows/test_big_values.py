"""Values too big for the row of a run: the row holds their start, the whole is offered and goes with the run."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from apps.logs.app_cleanups.logs import LogsCleanup
from apps.logs.fsck_checks.flows import FlowRunsCheck
from apps.logs.kept_values import MAX_CHARACTERS, SHOWN_CHARACTERS, START_ROOM, kept
from apps.logs.models import BigValue, NodeRun, WorkflowRun
from apps.logs.services.prune import prune_logs
from apps.prompts.models import App
from tests.factories import make_app, make_key, make_workspace
from tests.http import Client
from tests.waiting import eventually

from .flows import flow, node
from .test_runs import begin, end, store
from .test_runs import node as record

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "s3cr3t-of-the-flow"
LONG = f"{SECRET} " + "ü" * 90_000
TIMES = 15  # of which none is too long, but all together are


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"a": "x" * MAX_CHARACTERS}, f"{'x' * SHOWN_CHARACTERS}… (1,000,000 characters in all)"),
        ([7] * MAX_CHARACTERS, "… (1,000,000 items in all)"),
        ([[str(number)] * 9 for number in range(50_000)], "… (50,000 items in all)"),
        ({f"key {number}": number for number in range(100_000)}, "(100,000 keys in all)"),
        ({"a": ["y" * 9_000] * 200, "b": "z" * 9_000}, "… (200 items in all)"),
    ],
)
def test_the_row_holds_the_start_and_says_how_much_there_is(value, shown):
    found = kept(value)
    assert shown in found.shown
    assert len(found.shown) < 4 * START_ROOM
    assert json.loads(found.whole or "") == value


def test_what_fits_is_not_cut():
    value = {"a": ["x" * 90_000] * 11}
    assert (json.loads(kept(value).shown), kept(value).whole) == (value, None)


def repeating() -> dict[str, Any]:
    field = {"type": "paragraph", "variable": "text", "label": "Text", "required": True}
    outputs = [{"variable": f"out{number}", "value_selector": ["start", "text"]} for number in range(TIMES)]
    nodes = [node("start", "start", variables=[field]), node("end", "end", outputs=outputs)]
    secret = {"name": "token", "value_type": "secret", "value": SECRET}
    return {**flow(nodes, "start -> end"), "environment_variables": [secret]}


@pytest.fixture
def app() -> App:
    return make_app(make_workspace(), repeating(), mode="workflow")


@pytest.fixture
def browser(app) -> Browser:
    browser = Browser()
    browser.force_login(app.workspace.memberships.get().user)
    return browser


def test_the_whole_is_told_kept_once_and_offered_without_secrets(server, app, browser):
    client = Client(server.url, make_key(app))
    told = client.post("/v1/workflows/run", {"inputs": {"text": LONG}, "user": "ada"}).json()["data"]
    whole = {f"out{number}": LONG.replace(SECRET, "****") for number in range(TIMES)}
    assert told["outputs"] == whole
    run = WorkflowRun.objects.get()
    assert run.outputs is not None
    assert run.outputs["out0"].endswith("(90,005 characters in all)")
    assert SECRET not in str(run.outputs) + "".join(BigValue.objects.values_list("content", flat=True))
    assert json.loads(client.get(f"/v1/workflows/run/{run.pk}").json()["outputs"]) == whole
    (finished,) = client.get(f"/v1/workflow/{run.pk}/events?user=ada").events()
    assert finished["data"]["outputs"] == whole

    page = browser.get(f"/apps/{app.pk}/runs/{run.pk}").content.decode()
    assert set(run.big_values.values_list("node_index", "field")) == {(0, "outputs"), (2, "inputs"), (2, "outputs")}
    for value in run.big_values.all():
        address = f"/apps/{app.pk}/runs/{run.pk}/values/{value.pk}"
        assert address in page
        file = browser.get(address)
        assert file["Content-Disposition"].endswith(f'"{value.node_index}-{value.field}.json"')
        assert json.loads(file.content) == whole


def test_the_whole_goes_with_its_run(app):
    old, new, other = begin(app), begin(app), begin()
    big = {"text": "x" * (MAX_CHARACTERS + 1)}
    for begun in (old, new, other):
        store(begun, end(begun, record(1, "start", inputs=big), outputs=big))
    assert BigValue.objects.count() == 6
    WorkflowRun.objects.filter(pk=old.run_id).update(created_at=timezone.now() - timedelta(days=10))
    prune_logs(before=timezone.now() - timedelta(days=5), workspaces=[app.workspace])
    assert set(BigValue.objects.values_list("run_id", flat=True)) == {new.run_id, other.run_id}
    WorkflowRun.objects.filter(pk=other.run_id).update(created_at=timezone.now() - timedelta(hours=2))
    FlowRunsCheck().repair("runs_without_app")
    assert set(BigValue.objects.values_list("run_id", flat=True)) == {new.run_id}
    LogsCleanup().clean(app.pk)
    assert (BigValue.objects.count(), NodeRun.objects.count()) == (0, 0)


def test_an_error_of_megabytes_is_stored_as_its_beginning():
    begun = begin()
    store(begun, end(begun, status="failed", outputs=None, error="e" * 2_000_000))
    assert WorkflowRun.objects.get().error.endswith("(2,000,000 characters in all)")


def test_what_is_out_when_a_run_pauses_is_whole_and_gives_way_to_what_it_ends_with(server):
    field = {"type": "paragraph", "variable": "text", "label": "Text", "required": True}
    outputs = [{"variable": f"out{number}", "value_selector": ["start", "text"]} for number in range(TIMES)]
    nodes = [
        node("start", "start", variables=[field]),
        node("early", "end", outputs=outputs),
        node("ask", "human-input", form_content="Go on?", inputs=[], user_actions=[{"id": "yes", "title": "Yes"}]),
        node("late", "end", outputs=[{"variable": name["variable"], "value_selector": []} for name in outputs]),
    ]
    config = flow(nodes, "start -> early", "start -> ask", "ask:yes -> late")
    client = Client(server.url, make_key(make_app(make_workspace(), config, mode="workflow")))
    body = {"inputs": {"text": "ü" * 90_000}, "user": "ada", "response_mode": "streaming"}
    events = client.post("/v1/workflows/run", body).events()
    run = WorkflowRun.objects.get()
    again = client.get(f"/v1/workflow/{run.pk}/events?user=ada").events()
    assert again[-1]["data"]["outputs"] == events[-1]["data"]["outputs"]
    assert len(again[-1]["data"]["outputs"]["out0"]) == 90_000
    token = events[-2]["data"]["form_token"]
    assert client.post(f"/v1/form/human_input/{token}", {"action": "yes", "inputs": {}, "user": "ada"}).status == 200
    assert eventually(lambda: WorkflowRun.objects.get().status == "succeeded")
    assert not BigValue.objects.filter(field="outputs", node_index=0).exists()
