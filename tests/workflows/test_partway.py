"""Drafts that are run from a node on, from a single node, and past pinned ones."""

from typing import Any

import pytest
from django.utils import timezone

from apps.logs.kept_values import MASK
from apps.logs.models import Conversation, Message, NodeRun, WorkflowRun
from apps.prompts.services.versions import publish, save_draft
from apps.workflows.models import NodeValue
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_key, make_provider, make_workspace
from tests.http import Client
from tests.waiting import eventually

from .drafts import SLOW, Canvas, began, end, events_of, send, writer
from .flows import flow, node
from .test_values import ADD, COUNTER, NAME, SECRET, TOKEN, chain, sides

EACH = {"iterator_selector": ["pick", "result"], "output_selector": ["one", "output"], "start_node_id": "s"}


@pytest.fixture
def workspace(server, upstream) -> Workspace:
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo", SLOW, "fail-500")
    return workspace


@pytest.fixture
def canvas_of(server, workspace):
    def canvas_of(config: dict[str, Any], mode: str = "workflow") -> Canvas:
        app = make_app(workspace, config, mode=mode, published=False)
        return Canvas(server, app, workspace.memberships.get().user)

    return canvas_of


def rounds() -> dict[str, Any]:
    """start -> pick -> each (s -> one) -> end."""
    nodes = [
        node("start", "start"),
        node("pick", "list-operator", variable=["start", "items"]),
        node("each", "iteration", **EACH),
        node("s", "iteration-start", inside="each"),
        node("one", "variable-aggregator", inside="each", variables=[["each", "item"]]),
        end(out="each.output"),
    ]
    return flow(nodes, "start -> pick", "pick -> each", "each -> end", "s -> one")


def talk(**more: Any) -> dict[str, Any]:
    """start -> think -> add -> answer."""
    nodes = [
        node("start", "start", variables=[NAME]),
        writer("think", "Thoughts of {{#start.name#}}"),
        node("add", "assigner", version="2", items=[ADD]),
        writer("say", "{{#think.text#}} on {{#sys.query#}}"),
        node("answer", "answer", answer="{{#say.text#}} {{#conversation.count#}}"),
    ]
    ways = ("start -> think", "think -> add", "add -> say", "say -> answer")
    return {**flow(nodes, *ways), "conversation_variables": [COUNTER], **more}


def outcome(events: list[dict[str, Any]]) -> Any:
    """The outputs of a run that went well."""
    data = events[-1]["data"]
    assert data["status"] == "succeeded", data["error"]
    return data["outputs"]


def test_only_what_follows_is_run_with_what_was_before(canvas_of):
    canvas = canvas_of(chain())
    canvas.run(inputs={"name": "Ada"})
    events = canvas.run(from_node_id="loud")
    assert began(events) == ["loud", "end"]
    assert outcome(events) == {"out": f"LOUD Hello Ada {MASK}"}
    assert events[0]["data"]["inputs"]["name"] == "Ada"
    run = WorkflowRun.objects.get(pk=events[0]["workflow_run_id"])
    assert (run.invoke_from, run.account_id, run.inputs) == ("debugger", canvas.user.pk, {"name": "Ada"})
    rows = NodeRun.objects.filter(run=run).order_by("index")
    assert list(rows.values_list("index", "node_id", "predecessor_node_id")) == [(1, "loud", ""), (2, "end", "loud")]


def test_an_edited_value_goes_into_a_run_from_there(canvas_of):
    canvas = canvas_of(chain())
    canvas.run(inputs={"name": "Ada"})
    canvas.call("POST", "values/hello", name="text", value="Bye")
    assert outcome(canvas.run(from_node_id="loud")) == {"out": "LOUD Bye"}
    canvas.call("POST", "values/start", name="name", value="Bob")
    events = canvas.run(from_node_id="hello")
    assert outcome(events) == {"out": f"LOUD Hello Bob {MASK}"}
    assert canvas.outputs()["hello"]["text"] == f"Hello Bob {MASK}"


def test_the_environment_is_as_it_is_now(canvas_of, upstream):
    canvas = canvas_of(chain())
    canvas.run(inputs={"name": "Ada"})
    save_draft(app=canvas.app, config={**chain(), "environment_variables": [{**TOKEN, "value": "another-one"}]})
    events = canvas.run(from_node_id="hello")
    assert any("another-one" in str(request["body"]) for request in upstream.last())
    told = str([event for event in events if event["event"] != "text_chunk"])
    assert "another-one" not in told
    assert SECRET not in told


def test_a_form_that_is_sent_counts_more_than_the_last_one(canvas_of):
    canvas = canvas_of(chain())
    assert outcome(canvas.run(from_node_id="hello", inputs={"name": "Bob"})) == {"out": f"LOUD Hello Bob {MASK}"}
    refused = canvas.run(from_node_id="hello", inputs={"name": ["Bob"]})[-1]
    assert (refused["event"], refused["code"]) == ("error", "invalid_param")
    assert began(canvas.run(from_node_id="start", inputs={"name": "Bob"})) == ["start", "hello", "loud", "end"]


def test_where_values_are_missing_it_is_said_what_to_run_first(canvas_of):
    canvas = canvas_of(chain())
    told = canvas.run(from_node_id="loud")
    assert [(one["event"], one["code"], one["params"]) for one in told] == [("error", "upstream_missing", "hello")]
    assert told[0]["message"] == (
        "Loud refers to Hello, which has not brought that yet. Run Hello first, or write its values."
    )
    told = canvas.run(from_node_id="hello")
    assert told[0]["message"] == (
        "Hello refers to Start, which has not brought that yet. "
        "Run the flow from its beginning once, or write its values."
    )
    assert not WorkflowRun.objects.exists()
    canvas.call("POST", "values/hello", name="text", value="Hi")
    assert outcome(canvas.run(from_node_id="loud")) == {"out": "LOUD Hi"}


def test_a_variable_that_a_node_is_to_bring_since_its_last_run_is_missing_too(canvas_of):
    nodes = [
        node("start", "start"),
        node("code", "code", code_language="python3", code="", variables=[], outputs={"new": {"type": "string"}}),
        end(out="code.new"),
    ]
    canvas = canvas_of(flow(nodes, "start -> code", "code -> end"))
    canvas.call("POST", "values/code", outputs={"old": 1})
    assert canvas.run(from_node_id="end")[0]["code"] == "upstream_missing"
    canvas.call("POST", "values/code", outputs={"new": "x"})
    assert outcome(canvas.run(from_node_id="end")) == {"out": "x"}


def test_nodes_that_are_not_there_or_inside_others_are_no_beginning(canvas_of):
    canvas = canvas_of(rounds())
    told = [canvas.run(from_node_id=node_id)[-1] for node_id in ("nobody", "one", 5)]
    assert [one["code"] for one in told] == ["not_found", "invalid_param", "invalid_param"]
    assert told[1]["message"].startswith("One stands inside an iteration or a loop")
    canvas.call("POST", "values/pick", outputs={"result": ["a", "b"]})
    events = canvas.run(from_node_id="each")
    assert began(events) == ["each", "s", "one", "s", "one", "end"]
    assert outcome(events) == {"out": ["a", "b"]}


def test_a_branch_that_was_not_taken_last_does_not_count(canvas_of):
    canvas = canvas_of(sides())
    canvas.run(inputs={"name": "a"})
    canvas.run(inputs={"name": "b"})
    assert outcome(canvas.run(from_node_id="pick")) == {"out": "from b"}
    assert outcome(canvas.run(from_node_id="a")) == {"out": "from a"}
    canvas.call("POST", "values/if", name="selected_case_id", value="a")
    assert outcome(canvas.run(from_node_id="pick")) == {"out": "from a"}


def test_a_join_does_not_wait_for_what_does_not_run(canvas_of):
    nodes = [
        node("start", "start"),
        writer("one", "1"),
        writer("two", "2"),
        writer("both", "{{#one.text#}} {{#two.text#}}"),
        end(out="both.text"),
    ]
    ways = ("start -> one", "start -> two", "one -> both", "two -> both", "both -> end")
    canvas = canvas_of(flow(nodes, *ways))
    canvas.run()
    canvas.call("POST", "values/two", name="text", value="changed")
    events = canvas.run(from_node_id="one")
    assert (began(events), outcome(events)) == (["one", "both", "end"], {"out": "1 changed"})


def test_the_answer_of_a_chatflow_streams_from_there(canvas_of):
    canvas = canvas_of(talk(), "advanced-chat")
    first = canvas.run(query="tea", inputs={"name": "Ada"})
    assert Message.objects.get().answer == "Thoughts of Ada on tea 6"
    conversation_id = first[-1]["conversation_id"]
    events = canvas.run(from_node_id="say", query="coffee", conversation_id=conversation_id)
    pieces = "".join(event["answer"] for event in events if event["event"] == "message")
    assert (pieces, events[-1]["event"]) == ("Thoughts of Ada on coffee 6", "message_end")
    assert began(events) == ["say", "answer"]
    message = Message.objects.get(pk=events[-1]["message_id"])
    assert (message.query, message.answer, str(message.conversation_id)) == ("coffee", pieces, conversation_id)
    again = canvas.run(from_node_id="add")
    assert began(again) == ["add", "say", "answer"]
    message = Message.objects.get(pk=again[-1]["message_id"])
    assert (message.query, message.answer) == ("tea", "Thoughts of Ada on tea 7")
    assert Conversation.objects.get(pk=again[-1]["conversation_id"]).variables == {"count": 7}


def test_a_chatflow_that_was_asked_nothing_yet_wants_a_question(canvas_of):
    canvas = canvas_of(talk(), "advanced-chat")
    canvas.call("POST", "values/think", name="text", value="Nothing")
    assert canvas.run(from_node_id="say")[0]["message"] == "query is required"
    assert canvas.run(query="tea", from_node_id="say")[-1]["event"] == "message_end"


def test_a_run_from_a_node_is_stopped_like_any_other(canvas_of):
    nodes = [node("start", "start"), writer("hello", "Hi"), writer("write", "Write.", SLOW), end()]
    canvas = canvas_of(flow(nodes, "start -> hello", "hello -> write", "write -> end"))
    with canvas.socket() as connection:
        send(connection, type="chat", from_node_id="write")
        events = events_of(connection, "node_started")
        send(connection, type="stop", task_id=events[0]["task_id"])
        events += events_of(connection)
    assert [event["data"]["status"] for event in events if event["event"] == "workflow_finished"] == ["stopped"]
    assert WorkflowRun.objects.get().status == "stopped"


def test_who_calls_what_is_published_begins_where_it_begins(server, canvas_of):
    canvas = canvas_of(chain())
    publish(app=canvas.app)
    client = Client(server.url, make_key(canvas.app))
    body = {"inputs": {"name": "Ada"}, "user": "ada", "from_node_id": "loud"}
    assert client.post("/v1/workflows/run", body).json()["data"]["total_steps"] == 4


# --- single nodes ---


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


# --- pinned nodes ---


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
    from .test_values import colleague_of

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
