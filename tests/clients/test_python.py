"""The published Python client (PyPI dify-client 0.1.10), unchanged, against the running product."""

import json
from typing import Any

import pytest
from dify_client import ChatClient, CompletionClient

from apps.logs.models import Feedback
from tests.factories import make_app, make_key

USER = "ada"


@pytest.fixture
def chat(server, app) -> Any:
    client = ChatClient(make_key(app))
    client.base_url = f"{server.url}/v1"
    return client


@pytest.fixture
def text(server, workspace) -> Any:
    client = CompletionClient(make_key(make_app(workspace, {"pre_prompt": "Say something."}, mode="completion")))
    client.base_url = f"{server.url}/v1"
    return client


def ok(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.text
    return response.json()


def events(response: Any) -> list[Any]:
    assert response.status_code == 200
    return [json.loads(line[6:]) for line in response.iter_lines() if line.startswith(b"data: ")]


def test_emb_05_chat_messages_in_both_modes(chat):
    first = ok(chat.create_chat_message(inputs={}, query="What can you do?", user=USER))
    conversation_id = first["conversation_id"]
    second = chat.create_chat_message({}, "And then?", USER, response_mode="streaming", conversation_id=conversation_id)
    *deltas, last = events(second)
    assert {event["event"] for event in deltas} == {"message"}
    assert (last["event"], last["conversation_id"]) == ("message_end", conversation_id)


def test_conversations_and_their_messages(chat):
    asked = [ok(chat.create_chat_message({}, f"Question {n}", USER)) for n in range(3)]
    page = ok(chat.get_conversations(USER, limit=2))
    assert ([item["name"] for item in page["data"]], page["has_more"]) == (["Question 2", "Question 1"], True)
    rest = ok(chat.get_conversations(USER, last_id=page["data"][-1]["id"], pinned=True))
    assert [item["name"] for item in rest["data"]] == ["Question 0"]
    conversation_id = asked[0]["conversation_id"]
    more = ok(chat.create_chat_message({}, "More", USER, conversation_id=conversation_id))
    messages = ok(chat.get_conversation_messages(USER, conversation_id))
    assert [item["id"] for item in messages["data"]] == [asked[0]["id"], more["id"]]
    older = ok(chat.get_conversation_messages(USER, conversation_id, first_id=more["id"], limit=1))
    assert [item["id"] for item in older["data"]] == [asked[0]["id"]]
    assert ok(chat.rename_conversation(conversation_id, "Tea", USER))["name"] == "Tea"
    assert chat.get_conversation_messages(USER).json()["params"] == "conversation_id"


def test_feedback_and_parameters(chat):
    message_id = ok(chat.create_chat_message({}, "Hi", USER))["id"]
    for rating in ("like", "dislike", None):
        assert ok(chat.message_feedback(message_id, rating, USER)) == {"result": "success"}
        assert list(Feedback.objects.values_list("rating", flat=True)) == ([rating] if rating else [])
    assert chat.message_feedback(message_id, "meh", USER).status_code == 400
    assert "user_input_form" in ok(chat.get_application_parameters(USER))


def test_a_file_is_uploaded(chat):
    body = ok(chat.file_upload(USER, {"file": ("a.png", b"\x89PNG", "image/png")}), 201)
    assert (body["name"], body["extension"]) == ("a.png", "png")


def test_texts_in_both_modes(text):
    assert ok(text.create_completion_message({}, "blocking", USER))["mode"] == "completion"
    assert events(text.create_completion_message({}, "streaming", USER, files=None))[-1]["event"] == "message_end"
