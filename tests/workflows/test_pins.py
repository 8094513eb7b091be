"""Pinned nodes of a draft: they do not run, for one member, until they are let go."""

import pytest
from django.utils import timezone

from apps.logs.kept_values import MASK
from apps.logs.models import WorkflowRun
from apps.prompts.services.versions import publish
from apps.workflows.models import NodeValue
from tests.factories import make_key
from tests.http import Client
from tests.waiting import eventually

from .drafts import began, end, outcome, rounds, writer
from .flows import flow, node
from .test_values import chain, colleague_of


def test_a_pinned_node_does_not_run(canvas_of, upstream):
    canvas = canvas_of(chain())
    canvas.run(inputs={"name": "Ada"})
    told = canvas.call("POST", "values/hello/pin", is_pinned=True)["node"]
    assert (told["is_pinned"], told["source"], told["outputs"]["text"]) == (True, "run", f"Hello Ada {MASK}")
    upstream.reset()
    events = canvas.run(inputs={"name": "Bob"})
    assert outcome(events) == {"out": f"LOUD Hello Ada {MASK}"}
    assert began(events) == ["start", "hello", "loud", "end"]
    assert len(upstream.last()) == 1
    finished = {one["data"]["node_id"]: one["data"] for one in events if one["event"] == "node_finished"}
    assert (finished["hello"]["status"], finished["hello"]["execution_metadata"]) == ("succeeded", {"pinned": True})
    canvas.call("POST", "values/hello", name="text", value="Bye")
    assert outcome(canvas.run(inputs={"name": "Bob"})) == {"out": "LOUD Bye"}
    assert outcome(canvas.run(from_node_id="hello")) == {"out": "LOUD Bye"}


def test_a_pinned_node_keeps_its_values_whatever_runs(canvas_of):
    canvas = canvas_of(chain())
    canvas.call("POST", "values/hello", name="text", value="Bye")
    canvas.call("POST", "values/hello/pin", is_pinned=True)
    told = canvas.call("POST", "debug/nodes/hello", values={"start": {"name": "Ada"}})
    assert (told["outputs"]["text"], told["is_kept"]) == (f"Hello Ada {MASK}", False)
    canvas.run(inputs={"name": "Ada"})
    hello = canvas.values()["hello"]
    assert (hello["outputs"], hello["is_pinned"], hello["is_edited"]) == ({"text": "Bye"}, True, True)


def test_a_node_that_is_no_longer_pinned_brings_what_its_last_real_run_brought(canvas_of):
    canvas = canvas_of(chain())
    canvas.run(inputs={"name": "Ada"})
    canvas.call("POST", "values/hello/pin", is_pinned=True)
    canvas.run(inputs={"name": "Bob"})
    told = canvas.call("POST", "values/hello/pin", is_pinned=False)["node"]
    assert (told["outputs"]["text"], told["is_pinned"], told["source"]) == (f"Hello Ada {MASK}", False, "run")
    assert not NodeValue.objects.exists()
    assert outcome(canvas.run(inputs={"name": "Bob"})) == {"out": f"LOUD Hello Bob {MASK}"}


def test_a_reset_takes_the_pin_along(canvas_of):
    canvas = canvas_of(chain())
    canvas.call("POST", "values/hello", name="text", value="Bye")
    canvas.call("POST", "values/hello/pin", is_pinned=True)
    canvas.call("DELETE", "values/hello")
    assert outcome(canvas.run(inputs={"name": "Bob"})) == {"out": f"LOUD Hello Bob {MASK}"}


def test_pins_are_for_the_member_and_not_for_what_is_published(server, canvas_of):
    canvas = canvas_of(chain())
    publish(app=canvas.app)
    canvas.call("POST", "values/hello", name="text", value="Bye")
    canvas.call("POST", "values/hello/pin", is_pinned=True)
    body = {"inputs": {"name": "Ada"}, "user": "ada"}
    told = Client(server.url, make_key(canvas.app)).post("/v1/workflows/run", body).json()["data"]
    assert told["outputs"] == {"out": f"LOUD Hello Ada {MASK}"}
    assert outcome(colleague_of(canvas).run(inputs={"name": "Bob"})) == {"out": f"LOUD Hello Bob {MASK}"}


def test_an_iteration_can_be_pinned(canvas_of):
    canvas = canvas_of(rounds())
    canvas.call("POST", "values/pick", outputs={"result": []})
    canvas.call("POST", "values/each", outputs={"output": [1, 2]})
    canvas.call("POST", "values/pick/pin", is_pinned=True)
    canvas.call("POST", "values/each/pin", is_pinned=True)
    events = canvas.run()
    assert (began(events), outcome(events)) == (["start", "pick", "each", "end"], {"out": [1, 2]})
    assert [one["event"] for one in events if one["event"].startswith("iter")] == [
        "iteration_started",
        "iteration_completed",
    ]


@pytest.mark.parametrize(
    ("kind", "more", "sentence"),
    [
        ("if-else", {}, "Many decides which way is taken, so it cannot be pinned. Pin what comes before it."),
        ("question-classifier", {}, "Many decides which way is taken, so it cannot be pinned."),
        ("human-input", {}, "Many decides which way is taken, so it cannot be pinned."),
        ("end", {}, "The flow ends with Many, which cannot be pinned. Pin what comes before it."),
        ("answer", {}, "The flow ends with Many, which cannot be pinned."),
        ("start", {}, "The flow begins with Many, which cannot be pinned. Edit its values instead."),
        ("trigger-webhook", {}, "The flow begins with Many, which cannot be pinned."),
        ("code", {"inside": "each"}, "Many stands inside an iteration or a loop. Pin that one instead."),
    ],
)
def test_nodes_that_must_run_are_not_pinned(canvas_of, kind, more, sentence):
    canvas = canvas_of(flow([node("each", "iteration"), node("many", kind, **more)]))
    app, user = canvas.app, canvas.user
    about = {"workspace_id": app.workspace_id, "app": app, "account": user, "updated_at": timezone.now()}
    NodeValue.objects.create(node_id="many", source="edited", outputs={"x": 1}, **about)
    assert canvas.call("POST", "values/many/pin", 400, is_pinned=True)["message"].startswith(sentence)
    assert not NodeValue.objects.get().is_pinned


def test_a_run_that_waits_goes_on_past_pinned_nodes(canvas_of, server):
    ask = node("ask", "human-input", form_content="Well?", user_actions=[{"id": "yes", "title": "Yes"}])
    nodes = [node("start", "start"), ask, writer("after", "After"), end(out="after.text")]
    canvas = canvas_of(flow(nodes, "start -> ask", "ask:yes -> after", "after -> end"))
    canvas.call("POST", "values/after", name="text", value="Pinned")
    canvas.call("POST", "values/after/pin", is_pinned=True)
    events = canvas.run()
    assert events[-1]["event"] == "workflow_paused"
    form = next(event["data"] for event in events if event["event"] == "human_input_required")
    answer = {"inputs": {}, "action": "yes", "user": "ada"}
    client = Client(server.url, make_key(canvas.app))
    assert client.post(f"/v1/form/human_input/{form['form_token']}", answer).status == 200
    run = eventually(lambda: WorkflowRun.objects.filter(status="succeeded").first())
    assert run.outputs == {"out": "Pinned"}
