"""A single node of a draft, run by its author."""

import json

import pytest
from django.test import Client

from apps.workspaces.models import User
from tests.factories import make_app, make_workspace

from .flows import flow, node

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
