"""Chatflows at every edge a chat app has: found again, chosen by version, tried out, on a page, by command, logged."""

import io
import json
import threading
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client as Browser

from apps.chat import following, replay
from apps.common.perloop import run
from apps.logs.choices import FlowStatus, MessageStatus
from apps.logs.models import Conversation, HumanForm, Message, WorkflowRun
from apps.prompts.callers import Access
from apps.prompts.models import App, AppVersion
from apps.prompts.runtime import app_by_id
from apps.prompts.services.versions import publish, save_draft
from apps.workspaces.models import User, Workspace
from tests.factories import api_user, make_app, make_key, make_passport, make_provider, make_workspace
from tests.http import Client
from tests.waiting import eventually
from tests.workflows.flows import flow, node
from tests.workflows.test_chatflow import ask, counting, talk
from tests.workflows.test_forms import ASK as FORM

from . import test_debugging as debugging

ENDS = {"message_end", "error", "workflow_paused"}


@pytest.fixture
def workspace(server, upstream) -> Workspace:
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo", "fail-500", "gen-400-20")
    return workspace


def chatflow(workspace: Workspace, config: dict[str, Any], **fields: Any) -> App:
    return make_app(workspace, config, mode="advanced-chat", **fields)


def client_of(server, app: App) -> Client:
    return Client(server.url, make_key(app))


def names(events: list[dict[str, Any]]) -> list[str]:
    return [event["event"] for event in events]


def test_an_ended_turn_is_found_again_by_its_message_on_the_page(server, workspace):
    app = chatflow(workspace, talk())
    visitor = Client(server.url, make_passport(app))
    asked = visitor.post("/api/chat-messages", {"query": "Tea?", "inputs": {}, "response_mode": "streaming"}).events()
    eventually(lambda: WorkflowRun.objects.get().status == "succeeded")
    message_id = asked[-1]["message_id"]
    told = eventually(lambda: _stored_events(visitor, message_id))
    assert [told[0]["answer"], told[0]["conversation_id"]] == ["Tea?", asked[0]["conversation_id"]]
    assert "usage" not in told[-1]["metadata"]
    stranger = Client(server.url, make_passport(app))
    answer = stranger.get(f"/api/messages/{message_id}/events")
    assert (answer.status, answer.json()["message"]) == (404, "Message Not Exists.")


def _stored_events(visitor: Client, message_id: str) -> Any:
    """What is told of the turn once it is alive no more."""
    told = visitor.get(f"/api/messages/{message_id}/events").events()
    return told if names(told) == ["message", "workflow_finished", "message_end"] else None


def test_a_turn_that_runs_elsewhere_is_told_once_it_has_ended_there(workspace, monkeypatch):
    monkeypatch.setattr(following, "POLL_S", 0.01)
    app = chatflow(workspace, talk())
    row = _stored_turn(app)

    async def attach():
        return await replay.attach(row.pk, Access(await app_by_id(app.pk, app.workspace_id), api_user(app)))

    async def scene():
        first, second = await attach(), await attach()
        assert first is second
        ended = {"status": MessageStatus.ERROR, "answer": "Half", "error_code": "interrupted", "error": "Stopped."}
        await Message.objects.aupdate(**ended)
        await WorkflowRun.objects.aupdate(status=FlowStatus.FAILED, error="no")  # which is looked at
        await first.result()
        return [event.event for event in first.events]

    assert run(scene()) == ["message", "workflow_finished", "error"]
    assert not following._followed


def _stored_turn(app: App) -> WorkflowRun:
    """A turn as the first write leaves it."""
    caller = api_user(app)
    whose: dict[str, Any] = {
        "workspace_id": app.workspace_id, "app_id": app.pk, "invoke_from": caller.invoke_from,
        "end_user_id": caller.end_user_id,
    }  # fmt: skip
    conversation = Conversation.objects.create(**whose)
    whose |= {"version_id": app.published_id, "task_id": "0193a0a0-0000-7000-8000-000000000001"}
    message = Message.objects.create(conversation=conversation, **whose)
    about: dict[str, Any] = {"id": message.pk, "message_id": message.pk, "conversation_id": conversation.pk}
    return WorkflowRun.objects.create(status=FlowStatus.RUNNING, **about, **whose)


def test_a_turn_that_waits_for_a_person_says_so_whenever_it_is_looked_for(server, workspace):
    nodes = [
        node("start", "start"),
        node("hello", "answer", answer="Hello. "),
        node("ask", "human-input", **{**FORM, "form_content": "Go on?"}),
        node("answer", "answer", answer="Done."),
    ]
    ways = ["start -> hello", "hello -> ask", "ask:yes -> answer", "ask:no -> answer", "ask:__timeout__ -> answer"]
    app = chatflow(workspace, flow(nodes, *ways))
    visitor = Client(server.url, make_passport(app))
    asked = visitor.post("/api/chat-messages", {"query": "Tea?", "inputs": {}, "response_mode": "streaming"}).events()
    assert names(asked)[-2:] == ["human_input_required", "workflow_paused"]
    eventually(lambda: _told_paused(visitor, asked[-1]["message_id"]))


def _told_paused(visitor: Client, message_id: str) -> bool:
    told = visitor.get(f"/api/messages/{message_id}/events").events()
    if names(told) != ["message", "human_input_required", "workflow_paused"]:
        return False
    (form,) = HumanForm.objects.all()
    assert told[0]["answer"] == "Hello. "
    assert (told[1]["data"]["form_id"], told[1]["data"]["form_content"]) == (str(form.pk), "Go on?")
    assert told[2]["data"]["paused_nodes"] == ["ask"]
    return True


def test_a_turn_of_a_deleted_conversation_is_found_no_more(server, workspace):
    client = client_of(server, chatflow(workspace, talk()))
    first = ask(client).json()
    path = f"/v1/workflow/{first['id']}/events?user=ada"
    assert eventually(lambda: names(client.get(path).events()) == ["message", "workflow_finished", "message_end"])
    client.request("DELETE", f"/v1/conversations/{first['conversation_id']}", {"user": "ada"})
    assert client.get(path).status == 404


def test_a_version_is_chosen_by_its_id(server, workspace):
    app = chatflow(workspace, talk(answer="Old"))
    old = str(app.published_id)
    draft = save_draft(app=app, config=talk(answer="New"))
    publish(app=app)
    client = client_of(server, app)
    assert ask(client).json()["answer"] == "New"
    assert ask(client, workflow_id=old).json()["answer"] == "Old"
    save_draft(app=app, config=talk(answer="Never"))
    never = str(AppVersion.objects.filter(app=app, is_release=False).exclude(pk=draft.pk).latest("created_at").pk)
    unknown = "0193a0a0-0000-7000-8000-000000000001"
    refused = [ask(client, workflow_id=one) for one in (never, "abc", unknown)]
    assert [(one.status, one.json()["code"]) for one in refused] == [
        (400, "bad_request"), (400, "bad_request"), (404, "not_found"),
    ]  # fmt: skip
    assert refused[2].json()["message"] == f"Workflow not found with id: {unknown}"


def test_a_chatflow_that_was_never_published_is_refused_and_its_draft_runs_for_its_makers(server, workspace):
    app = chatflow(workspace, talk(answer="Draft"), published=False)
    client = client_of(server, app)
    for mode in ("blocking", "streaming"):
        answer = ask(client, mode=mode)
        assert (answer.status, answer.json()) == (
            400, {"code": "invalid_param", "message": "Workflow not published", "status": 400},
        )  # fmt: skip
    assert client.get("/v1/parameters?user=ada").json()["code"] == "app_unavailable"
    with debugging.socket(server, app, User.objects.get()) as connection:
        assert debugging.ask(connection)["event"] == "message_end"
    assert Message.objects.get().answer == "Draft"
    assert WorkflowRun.objects.get().invoke_from == "debugger"


def test_a_chatflow_runs_by_command(server, workspace):
    output = io.StringIO()
    call_command("app_run", str(chatflow(workspace, talk()).pk), "--query", "Tea?", stdout=output)
    events = [json.loads(line) for line in output.getvalue().splitlines()]
    assert names(events)[0] == "workflow_started"
    assert names(events)[-2:] == ["workflow_finished", "message_end"]


def test_a_failing_command_ends_with_an_error(server, workspace):
    output = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("app_run", str(chatflow(workspace, talk("fail-500")).pk), "--query", "Tea?", stdout=output)
    events = [json.loads(line) for line in output.getvalue().splitlines()]
    assert [name for name in names(events) if name in ENDS] == ["error"]


def test_of_turns_side_by_side_the_later_end_wins_variable_by_variable(server, workspace):
    """The quick turn begins and ends while the slow one writes; it counts by more, and takes a note."""
    note = {"variable_selector": ["conversation", "note"], "input_type": "variable", "operation": "over-write"}
    more = {"variable_selector": ["conversation", "count"], "operation": "+=", "value": 10}
    rename = node("rename", "assigner", version="2", items=[{**note, "value": ["sys", "query"]}, more])
    slow = node("write", "llm", model={"provider": "openai_api_compatible", "name": "gen-400-20", "mode": "chat"},
                prompt_template=[{"role": "user", "text": "{{#sys.query#}}"}])  # fmt: skip
    when = {"variable_selector": ["sys", "query"], "comparison_operator": "is", "value": "slow"}
    fork = node("fork", "if-else", cases=[{"case_id": "slow", "logical_operator": "and", "conditions": [when]}])
    config = counting(fork, slow, rename)
    config["graph"]["edges"] = [
        {"source": one, "sourceHandle": handle, "target": other}
        for one, handle, other in (
            ("start", "source", "add"), ("add", "source", "answer"), ("answer", "source", "fork"),
            ("fork", "slow", "write"), ("fork", "false", "rename"),
        )
    ]  # fmt: skip
    config["conversation_variables"].append({"name": "note", "value_type": "string", "value": ""})
    client = client_of(server, chatflow(workspace, config))
    conversation_id = ask(client, "first").json()["conversation_id"]
    thread = threading.Thread(target=lambda: ask(client, "slow", "streaming", conversation_id=conversation_id))
    thread.start()
    eventually(lambda: Message.objects.filter(query="slow").exists())
    ask(client, "quick", conversation_id=conversation_id)
    assert Conversation.objects.get().variables == {"count": 22, "note": "quick"}
    task_id = Message.objects.get(query="slow").task_id
    client.post(f"/v1/chat-messages/{task_id}/stop", {"user": "ada"})
    thread.join(20)
    assert Conversation.objects.get().variables == {"count": 12, "note": "quick"}
    assert Message.objects.get(query="slow").status == "stopped"
    assert Message.objects.get(query="slow").answer.startswith("1/12")


def test_what_a_conversation_keeps_is_read_and_set_by_api(server, workspace):
    config = counting()
    topics = {"name": "topics", "value_type": "array[string]", "value": ["tea"], "description": "So far"}
    config["conversation_variables"].append(topics)
    client = client_of(server, chatflow(workspace, config))
    conversation_id = ask(client).json()["conversation_id"]
    path = f"/v1/conversations/{conversation_id}/variables"
    count, kept = client.get(f"{path}?user=ada").json()["data"]
    assert list(count) == ["id", "name", "value_type", "value", "description", "created_at", "updated_at"]
    assert (count["name"], count["value_type"], count["value"]) == ("count", "number", 1)
    assert (kept["value"], kept["description"]) == ('["tea"]', "So far")
    page = client.get(f"{path}?user=ada&limit=1").json()
    assert (page["has_more"], page["data"]) == (True, [count])
    assert client.get(f"{path}?user=ada&last_id={count['id']}").json()["data"] == [kept]
    assert client.get(f"{path}?user=ada&variable_name=topics").json()["data"] == [kept]
    assert client.request("PUT", f"{path}/{count['id']}", {"value": 41, "user": "ada"}).json()["value"] == 41
    assert client.request("PUT", f"{path}/{kept['id']}", {"value": [], "user": "ada"}).json()["value"] == "[]"
    assert ask(client, conversation_id=conversation_id).json()["answer"] == "1/42"
    wrong = client.request("PUT", f"{path}/{count['id']}", {"value": "many", "user": "ada"})
    sentence = "Type mismatch: variable 'count' expects number, but got string type"
    assert (wrong.status, wrong.json()["code"], wrong.json()["message"]) == (400, "bad_request", sentence)
    missing = client.request("PUT", f"{path}/{conversation_id}", {"value": 1, "user": "ada"})
    assert (missing.status, missing.json()["message"]) == (404, "Conversation Variable Not Exists.")
    assert client.get(f"{path}?user=bob").status == 404


def test_questions_that_may_follow_are_suggested_where_the_flow_says_so(server, workspace):
    config = {**talk(), "features": {"suggested_questions_after_answer": {"enabled": True}}}
    client = client_of(server, chatflow(workspace, config))
    answer = client.get(f"/v1/messages/{ask(client).json()['id']}/suggested?user=ada")
    assert (answer.status, answer.json()["result"]) == (200, "success")
    quiet = client_of(server, chatflow(workspace, talk()))
    refused = quiet.get(f"/v1/messages/{ask(quiet).json()['id']}/suggested?user=ada")
    assert (refused.status, refused.json()["message"]) == (400, "Suggested Questions Is Disabled.")


def test_the_log_leads_from_an_answer_to_the_trace_of_its_run(server, workspace):
    app = chatflow(workspace, talk())
    answer = ask(client_of(server, app)).json()
    browser = Browser()
    browser.force_login(User.objects.get())
    page = browser.get(f"/apps/{app.pk}/logs/{answer['conversation_id']}").content.decode()
    assert f'href="/apps/{app.pk}/runs/{answer["id"]}"' in page
    assert "Prompt log" not in page


def test_the_events_name_what_older_clients_look_for(server, workspace):
    events = ask(client_of(server, chatflow(workspace, talk())), mode="streaming").events()
    started, finished = events[0]["data"], events[-2]["data"]
    assert list(started)[:5] == ["id", "workflow_id", "sequence_number", "inputs", "created_at"]
    assert list(finished)[:3] == ["id", "workflow_id", "sequence_number"]
    assert [name for name in names(events) if name in ENDS] == ["message_end"]
