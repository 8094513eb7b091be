"""The page a flow is drawn on: what it is given, and the flows that begin with nothing."""

import json
from typing import Any

import pytest
from django.test import Client

from apps.prompts.choices import FLOW_MODES
from apps.prompts.models import App
from apps.tools.contracts import tools
from apps.workflows.catalogue import types_of
from apps.workflows.engine.contracts import config_of, nodes
from apps.workflows.tool_choices import tools_of
from tests.factories import make_app, make_key, make_workspace
from tests.http import Client as HttpClient
from tests.test_static import ROOT
from tests.workflows.flows import flow, node

pytestmark = pytest.mark.django_db
FAMILIES = {"begin", "model", "knowledge", "logic", "data", "outside", "end"}


def editor_of(page: str) -> dict[str, Any]:
    _, _, rest = page.partition('<script id="orchestrate-data" type="application/json">')
    data: dict[str, Any] = json.loads(rest.partition("</script>")[0])
    return data


def owner_of(app: App) -> Client:
    client = Client()
    client.force_login(app.workspace.memberships.get().user)
    return client


@pytest.mark.parametrize("key", list(nodes.all()))
def test_every_kind_of_node_can_be_drawn(key):
    kind = nodes.all()[key]
    icons = json.loads((ROOT / "frontend/icons.json").read_text())
    assert kind.icon in icons
    assert kind.family in FAMILIES
    assert kind.modes <= FLOW_MODES
    assert config_of(kind, {"type": key, "title": kind.label, **kind.fresh})
    assert json.dumps(kind.Config.model_json_schema())


def test_kinds_are_offered_where_they_belong():
    offered = {str(mode): {one["key"] for one in types_of(mode) if one["is_offered"]} for mode in FLOW_MODES}
    assert offered["workflow"] - offered["advanced-chat"] == {"end", "trigger-schedule", "trigger-webhook"}
    assert offered["advanced-chat"] - offered["workflow"] == {"answer"}


def test_the_page_holds_the_draft_the_kinds_and_the_variables_of_its_nodes():
    config = flow(
        [node("a", "start", variables=[{"variable": "name", "type": "text-input"}]), node("z", "end")], "a -> z"
    )
    app = make_app(make_workspace(), config, mode="workflow", published=False)
    page = owner_of(app).get(f"/apps/{app.pk}/canvas")
    editor = editor_of(page.content.decode())
    assert page.status_code == 200
    assert editor["stored"]["config"] == config
    assert editor["variables"] == {"a": {"name": "string"}, "z": {}}
    assert {one["key"] for one in editor["types"]} == set(nodes.all())


def test_variables_of_settings_that_are_not_stored():
    app = make_app(make_workspace(), flow([node("a", "start")]), mode="workflow", published=False)
    code = node("c", "code", outputs={"total": {"type": "number"}})
    rounds = node("i", "iteration", iterator_selector=["c", "total"])
    rows = [code, rounds, node("b", "nothing"), {"id": "n", "data": None}, "rubbish"]
    sent = json.dumps({"nodes": rows})
    answer = owner_of(app).post(f"/apps/{app.pk}/canvas/variables", sent, content_type="application/json")
    found = answer.json()
    assert (found["variables"]["c"], found["variables"]["b"]) == ({"total": "number"}, {})
    assert (set(found["inner"]), set(found["inner"]["i"])) == ({"i"}, {"item", "index"})
    wrongs: list[dict[str, Any]] = [{}, {"nodes": "x"}, {"nodes": [{}] * 1001}]
    for wrong in wrongs:
        refused = owner_of(app).post(
            f"/apps/{app.pk}/canvas/variables", json.dumps(wrong), content_type="application/json"
        )
        assert refused.status_code == 400


def offered_to(app: App) -> dict[str, dict[str, Any]]:
    return {f"{one['provider_id']}/{one['name']}": one for one in tools_of(app.workspace, app)}


def test_every_installed_tool_is_offered_with_its_fields():
    app = make_app(make_workspace(), flow([node("a", "start")]), mode="workflow", published=False)
    offered = offered_to(app)
    assert set(offered) == set(tools.all())
    zone = {one["name"]: one for one in offered["time/timezone_conversion"]["fields"]}
    assert (zone["current_time"]["is_required"], zone["current_time"]["is_setting"]) == (True, False)
    assert (zone["current_timezone"]["is_setting"], zone["current_timezone"]["default"]) == (True, "UTC")
    assert offered["time/weekday"]["fields"][0]["type"] == "number"


def test_published_workflows_of_the_workspace_are_tools_too():
    workspace = make_workspace()
    start = [{"variable": "topic", "type": "text-input", "label": "Topic", "required": True}]
    start += [{"variable": "kind", "type": "select", "options": ["a", "b"]}]
    graph = flow([node("a", "start", variables=start)])
    app = make_app(workspace, graph, mode="workflow")
    other = make_app(workspace, graph, mode="workflow")
    App.objects.filter(pk=other.pk).update(name="Sum up!")
    make_app(workspace, graph, mode="workflow", published=False)
    make_app(workspace, graph, mode="advanced-chat")
    make_app(make_workspace(email="other@example.org"), graph, mode="workflow")
    flows = [one for one in offered_to(app).values() if one["provider_type"] == "workflow"]
    assert [(one["provider_id"], one["label"]) for one in flows] == [(str(other.pk), "Sum up!")]
    topic, kind = flows[0]["fields"]
    assert (topic["label"], topic["is_required"], topic["type"]) == ("Topic", True, "string")
    assert kind["options"] == ["a", "b"]


def test_an_app_without_a_graph_is_written_elsewhere():
    app = make_app(make_workspace())
    assert owner_of(app).get(f"/apps/{app.pk}/canvas").url == f"/apps/{app.pk}/orchestrate"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", sorted(FLOW_MODES))
def test_a_flow_from_nothing_runs_at_once(server, mode):
    workspace = make_workspace()
    owner = Client()
    owner.force_login(workspace.memberships.get().user)
    made = owner.post("/apps/new/blank", {"name": "New", "mode": mode, "instructions": "Answer in one word."})
    app = App.objects.get()
    assert made.url == f"/apps/{app.pk}/orchestrate"
    assert owner.post(f"/apps/{app.pk}/publish").status_code == 302
    app.refresh_from_db()
    client = HttpClient(server.url, make_key(app))
    path = "/v1/workflows/run" if mode == "workflow" else "/v1/chat-messages"
    answer = client.post(path, {"inputs": {}, "query": "Tea?", "user": "ada", "response_mode": "blocking"})
    assert answer.status == 200, answer.body
    body = answer.json()
    assert body["data"]["status"] == "succeeded" if mode == "workflow" else "Tea?" in body["answer"]
