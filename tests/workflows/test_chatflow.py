"""Chatflows over HTTP and websocket: turns, memory, conversation variables, citations, failures."""

import json
import threading
from typing import Any

import pytest
from django.test import Client as Browser

from apps.common.perloop import run
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.logs.models import Conversation, Message, NodeRun, WorkflowRun
from apps.workspaces.models import Workspace
from tests.chat.test_websocket import receive_run, send, socket
from tests.factories import make_app, make_key, make_provider, make_workspace
from tests.http import Client
from tests.waiting import eventually

from .flows import flow, node

MODEL = {"provider": "openai_api_compatible", "name": "echo", "mode": "chat"}
ASK = [{"role": "user", "text": "{{#sys.query#}}"}]
COUNTER = {"name": "count", "value_type": "number", "value": 0, "selector": ["conversation", "count"]}
ADD = {"variable_selector": ["conversation", "count"], "input_type": "constant", "operation": "+=", "value": 1}


def talk(model: str = "echo", answer: str = "{{#write.text#}}", **data: Any) -> dict[str, Any]:
    """start -> write -> answer."""
    nodes = [
        node("start", "start"),
        node("write", "llm", **{"model": {**MODEL, "name": model}, "prompt_template": ASK, **data}),
        node("answer", "answer", answer=answer),
    ]
    return flow(nodes, "start -> write", "write -> answer")


def counting(*more: dict[str, Any]) -> dict[str, Any]:
    """Counts its turns, in a variable of the conversation, and may do more after that."""
    nodes = [
        node("start", "start"),
        node("add", "assigner", version="2", items=[ADD]),
        node("answer", "answer", answer="{{#sys.dialogue_count#}}/{{#conversation.count#}}"),
        *more,
    ]
    ways = ["start -> add", "add -> answer", *[f"answer -> {one['id']}" for one in more]]
    return {**flow(nodes, *ways), "conversation_variables": [COUNTER]}


@pytest.fixture
def workspace(server, upstream) -> Workspace:
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo", "fail-500", "gen-400-20")
    return workspace


@pytest.fixture
def client_of(server, workspace):
    def client_of(config: dict[str, Any]) -> Client:
        return Client(server.url, make_key(make_app(workspace, config, mode="advanced-chat")))

    return client_of


def ask(client: Client, query: str = "Tea, please", mode: str = "blocking", **more: Any) -> Any:
    body = {"inputs": {}, "query": query, "user": "ada", "response_mode": mode, **more}
    return client.post("/v1/chat-messages", body)


def test_app_05_a_turn_is_answered_and_stored_with_its_run(client_of):
    answer = ask(client_of(talk())).json()
    assert list(answer) == [
        "event", "task_id", "id", "message_id", "conversation_id", "mode", "answer", "metadata", "created_at",
    ]  # fmt: skip
    assert (answer["mode"], answer["answer"]) == ("advanced-chat", "Tea, please")
    message, stored = Message.objects.get(), WorkflowRun.objects.get()
    assert (message.answer, message.query, message.status) == ("Tea, please", "Tea, please", "normal")
    assert (message.model, message.provider) == ("echo", "openai_api_compatible")
    assert message.prompt_tokens + message.completion_tokens == answer["metadata"]["usage"]["total_tokens"] > 0
    assert (stored.pk, stored.message_id, stored.conversation_id) == (message.pk, message.pk, message.conversation_id)
    assert (stored.status, stored.outputs) == ("succeeded", {"answer": "Tea, please"})
    assert list(NodeRun.objects.order_by("index").values_list("node_type", flat=True)) == ["start", "llm", "answer"]
    assert Conversation.objects.get().name == "Tea, please"


def test_the_events_are_those_of_the_contract_in_its_order(client_of):
    events = ask(client_of(talk(answer="So: {{#write.text#}}")), mode="streaming").events()
    names = [event["event"] for event in events]
    told = [name for place, name in enumerate(names) if name != "message" or names[place - 1] != "message"]
    assert told == [
        "workflow_started", "message", "node_started", "node_finished", "node_started", "message", "node_finished",
        "node_started", "node_finished", "workflow_finished", "message_end",
    ] or told == [
        "workflow_started", "node_started", "node_finished", "node_started", "message", "node_finished",
        "node_started", "node_finished", "workflow_finished", "message_end",
    ]  # fmt: skip
    assert "".join(event["answer"] for event in events if event["event"] == "message") == "So: Tea, please"
    assert {"conversation_id", "message_id", "created_at", "task_id"} <= set.intersection(*map(set, events))
    selectors = [event["from_variable_selector"] for event in events if event["event"] == "message"]
    assert selectors[0] is None
    assert selectors[-1] == ["write", "text"]
    started = events[0]
    assert started["workflow_run_id"] == started["data"]["id"]
    assert (started["data"]["inputs"]["sys.query"], started["data"]["inputs"]["sys.dialogue_count"]) == (
        "Tea, please",
        0,
    )
    assert events[-1]["files"] == []
    assert events[-1]["metadata"]["usage"]["total_tokens"] > 0


def test_fields_of_node_events_stand_in_the_contract_s_order(client_of):
    events = ask(client_of(talk()), mode="streaming").events()
    by_name = {event["event"]: list(event["data"]) for event in events if "data" in event}
    head = ["id", "node_id", "node_type", "title", "index", "predecessor_node_id"]
    place = ["parallel_id", "parallel_start_node_id", "parent_parallel_id", "parent_parallel_start_node_id"]
    started = [*head, "inputs", "created_at", "extras", *place, "iteration_id"]
    assert [name for name in by_name["node_started"] if name != "loop_id"] == [*started, "parallel_run_id"]
    outcome = ["inputs", "process_data", "outputs", "status", "error", "elapsed_time", "execution_metadata"]
    finished = [*head, *outcome, "created_at", "finished_at", "files", *place, "iteration_id"]
    assert [name for name in by_name["node_finished"] if name != "loop_id"] == finished


def test_wf_10_the_model_remembers_the_conversation(client_of, upstream):
    client = client_of(
        talk(memory={"window": {"enabled": False}}, prompt_template=[{"role": "system", "text": "Be brief."}])
    )
    first = ask(client, "One?").json()
    ask(client, "Two?", conversation_id=first["conversation_id"])
    said = [(message["role"], message["content"]) for message in upstream.last()[0]["body"]["messages"]]
    assert said == [("system", "Be brief."), ("user", "One?"), ("assistant", "One?"), ("user", "Two?")]


def test_wf_11_a_window_keeps_the_last_messages(client_of, upstream):
    client = client_of(talk(memory={"window": {"enabled": True, "size": 2}}, prompt_template=[]))
    conversation_id = ask(client, "One?").json()["conversation_id"]
    for question in ("Two?", "Three?"):
        ask(client, question, conversation_id=conversation_id)
    said = [message["content"] for message in upstream.last()[0]["body"]["messages"]]
    assert said == ["Two?", "Two?", "Three?"]


def test_conversation_variables_last_from_turn_to_turn(client_of):
    client = client_of(counting())
    first = ask(client).json()
    again = ask(client, conversation_id=first["conversation_id"]).json()
    assert (first["answer"], again["answer"]) == ("0/1", "1/2")
    assert ask(client).json()["answer"] == "0/1"
    assert Conversation.objects.get(pk=first["conversation_id"]).variables == {"count": 2}


def test_a_variable_that_was_changed_is_kept_though_the_run_fails_later(client_of):
    broken = node("write", "llm", model={**MODEL, "name": "fail-500"}, prompt_template=ASK)
    client = client_of(counting(broken))
    assert ask(client).status == 400
    assert Conversation.objects.get().variables == {"count": 1}


def test_a_failed_node_ends_the_turn_in_an_error(client_of):
    client = client_of(talk("fail-500"))
    events = ask(client, mode="streaming").events()
    assert [event["event"] for event in events][-3:] == ["node_finished", "workflow_finished", "error"]
    finished, error = events[-2:]
    assert (finished["data"]["status"], finished["data"]["outputs"]) == ("failed", None)
    assert (error["code"], error["status"]) == ("invalid_param", 400)
    assert error["message"].startswith("Run failed: [openai_api_compatible] Error: ")
    blocking = ask(client)
    assert (blocking.status, blocking.json()["code"]) == (400, "invalid_param")
    assert set(Message.objects.values_list("status", "error_code")) == {("error", "invalid_param")}


def test_a_turn_that_is_stopped_keeps_what_was_said(client_of):
    client = client_of(talk("gen-400-20"))
    found: list[Any] = []
    reader = threading.Thread(target=lambda: found.append(ask(client, mode="streaming")))
    reader.start()
    eventually(lambda: Message.objects.exists())
    task_id = Message.objects.get().task_id
    assert client.post(f"/v1/chat-messages/{task_id}/stop", {"user": "ada"}).json() == {"result": "success"}
    reader.join(20)
    events = found[0].events()
    assert [event["event"] for event in events][-2:] == ["workflow_finished", "message_end"]
    assert events[-2]["data"]["status"] == "stopped"
    assert Message.objects.get().status == "stopped"
    assert WorkflowRun.objects.get().status == "stopped"


def test_passages_that_a_model_was_shown_are_cited(client_of, workspace):
    dataset = create_dataset(workspace=workspace, name="Notes", indexing_technique="economy")
    create_document_from_text(dataset=dataset, name="tea.txt", text="Green tea is brewed at eighty degrees.")
    run(index_pending())
    context = {"enabled": True, "variable_selector": ["find", "result"]}
    prompt = [{"role": "user", "text": "{{#context#}}"}]
    nodes = [
        node("start", "start"),
        node("find", "knowledge-retrieval", query_variable_selector=["sys", "query"], dataset_ids=[str(dataset.pk)]),
        node("write", "llm", model=MODEL, prompt_template=prompt, context=context),
        node("answer", "answer", answer="{{#write.text#}}"),
    ]
    config = flow(nodes, "start -> find", "find -> write", "write -> answer")
    client = client_of({**config, "features": {"retriever_resource": {"enabled": True}}})
    answer = ask(client, "green tea").json()
    assert answer["answer"] == "Green tea is brewed at eighty degrees."
    (resource,) = answer["metadata"]["retriever_resources"]
    assert (resource["position"], resource["document_name"]) == (1, "tea.txt")
    assert resource["content"] == "Green tea is brewed at eighty degrees."
    assert {"hit_count", "word_count", "segment_position", "score"} <= set(resource)
    quiet = ask(client_of(config), "green tea").json()
    assert "retriever_resources" not in quiet["metadata"]


def test_openings_and_forms_are_those_of_the_flow(client_of):
    form = {"type": "text-input", "variable": "name", "label": "Name", "required": True}
    config = talk()
    config["graph"]["nodes"][0] = node("start", "start", variables=[form])
    config["features"] = {"opening_statement": "Hello {{name}}!", "suggested_questions": ["Tea?"]}
    client = client_of(config)
    parameters = client.get("/v1/parameters?user=ada").json()
    assert (parameters["opening_statement"], parameters["suggested_questions"]) == ("Hello {{name}}!", ["Tea?"])
    assert ask(client).json()["message"] == "name is required in input form"
    first = ask(client, inputs={"name": "Ada"}).json()
    assert ask(client, conversation_id=first["conversation_id"]).status == 200
    assert Conversation.objects.get().introduction == "Hello Ada!"
    shown = client.get(f"/v1/messages?user=ada&conversation_id={first['conversation_id']}").json()["data"]
    assert [one["answer"] for one in shown] == ["Tea, please"] * 2
    assert shown[1]["parent_message_id"] == shown[0]["id"]


@pytest.mark.parametrize(
    ("more", "status", "sentence"),
    [
        ({"query": " "}, 400, "query is required"),
        ({"conversation_id": "0193a0a0-0000-7000-8000-000000000001"}, 404, "Conversation Not Exists."),
    ],
)
def test_bad_requests_are_refused_before_anything_is_stored(client_of, more, status, sentence):
    answer = ask(client_of(talk()), **{"query": "Tea?", **more})
    assert (answer.status, answer.json()["message"]) == (status, sentence)
    assert not Message.objects.exists()


def test_clients_of_openai_talk_to_a_chatflow(client_of):
    body = {"model": "Helper", "messages": [{"role": "user", "content": "Tea?"}]}
    client = client_of(talk())
    assert client.post("/v1/chat/completions", body).json()["choices"][0]["message"]["content"] == "Tea?"
    frames = client.post("/v1/chat/completions", {**body, "stream": True}).body.decode().split("\n\n")
    chunks = [json.loads(frame[6:]) for frame in frames if frame.startswith("data: {")]
    assert "".join(chunk["choices"][0]["delta"].get("content") or "" for chunk in chunks) == "Tea?"


def test_a_turn_runs_over_the_websocket_and_is_found_again(server, workspace):
    app = make_app(workspace, talk(), mode="advanced-chat")
    owner = workspace.memberships.get().user
    with socket(server, app, owner) as connection:
        send(connection, type="chat", query="Tea?", inputs={})
        events = receive_run(connection)
        assert events[-1]["event"] == "message_end"
        send(connection, type="attach", message_id=events[-1]["message_id"])
        assert [event["event"] for event in receive_run(connection)][-1] == "message_end"


def test_the_log_shows_a_turn_and_its_run(client_of, workspace):
    answer = ask(client_of(talk())).json()
    browser = Browser()
    browser.force_login(workspace.memberships.get().user)
    app_id = WorkflowRun.objects.get().app_id
    for page in (f"/apps/{app_id}/logs/{answer['conversation_id']}", f"/apps/{app_id}/runs/{answer['id']}"):
        shown = browser.get(page)
        assert shown.status_code == 200
        assert "Tea, please" in shown.content.decode()
