"""The last values of a member's draft: what runs brought, what was edited, pinned and reset."""

from typing import Any

import pytest

from apps.logs.kept_values import MASK
from apps.logs.models import NodeRun
from apps.prompts.services.deletion import delete_app
from apps.prompts.services.versions import save_draft
from apps.workflows.models import NodeValue
from apps.workflows.services.values import MAX_BYTES
from apps.workspaces.choices import Role
from apps.workspaces.services.members import add_member
from tests.factories import make_user, make_workspace

from .drafts import Canvas, end, rounds, writer
from .flows import flow, node
from .test_runs import begin, store
from .test_runs import end as ended
from .test_runs import node as record

SECRET = "s3cr3t-of-the-flow"
NAME = {"type": "text-input", "variable": "name", "label": "Name", "required": True}
TOKEN = {"name": "token", "value_type": "secret", "value": SECRET}
COUNTER = {"name": "count", "value_type": "number", "value": 5, "selector": ["conversation", "count"]}
ADD = {"variable_selector": ["conversation", "count"], "input_type": "constant", "operation": "+=", "value": 1}


def chain() -> dict[str, Any]:
    """start -> hello -> loud -> end, with a secret that the first model says."""
    nodes = [
        node("start", "start", variables=[NAME]),
        writer("hello", "Hello {{#start.name#}} {{#env.token#}}"),
        writer("loud", "LOUD {{#hello.text#}}"),
        end(out="loud.text"),
    ]
    return {**flow(nodes, "start -> hello", "hello -> loud", "loud -> end"), "environment_variables": [TOKEN]}


def sides() -> dict[str, Any]:
    """start -> if -> a | b -> pick -> end."""
    condition = {"variable_selector": ["start", "name"], "comparison_operator": "is", "value": "a"}
    nodes = [
        node("start", "start", variables=[NAME]),
        node("if", "if-else", cases=[{"case_id": "a", "conditions": [condition]}]),
        writer("a", "from a"),
        writer("b", "from b"),
        node("pick", "variable-aggregator", variables=[["a", "text"], ["b", "text"]]),
        end(out="pick.output"),
    ]
    return flow(nodes, "start -> if", "if:a -> a", "if:false -> b", "a -> pick", "b -> pick", "pick -> end")


@pytest.fixture
def canvas(canvas_of) -> Canvas:
    return canvas_of(chain())


def colleague_of(canvas: Canvas) -> Canvas:
    colleague = make_user("colleague@example.org")
    add_member(workspace=canvas.app.workspace, user=colleague, role=Role.EDITOR)
    return Canvas(canvas.server, canvas.app, colleague)


def test_a_run_leaves_what_its_nodes_brought(canvas):
    assert canvas.call("GET", "values") == {"nodes": [], "sys": {}, "conversation": {}}
    events = canvas.run(inputs={"name": "Ada"})
    found = canvas.call("GET", "values")
    assert [one["node_id"] for one in found["nodes"]] == ["start", "hello", "loud", "end"]
    start, hello, *_ = found["nodes"]
    assert start["outputs"] == {"name": "Ada"}
    assert found["sys"]["app_id"] == str(canvas.app.pk)
    assert (hello["node_type"], hello["title"], hello["status"], hello["error"]) == ("llm", "Hello", "succeeded", None)
    assert (hello["source"], hello["is_pinned"], hello["is_edited"]) == ("run", False, False)
    assert hello["run_id"] == events[-1]["data"]["id"]
    assert hello["outputs"]["text"] == f"Hello Ada {MASK}"
    assert hello["process_data"]["model_name"] == "echo"
    assert hello["elapsed_time"] > 0
    assert hello["updated_at"] > 0
    assert SECRET not in str(found)


def test_the_newest_run_counts_and_nodes_it_did_not_reach_keep_what_they_had(canvas_of):
    canvas = canvas_of(sides())
    canvas.run(inputs={"name": "a"})
    canvas.run(inputs={"name": "b"})
    assert {id: one.get("text") for id, one in canvas.outputs().items() if id in "ab"} == {"a": "from a", "b": "from b"}
    assert canvas.outputs()["pick"] == {"output": "from b"}
    assert canvas.outputs()["if"]["selected_case_id"] == "false"


def test_everybody_has_values_of_their_own(canvas):
    canvas.run(inputs={"name": "Ada"})
    canvas.call("POST", "values/hello", name="text", value="mine")
    colleague = colleague_of(canvas)
    assert colleague.values() == {}
    colleague.call("POST", "values/hello", name="text", value="theirs")
    colleague.call("DELETE", "values")
    assert canvas.outputs()["hello"]["text"] == "mine"


def test_failed_nodes_leave_nothing_and_nodes_inside_others_neither(canvas_of):
    canvas = canvas_of(rounds())
    events = canvas.run()
    assert events[-1]["data"]["status"] == "failed"
    assert list(canvas.outputs()) == ["start"]
    canvas.call("POST", "values/pick", outputs={"result": [1, 2]})
    refused = canvas.call("POST", "values/one", 400, name="output", value=1)
    assert refused["message"] == "One stands inside an iteration or a loop. Its values are not kept."


def test_a_value_is_edited_one_at_a_time_or_all_at_once(canvas):
    canvas.run(inputs={"name": "Ada"})
    told = canvas.call("POST", "values/hello", name="text", value="Bye")["node"]
    assert (told["outputs"]["text"], told["source"], told["is_edited"]) == ("Bye", "edited", True)
    assert told["run_id"] is None
    assert told["outputs"]["usage"]["total_tokens"] > 0
    told = canvas.call("POST", "values/hello", outputs={"text": {"deep": [1, None, "ü"]}})["node"]
    assert told["outputs"] == {"text": {"deep": [1, None, "ü"]}}
    assert canvas.call("POST", "values/loud", outputs={})["node"]["outputs"] == {}


def test_what_never_ran_can_be_written(canvas):
    told = canvas.call("POST", "values/loud", name="text", value="LOUD")["node"]
    assert (told["outputs"], told["status"]) == ({"text": "LOUD"}, "succeeded")


def test_a_newer_run_counts_more_than_an_older_edit(canvas):
    canvas.call("POST", "values/hello", name="text", value="Bye")
    canvas.run(inputs={"name": "Ada"})
    hello = canvas.values()["hello"]
    assert (hello["outputs"]["text"], hello["source"]) == (f"Hello Ada {MASK}", "run")


def test_secrets_stay_masked_and_what_is_still_masked_is_no_edit(canvas):
    canvas.run(inputs={"name": "Ada"})
    shown = canvas.outputs()["hello"]
    assert canvas.call("POST", "values/hello", name="text", value=shown["text"])["node"]["source"] == "run"
    assert canvas.call("POST", "values/hello", outputs=shown)["node"]["source"] == "run"
    told = canvas.call("POST", "values/hello", name="text", value=f"It is {SECRET}.")["node"]
    assert told["outputs"]["text"] == f"It is {MASK}."
    assert SECRET not in str(NodeValue.objects.get().outputs)
    assert SECRET not in str(canvas.call("GET", "values"))


def test_what_became_a_secret_later_is_masked_too(canvas_of):
    canvas = canvas_of({**chain(), "environment_variables": []})
    canvas.run(inputs={"name": "Rumpelstilzchen"})
    secret = {**TOKEN, "value": "Rumpelstilzchen"}
    save_draft(app=canvas.app, config={**chain(), "environment_variables": [secret]})
    assert "Rumpelstilzchen" not in str(canvas.call("GET", "values"))


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("values/nobody", {"name": "text", "value": 1}, 404),
        ("values/hello", {"name": "", "value": 1}, 400),
        ("values/hello", {"name": "a.b", "value": 1}, 400),
        ("values/hello", {"name": 5, "value": 1}, 400),
        ("values/hello", {"name": "text"}, 400),
        ("values/hello", {"outputs": [1]}, 400),
        ("values/hello", {"outputs": {"text": "x" * MAX_BYTES}}, 400),
        ("values/hello/pin", {"is_pinned": "yes"}, 400),
        ("values/hello/pin", {"is_pinned": True}, 400),
        ("values/nobody/pin", {"is_pinned": True}, 404),
    ],
)
def test_what_is_wrong_with_an_edit_is_told(canvas, path, body, status):
    told = canvas.call("POST", path, status, **body)
    assert told["message"]
    assert not NodeValue.objects.exists()


def test_the_mark_of_a_stored_file_is_not_taken_from_an_edit(canvas):
    file = {"dify_model_identity": "__dify__file__", "related_id": str(canvas.app.pk), "type": "image"}
    told = canvas.call("POST", "values/hello", outputs={"files": [file]})["node"]
    assert told["outputs"] == {"files": [{"related_id": str(canvas.app.pk), "type": "image"}]}


def test_values_too_big_for_a_row_are_shown_from_their_start_and_edited_whole(canvas):
    whole = {"text": "x" * 1_000_001, "usage": {"total_tokens": 3}}
    begun = begin(canvas.app, caller=_debugger(canvas))
    store(begun, ended(begun, record(1, "hello", outputs=whole)))
    hello = canvas.values()["hello"]
    assert canvas.browser.get(hello["whole"]["outputs"]).json() == whole
    assert len(hello["outputs"]["text"]) < 11_000
    assert canvas.call("POST", "values/hello", 400, name="other", value="y" * 50_000)["message"].startswith(
        "The values"
    )
    told = canvas.call("POST", "values/hello", name="text", value="short")["node"]
    assert (told["outputs"], told["whole"]) == ({"text": "short", "usage": {"total_tokens": 3}}, {})


def _debugger(canvas: Canvas) -> Any:
    from apps.prompts.callers import Caller

    return Caller("debugger", account_id=canvas.user.pk)


def test_one_node_is_reset_to_what_its_last_run_brought(canvas):
    canvas.run(inputs={"name": "Ada"})
    canvas.call("POST", "values/hello", name="text", value="Bye")
    told = canvas.call("DELETE", "values/hello")["node"]
    assert (told["outputs"]["text"], told["source"]) == (f"Hello Ada {MASK}", "run")
    canvas.call("POST", "values/hello", name="text", value="Bye")
    NodeRun.objects.all().delete()
    assert canvas.call("DELETE", "values/hello") == {"node": None}
    canvas.call("DELETE", "values/nobody", 404)


def test_after_all_was_reset_older_runs_do_not_count(canvas_of):
    config = {**talk(), "conversation_variables": [COUNTER]}
    canvas = canvas_of(config, "advanced-chat")
    canvas.run(query="Tea?", inputs={})
    assert canvas.call("GET", "values")["conversation"] == {"count": 6}
    canvas.call("POST", "values/answer", name="answer", value="Bye")
    assert canvas.call("DELETE", "values") == {"nodes": [], "sys": {}, "conversation": {"count": 5}}
    assert canvas.call("GET", "values")["nodes"] == []
    canvas.run(query="Coffee?", inputs={})
    found = canvas.call("GET", "values")
    assert (found["sys"]["query"], found["conversation"]) == ("Coffee?", {"count": 6})
    canvas.call("DELETE", "values")
    assert NodeValue.objects.count() == 1


def talk() -> dict[str, Any]:
    nodes = [
        node("start", "start"),
        node("add", "assigner", version="2", items=[ADD]),
        node("answer", "answer", answer="{{#sys.query#}}"),
    ]
    return flow(nodes, "start -> add", "add -> answer")


def test_the_conversation_is_that_of_the_last_run(canvas_of):
    canvas = canvas_of({**talk(), "conversation_variables": [COUNTER]}, "advanced-chat")
    assert canvas.call("GET", "values")["conversation"] == {"count": 5}
    conversation_id = canvas.run(query="Tea?", inputs={})[-1]["conversation_id"]
    canvas.run(query="Again?", inputs={}, conversation_id=conversation_id)
    found = canvas.call("GET", "values")
    assert (found["conversation"], found["sys"]["dialogue_count"]) == ({"count": 7}, 1)


def test_others_find_nothing_and_change_nothing(canvas):
    canvas.run(inputs={"name": "Ada"})
    canvas.call("POST", "values/hello", name="text", value="Bye")
    before = list(NodeValue.objects.values())
    stranger = Canvas(canvas.server, canvas.app, make_workspace("Other", "other@example.org").memberships.get().user)
    stranger.call("GET", "values", 404)
    stranger.call("POST", "values/hello", 404, name="text", value="x")
    stranger.call("POST", "values/hello/pin", 404, is_pinned=True)
    stranger.call("DELETE", "values/hello", 404)
    stranger.call("DELETE", "values", 404)
    assert list(NodeValue.objects.values()) == before


def test_apps_without_nodes_have_no_values(canvas_of):
    canvas = canvas_of({"pre_prompt": "Be brief."}, "chat")
    assert canvas.call("GET", "values", 404)["message"] == "This app has no nodes."
    canvas.call("DELETE", "values", 404)
    assert not NodeValue.objects.exists()


def test_a_deleted_app_takes_its_values_along(canvas):
    canvas.call("POST", "values/hello", name="text", value="Bye")
    canvas.call("DELETE", "values")
    delete_app(app=canvas.app, user=canvas.user)
    assert not NodeValue.objects.exists()
