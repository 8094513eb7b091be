"""Tool nodes, and workflows as tools of others."""

import pytest

from apps.prompts.services.versions import publish, save_draft
from tests.factories import make_app, make_key, make_workspace
from tests.http import Client

from .flows import Stand, flow, node, run

START, MODES = node("start", "start"), {"type": "mixed", "value": "{{#start.x#}}!"}


def tool(**data):
    return node("t", "tool", **{"provider_type": "builtin", "provider_id": "time", "tool_name": "weekday", **data})


def end(*names):
    return node("end", "end", outputs=[{"variable": name, "value_selector": ["t", name]} for name in names])


def outputs_of(events):
    return events[-1].outputs


@pytest.mark.parametrize(
    ("given", "value"),
    [
        (MODES, "5!"),
        ({"type": "variable", "value": ["start", "x"]}, 5),
        ({"type": "constant", "value": "{{#start.x#}}"}, "{{#start.x#}}"),
        ("{{#start.x#}} bare", "5 bare"),
        (7, 7),
    ],
)
def test_wf_24_parameters_of_every_shape_reach_the_tool(given, value):
    stand = Stand()
    node_ = tool(
        tool_parameters={"p": given}, tool_configurations={"unset": None, "set": {"type": "constant", "value": 1}}
    )
    run(flow([START, node_, end("text")], "start -> t", "t -> end"), stand, {"start": {"x": 5}})
    assert stand.calls == [("weekday", {"p": value, "set": 1})]


def test_a_tool_without_parameters_of_an_old_file_runs():
    stand = Stand()
    run(flow([START, tool(tool_parameters=None), end("json")], "start -> t", "t -> end"), stand)
    assert stand.calls == [("weekday", {})]


@pytest.fixture
def workspace(server):
    return make_workspace()


@pytest.fixture
def run_app(server):
    """The outcome of a run, as the service API tells it."""

    def run_app(app, **inputs):
        client = Client(server.url, make_key(app))
        return client.post("/v1/workflows/run", {"inputs": inputs, "user": "ada"}).json()["data"]

    return run_app


def one_tool(workspace, **data):
    config = flow([START, tool(**data), end("text", "json", "files")], "start -> t", "t -> end")
    return make_app(workspace, config, mode="workflow")


def test_wf_24_a_tool_of_the_product_runs_in_a_flow(workspace, run_app):
    app = one_tool(
        workspace, tool_parameters={"year": "2024", "month": 2, "day": 29}, provider_id="langgenius/time/time"
    )
    done = run_app(app)
    assert done["outputs"] == {"text": "February 29, 2024 is a Thursday.", "json": [], "files": []}


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"provider_id": "slack", "tool_name": "send"}, "The tool send of slack is not installed."),
        ({"tool_parameters": {"year": "soon"}}, "Day of the week: the parameter year does not fit"),
        ({"provider_type": "workflow", "provider_id": "nothing"}, "does not exist in this workspace"),
        ({"provider_id": "webscraper", "tool_name": "webscraper", "tool_parameters": {"url": "http://127.0.0.1/"}}, ""),
    ],
)
def test_wf_24_a_tool_that_is_missing_or_refuses_fails_its_node(workspace, run_app, data, sentence):
    done = run_app(one_tool(workspace, **data))
    assert done["status"] == "failed"
    assert sentence in done["error"]


def inner(workspace):
    form = {"variables": [{"variable": "name", "label": "Name", "type": "text-input", "required": True}]}
    nodes = [
        node("start", "start", **form),
        node("end", "end", outputs=[{"variable": "greeting", "value_selector": ["start", "name"]}]),
    ]
    return make_app(workspace, flow(nodes, "start -> end"), mode="workflow")


def as_tool(app, **data):
    return {"provider_type": "workflow", "provider_id": str(app.pk), "tool_name": "greet", **data}


def test_wf_25_a_workflow_is_a_tool_of_another(workspace, run_app):
    greeter = inner(workspace)
    nodes = [START, tool(**as_tool(greeter, tool_parameters={"name": "Ada"})), end("text", "greeting", "json")]
    done = run_app(make_app(workspace, flow(nodes, "start -> t", "t -> end"), mode="workflow"))
    assert done["outputs"] == {"text": "Ada", "greeting": "Ada", "json": [{"greeting": "Ada"}]}


def test_wf_25_the_inner_workflows_form_is_checked(workspace, run_app):
    done = run_app(one_tool(workspace, **as_tool(inner(workspace))))
    assert (done["status"], done["error"]) == ("failed", "Helper: name is required in input form")


def test_a_workflow_of_another_workspace_does_not_exist(workspace, run_app):
    stranger = inner(make_workspace("Other", "other@example.org"))
    done = run_app(one_tool(workspace, **as_tool(stranger, tool_parameters={"name": "Ada"})))
    assert "does not exist in this workspace" in done["error"]


def test_a_workflow_that_calls_itself_ends(workspace, run_app):
    app = one_tool(workspace, provider_type="workflow")
    config = flow([START, tool(**as_tool(app)), end("text")], "start -> t", "t -> end")
    save_draft(app=app, config=config)
    app.refresh_from_db()
    publish(app=app)
    done = run_app(app)
    assert done["status"] == "failed"
    assert "nested 5 levels deep" in done["error"]
