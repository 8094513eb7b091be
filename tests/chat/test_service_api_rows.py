"""Features of the service API that no other file of tests names."""

import json
from uuid import UUID, uuid4

import pytest
from asgiref.sync import async_to_sync

from apps.common.errors import NotFound
from apps.logs.history import stored_run
from apps.logs.models import Conversation, Message
from apps.prompts.services.keys import create_app_key, revoke_key
from tests.docs.pages import read
from tests.factories import (
    api_user,
    make_app,
    make_conversation,
    make_key,
    make_message,
    make_provider,
    upstream_config,
)
from tests.http import Client, Part, form
from tests.waiting import eventually

ASK = {"inputs": {}, "query": "Why?", "user": "ada"}


def test_api_02_each_of_an_apps_keys_is_revoked_alone(server, app):
    one, two = (Client(server.url, create_app_key(app=app)) for _ in range(2))
    assert [client.get("/v1/info").status for client in (one, two)] == [200, 200]
    revoke_key(workspace=app.workspace, token_id=app.tokens.earliest("created_at").pk)
    eventually(lambda: one.get("/v1/info").status == 401)
    assert two.get("/v1/info").status == 200


@pytest.mark.parametrize("mode", ["blocking", "streaming"])
def test_api_04_completion_messages(server, workspace, mode):
    client = Client(server.url, make_key(make_app(workspace, {"pre_prompt": "Say {{x}}."}, mode="completion")))
    answer = client.post("/v1/completion-messages", {**ASK, "response_mode": mode})
    *_, last = answer.events() if mode == "streaming" else [answer.json()]
    assert (last["event"], "conversation_id" in last) == ("message_end" if mode == "streaming" else "message", False)
    assert Conversation.objects.count() == 0


def test_api_05_the_first_call_with_an_empty_id_returns_one(client):
    first = client.post("/v1/chat-messages", {**ASK, "conversation_id": ""}).json()
    second = client.post("/v1/chat-messages", {**ASK, "conversation_id": first["conversation_id"]}).json()
    assert UUID(first["conversation_id"]) == UUID(second["conversation_id"])
    assert Conversation.objects.count() == 1


def test_api_06_an_unknown_conversation_is_404(client):
    for mode in ("blocking", "streaming"):
        body = {**ASK, "conversation_id": str(uuid4()), "response_mode": mode}
        assert client.post("/v1/chat-messages", body).status == 404


def test_api_07_each_frame_of_a_stream_is_one_line_of_json(client):
    answer = client.post("/v1/chat-messages", {**ASK, "response_mode": "streaming"})
    frames = answer.body.split(b"\n\n")
    assert frames.pop() == b""
    for frame in frames:
        name, _, text = frame.partition(b" ")
        assert (name, b"\n" in frame) == (b"data:", False)
        assert json.loads(text)["event"] in {"message", "message_end"}


def test_api_08_a_blocking_answer_is_one_object(client):
    answer = client.post("/v1/chat-messages", {**ASK, "response_mode": "blocking"})
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["event"] == "message"


def test_api_09_the_conversation_of_an_answer_can_be_looked_up(client, app):
    answer = client.post("/v1/chat-messages", ASK).json()
    row = Conversation.objects.get(pk=answer["conversation_id"])
    assert (row.app_id, row.workspace_id) == (app.pk, app.workspace_id)
    assert str(row.messages.get().pk) == answer["id"]


def test_api_10_the_documentation_says_where_a_key_belongs():
    assert "A key in a page can be read by everybody." in read("api.md")


def test_api_12_a_picture_is_uploaded_sent_and_looked_at_again(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "fake")
    feature = {"file_upload": {"image": {"enabled": True, "transfer_methods": ["local_file"]}}}
    client = Client(server.url, make_key(make_app(workspace, {**upstream_config("fake"), **feature})))
    file_id = client.post("/v1/files/upload", **form(Part(b"\x89PNG"), user="ada")).json()["id"]
    file = {"type": "image", "transfer_method": "local_file", "upload_file_id": file_id}
    foreign = client.post("/v1/chat-messages", {**ASK, "user": "bob", "files": [file]})
    assert (foreign.status, foreign.json()["message"]) == (400, "Invalid upload file")
    answer = client.post("/v1/chat-messages", {**ASK, "files": [file]}).json()
    path = f"/v1/messages?user=ada&conversation_id={answer['conversation_id']}"
    [shown] = client.get(path).json()["data"][0]["message_files"]
    assert (shown["upload_file_id"], shown["belongs_to"]) == (file_id, "user")
    assert client.get(f"/v1/files/{file_id}/preview?user=ada").body == b"\x89PNG"


def test_a_deleted_conversations_run_is_not_found_again(client, app):
    ada = api_user(app)
    conversation = make_conversation(app, ada)
    message = make_message(app, ada, conversation)
    whose = {"workspace_id": app.workspace_id, "app_id": app.pk, "end_user_id": ada.end_user_id, "account_id": None}
    find = async_to_sync(stored_run)
    assert find(message_id=message.pk, **whose).answer == "Because."
    client.request("DELETE", f"/v1/conversations/{conversation.pk}", {"user": "ada"})
    with pytest.raises(NotFound):
        find(message_id=message.pk, **whose)


def test_views_beside_the_runs_give_their_connections_back(client, app, settings):
    conversation = make_conversation(app, api_user(app))
    message = make_message(app, api_user(app), conversation)
    for n in range(settings.DATABASE_POOL_SIZE + 4):
        path = f"/v1/conversations/{conversation.pk}/name"
        assert client.post(path, {"name": str(n), "user": "ada"}).status == 200
        assert client.get(f"/v1/messages/{message.pk}/suggested?user=ada").status == 400
    assert Message.objects.count() == 1
