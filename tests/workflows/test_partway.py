"""Drafts that are run from a node on."""

from typing import Any

from apps.files.services.uploads import store_upload
from apps.logs.kept_values import MASK
from apps.logs.models import Conversation, Message, NodeRun, WorkflowRun
from apps.prompts.callers import Caller
from apps.prompts.services.versions import publish, save_draft
from tests.factories import make_key, make_workspace
from tests.http import Client
from tests.pictures import PNG

from .drafts import SLOW, began, end, events_of, outcome, rounds, send, writer
from .flows import flow, node
from .test_runs import begin, store
from .test_runs import end as ended
from .test_runs import node as record
from .test_values import ADD, COUNTER, NAME, SECRET, TOKEN, chain, sides


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


def test_a_run_from_the_start_goes_on_from_the_last_form(canvas_of):
    canvas = canvas_of(chain())
    assert canvas.run(from_node_id="start")[-1]["message"] == "name is required in input form"
    canvas.run(inputs={"name": "Ada"})
    assert outcome(canvas.run(from_node_id="start")) == {"out": f"LOUD Hello Ada {MASK}"}


def test_a_trigger_is_begun_with_the_values_that_are_sent(canvas_of):
    hook = node("hook", "trigger-webhook", method="post", body=[{"name": "id", "type": "string"}])
    canvas = canvas_of(flow([hook, writer("say", "{{#hook.id#}}"), end(out="say.text")], "hook -> say", "say -> end"))
    assert canvas.run()[-1]["code"] == "started_by_triggers"
    events = canvas.run(from_node_id="hook", inputs={"id": "a1"})
    assert (began(events), outcome(events)) == (["hook", "say", "end"], {"out": "a1"})
    assert outcome(canvas.run(from_node_id="say")) == {"out": "a1"}


def test_files_of_earlier_runs_get_good_links_and_those_of_others_none(canvas_of):
    other = make_workspace("Other", "other@example.org")
    stored = {"dify_model_identity": "__dify__file__", "type": "image", "transfer_method": "local_file", "url": "old"}
    nodes = [node("start", "start"), node("code", "code"), end(out="code.files")]
    canvas = canvas_of(flow(nodes, "start -> code", "code -> end"))
    places = (canvas.app.workspace, other)
    uploads = [store_upload(workspace=one, name="a.png", data=PNG, mime_type="image/png") for one in places]
    files = [{**stored, "related_id": str(upload.pk)} for upload in uploads]
    begun = begin(canvas.app, caller=Caller("debugger", account_id=canvas.user.pk))
    store(begun, ended(begun, record(1, "code", outputs={"files": files})))
    mine, theirs = outcome(canvas.run(from_node_id="end"))["out"]
    assert f"/files/{uploads[0].pk}/file-preview?" in mine["url"]
    assert theirs["url"] == "old"


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
