"""A single node of a draft, run by its author."""

import json

import pytest
from django.test import Client

from apps.logs.kept_values import MASK
from apps.workflows.models import NodeValue
from apps.workspaces.models import User
from tests.factories import make_app, make_workspace
from tests.http import Client as HttpClient

from .drafts import end, outcome, rounds, writer
from .flows import flow, node
from .test_values import SECRET, chain

pytestmark = pytest.mark.django_db(transaction=True)
EACH = {"iterator_selector": ["pick", "result"], "output_selector": ["one", "output"], "start_node_id": "s"}
FLOW = flow(
    [
        node("start", "start"),
        node("pick", "list-operator", variable=["start", "items"], limit={"enabled": True, "size": 2}),
        node("each", "iteration", **EACH),
        node("s", "iteration-start", inside="each"),
        node("one", "variable-aggregator", inside="each", variables=[["each", "item"]]),
        node("end", "end"),
    ],
    "start -> pick", "pick -> each", "each -> end", "s -> one",
)  # fmt: skip


@pytest.fixture
def step():
    app = make_app(make_workspace(), FLOW, mode="workflow")
    client = Client()
    client.force_login(User.objects.get())

    def step(node_id, **values):
        address = f"/apps/{app.pk}/debug/nodes/{node_id}"
        body = json.dumps({"values": values})
        return client.post(address, body, content_type="application/json", HTTP_ACCEPT="application/json")

    return step


def test_wf_28_a_node_runs_alone_with_what_it_is_given(step):
    found = step("pick", start={"items": [1, 2, 3]}).json()
    assert (found["status"], found["outputs"]["result"], found["inputs"]) == (
        "succeeded",
        [1, 2],
        {"variable": [1, 2, 3]},
    )
    assert found["elapsed_time"] >= 0
    again = step("pick", start={"items": ["a"]}).json()
    assert again["outputs"]["result"] == ["a"]


def test_wf_28_an_iteration_runs_with_what_stands_inside_it(step):
    found = step("each", pick={"result": ["a", "b"]}).json()
    assert (found["node_id"], found["outputs"]) == ("each", {"output": ["a", "b"]})


def test_wf_28_what_goes_wrong_is_told(step):
    assert step("pick", start={"items": 5}).json()["error"] == "The list operator needs a list."
    assert step("nobody").status_code == 404
    assert step("pick", start=5).status_code == 400


def test_over_the_real_server_too(server, canvas_of):
    canvas = canvas_of(chain())
    canvas.run(inputs={"name": "Ada"})
    csrf = "a" * 32
    session = canvas.browser.cookies["sessionid"].value
    headers = {"Cookie": f"sessionid={session}; csrftoken={csrf}", "X-CSRFToken": csrf, "Accept": "application/json"}
    client, root = HttpClient(server.url), f"/apps/{canvas.app.pk}"
    edit = {"name": "text", "value": "Bye"}
    assert client.post(f"{root}/values/hello", edit, headers=headers).json()["node"]["outputs"]["text"] == "Bye"
    told = client.post(f"{root}/debug/nodes/loud", {"values": {}}, headers=headers).json()
    assert (told["outputs"]["text"], told["is_kept"]) == ("LOUD Bye", True)
    found = client.get(f"{root}/values", headers=headers).json()["nodes"]
    assert [node["source"] for node in found] == ["run", "edited", "step", "run"]
    run_id = client.get(f"{root}/debug/runs", headers=headers).json()["data"][0]["id"]
    nodes = client.get(f"{root}/debug/runs/{run_id}", headers=headers).json()["nodes"]
    assert [node["node_id"] for node in nodes] == ["start", "hello", "loud", "end"]


def test_a_node_runs_alone_with_the_last_values_and_leaves_its_own(canvas_of):
    canvas = canvas_of(chain())
    canvas.run(inputs={"name": "Ada"})
    canvas.call("POST", "values/hello", name="text", value="Bye")
    told = canvas.call("POST", "debug/nodes/loud", values={})
    assert (told["outputs"]["text"], told["is_kept"]) == ("LOUD Bye", True)
    told = canvas.call("POST", "debug/nodes/loud", values={"hello": {"text": "Hey"}})
    assert told["outputs"]["text"] == "LOUD Hey"
    loud = canvas.values()["loud"]
    assert (loud["outputs"]["text"], loud["source"], loud["run_id"]) == ("LOUD Hey", "step", None)
    assert loud["process_data"]["model_name"] == "echo"
    assert loud["elapsed_time"] == pytest.approx(told["elapsed_time"])
    assert outcome(canvas.run(from_node_id="end")) == {"out": "LOUD Hey"}


def test_what_a_node_alone_brings_holds_no_secret(canvas_of):
    canvas = canvas_of(chain())
    told = canvas.call("POST", "debug/nodes/hello", values={"start": {"name": "Ada"}})
    assert told["outputs"]["text"] == f"Hello Ada {MASK}"
    assert SECRET not in str(list(NodeValue.objects.values()))


def test_a_node_that_failed_alone_leaves_what_was_there(canvas_of):
    nodes = [node("start", "start"), writer("bad", "x", "fail-500"), end()]
    canvas = canvas_of(flow(nodes, "start -> bad", "bad -> end"))
    canvas.call("POST", "values/bad", name="text", value="good")
    told = canvas.call("POST", "debug/nodes/bad", values={})
    assert (told["status"], told["is_kept"]) == ("failed", False)
    assert canvas.outputs()["bad"] == {"text": "good"}


def test_a_node_inside_another_runs_alone_and_leaves_nothing(canvas_of):
    canvas = canvas_of(rounds())
    told = canvas.call("POST", "debug/nodes/one", values={"each": {"item": "x"}})
    assert (told["outputs"], told["is_kept"]) == ({"output": "x"}, False)
    told = canvas.call("POST", "debug/nodes/each", values={"pick": {"result": ["a"]}})
    assert (told["outputs"], told["is_kept"]) == ({"output": ["a"]}, True)


def test_a_node_that_asks_a_person_is_refused_alone(canvas_of):
    nodes = [node("start", "start"), node("ask", "human-input", form_content="Well?"), end()]
    canvas = canvas_of(flow(nodes, "start -> ask", "ask:done -> end"))
    told = canvas.call("POST", "debug/nodes/ask", 400, values={})
    assert told["message"] == "Ask asks a person, which a node alone cannot. Run the flow."
