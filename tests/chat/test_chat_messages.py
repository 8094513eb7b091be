"""POST /v1/chat-messages over HTTP, on the demo model."""

import time
from uuid import UUID

import pytest

from apps.logs.models import Conversation, Message
from apps.prompts.models import EndUser
from tests.factories import make_app, make_key
from tests.http import Client

BODY = {"inputs": {}, "query": "What can you do?", "user": "ada"}


def ask(client: Client, **changes):
    body = {**BODY, **changes}
    return client.post("/v1/chat-messages", {key: value for key, value in body.items() if value is not ...})


def test_a_blocking_answer_has_the_contracts_fields(client):
    answer = ask(client)
    assert answer.status == 200, answer.body
    body = answer.json()
    assert list(body) == [
        "event", "task_id", "id", "message_id", "conversation_id", "mode", "answer", "metadata", "created_at"
    ]  # fmt: skip
    assert (body["event"], body["mode"]) == ("message", "chat")
    assert body["id"] == body["message_id"]
    assert body["answer"]
    usage = body["metadata"]["usage"]
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"] > 0
    assert isinstance(usage["total_price"], str)
    assert "retriever_resources" not in body["metadata"]


def test_a_streamed_answer_is_deltas_an_empty_one_and_message_end(client):
    answer = ask(client, response_mode="streaming")
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "*"
    events = answer.events()
    assert [event["event"] for event in events[:-1]] == ["message"] * (len(events) - 1)
    assert list(events[0]) == [
        "event", "conversation_id", "message_id", "created_at", "task_id", "id", "answer", "from_variable_selector"
    ]  # fmt: skip
    assert events[-2]["answer"] == ""
    assert list(events[-1]) == [
        "event", "conversation_id", "message_id", "created_at", "task_id", "id", "metadata", "files"
    ]  # fmt: skip
    assert len({(event["task_id"], event["message_id"], event["conversation_id"]) for event in events}) == 1
    stored = Message.objects.get(id=events[0]["message_id"])
    assert stored.answer == "".join(event["answer"] for event in events[:-1])


def test_the_turn_is_stored_with_its_cost_prompt_and_caller(client, app):
    body = ask(client).json()
    message = Message.objects.get(id=body["id"])
    assert (message.status, message.query, message.answer) == ("normal", "What can you do?", body["answer"])
    assert (message.app_id, message.version_id, message.workspace_id) == (app.id, app.published_id, app.workspace_id)
    assert message.prompt[0] == {"role": "system", "text": "Be brief."}
    assert message.prompt[-1] == {"role": "user", "text": "What can you do?"}
    assert message.prompt_tokens == body["metadata"]["usage"]["prompt_tokens"]
    assert message.metadata == body["metadata"]
    assert message.latency_s > 0
    assert message.lease_until is None
    assert message.finished_at is not None
    end_user = EndUser.objects.get(id=str(message.end_user_id))
    assert (end_user.session_id, end_user.kind) == ("ada", "service-api")
    conversation = Conversation.objects.get(id=body["conversation_id"])
    assert (conversation.name, conversation.end_user_id) == ("What can you do?", end_user.id)


def test_app_02_a_conversation_goes_on_with_its_history(client):
    first = ask(client).json()
    second = ask(client, query="And then?", conversation_id=first["conversation_id"]).json()
    assert second["conversation_id"] == first["conversation_id"]
    message = Message.objects.get(id=second["id"])
    assert str(message.parent_message_id) == first["id"]
    assert [item["text"] for item in message.prompt[1:]] == [BODY["query"], first["answer"], "And then?"]


def test_another_users_conversation_does_not_exist(client):
    conversation_id = ask(client).json()["conversation_id"]
    answer = ask(client, user="bob", conversation_id=conversation_id)
    assert answer.status == 404
    assert answer.json() == {"code": "not_found", "message": "Conversation Not Exists.", "status": 404}


def test_stored_inputs_fill_what_a_later_turn_leaves_out(server, workspace):
    form = [{"text-input": {"variable": "name", "label": "Name", "required": True}}]
    client = Client(
        server.url, make_key(make_app(workspace, {"pre_prompt": "Help {{name}}.", "user_input_form": form}))
    )
    first = ask(client, inputs={"name": "Ada"}).json()
    second = ask(client, conversation_id=first["conversation_id"]).json()
    assert Message.objects.get(id=second["id"]).prompt[0]["text"] == "Help Ada."


@pytest.mark.parametrize(
    ("changes", "status", "code", "message", "params"),
    [
        ({"user": ...}, 400, "invalid_param", "Arg user must be provided.", None),
        ({"user": ""}, 400, "invalid_param", "Arg user must be provided.", None),
        ({"user": "x" * 256}, 400, "invalid_param", "user must be at most 255 characters.", "user"),
        ({"query": ...}, 400, "invalid_param", "Missing required parameter in the JSON body", "query"),
        ({"query": ""}, 400, "invalid_param", "query is required", None),
        ({"query": "\x00"}, 400, "invalid_param", "query is required", None),
        ({"inputs": ...}, 400, "invalid_param", "Missing required parameter in the JSON body", "inputs"),
        ({"inputs": []}, 400, "invalid_param", "inputs must be an object", "inputs"),
        ({"response_mode": "x"}, 400, "invalid_param", "x is not a valid choice", "response_mode"),
        ({"conversation_id": "abc"}, 400, "invalid_param", "abc is not a valid uuid.", "conversation_id"),
        (
            {"conversation_id": "0193a0a0-0000-7000-8000-000000000001"},
            404, "not_found", "Conversation Not Exists.", None,
        ),
    ],
)  # fmt: skip
def test_bad_fields_are_refused_with_the_contracts_sentences(client, changes, status, code, message, params):
    for mode in ("blocking", "streaming"):
        answer = ask(client, **{"response_mode": mode, **changes})
        assert answer.status == status
        body = answer.json()
        assert (body["code"], body["message"], body.get("params")) == (code, message, params)
    assert Message.objects.count() == 0


@pytest.mark.parametrize(
    "changes", [{"user": 7}, {"query": 12}, {"inputs": None}, {"conversation_id": ""}, {"files": None}]
)
def test_what_the_published_clients_send_is_accepted(client, changes):
    assert ask(client, **changes).status == 200


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b'{"query": "x', {}, 400, "bad_request"),
        (b"[1]", {}, 400, "bad_request"),
        (b"", {}, 400, "bad_request"),
        (b'{"query": "\xff\xfe"}', {}, 400, "bad_request"),
        (b'{"query": NaN}', {}, 400, "bad_request"),
        (b"[" * 100_000, {}, 400, "bad_request"),
        (b"query=x", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b'{"query": "' + b"x" * (6 * 2**20) + b'"}', {}, 413, "file_too_large"),
    ],
)
def test_bodies_that_are_no_json_object_are_refused(client, body, headers, status, code):
    answer = client.post("/v1/chat-messages", body, headers=headers)
    assert (answer.status, answer.json()["code"]) == (status, code)


def test_text_postgres_cannot_hold_is_cleaned(client):
    body = ask(client, query="a\x00b", inputs={"x": "\x00"}, user="a\x00da").json()
    message = Message.objects.get(id=body["id"])
    assert message.query == "ab"
    assert EndUser.objects.get(id=str(message.end_user_id)).session_id == "ada"


def test_a_question_longer_than_the_window_ends_in_one_error_event(client):
    events = ask(client, query="word " * 200_000, response_mode="streaming").events()
    assert [event["event"] for event in events] == ["error"]
    assert events[0]["code"] == "completion_request_error"
    assert "context window" in events[0]["message"]
    assert "task_id" not in events[0]
    message = Message.objects.get(id=events[0]["message_id"])
    assert (message.status, message.error_code) == ("error", "completion_request_error")


def test_an_unpublished_app_says_so(server, workspace):
    client = Client(server.url, make_key(make_app(workspace, published=False)))
    answer = ask(client)
    assert (answer.status, answer.json()["code"]) == (400, "app_unavailable")
    assert "Publish" in answer.json()["message"]


def test_wrong_mode_and_wrong_method(server, workspace):
    generator = Client(server.url, make_key(make_app(workspace, mode="completion")))
    assert ask(generator).json()["code"] == "not_chat_app"
    assert generator.get("/v1/chat-messages").json() == {
        "code": "method_not_allowed", "message": "The method is not allowed for the requested URL.", "status": 405
    }  # fmt: skip


def test_a_long_first_question_is_named_after_the_answer(client):
    query = "Please explain how the whole billing system works, in as much detail as you possibly can."
    body = ask(client, query=query).json()
    conversation = Conversation.objects.get(id=body["conversation_id"])
    for _ in range(100):
        conversation.refresh_from_db()
        if conversation.name != "New conversation":
            break
        time.sleep(0.02)
    assert conversation.name == "Please explain how the whole billing system works,"


def test_a_name_that_is_not_wanted_is_not_made(client):
    body = ask(client, auto_generate_name=False).json()
    assert Conversation.objects.get(id=body["conversation_id"]).name == "New conversation"
    assert UUID(body["id"]).version == 7
