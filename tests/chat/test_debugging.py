"""Trying an app out while it is made: the draft runs, for its makers alone, apart from what its users do."""

import json
from contextlib import contextmanager

import pytest
from django.test import Client as Browser
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.logs.models import Feedback, Message
from apps.prompts.services.versions import save_draft
from apps.workspaces.choices import Role
from apps.workspaces.models import User
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_provider, make_user, make_workspace, upstream_config
from tests.http import Client


def signed_in(user) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@contextmanager
def socket(server, app, user):
    headers = {"Origin": server.url, "Cookie": f"sessionid={signed_in(user).cookies['sessionid'].value}"}
    address = f"{server.url.replace('http', 'ws')}/ws/apps/{app.id}/debug"
    with connect(address, additional_headers=headers, open_timeout=10) as connection:
        yield connection


def ask(connection, query="What can you do?", **fields) -> dict:
    """The last event of a turn."""
    connection.send(json.dumps({"type": "chat", "query": query, "inputs": {}, **fields}))
    while True:
        event = json.loads(connection.recv(timeout=10))
        if event["event"] in {"message_end", "error"}:
            return event


def close_code(connection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=5)
    return closed.value.rcvd.code


def sent_of(event) -> str:
    return str(Message.objects.get(id=event["message_id"]).prompt)


@pytest.fixture
def owner(workspace):
    return User.objects.get()


def test_the_draft_runs_and_not_what_is_published(server, app, owner):
    draft = save_draft(app=app, config={"pre_prompt": "Be long."})
    with socket(server, app, owner) as connection:
        event = ask(connection)
    message = Message.objects.get(id=event["message_id"])
    assert (message.version_id, message.invoke_from, message.account_id) == (draft.id, "debugger", owner.id)
    assert "Be long." in str(message.prompt)


def test_an_app_that_was_never_published_runs(server, workspace, owner):
    app = make_app(workspace, published=False)
    with socket(server, app, owner) as connection:
        assert ask(connection)["event"] == "message_end"


def test_each_question_runs_the_draft_as_it_is_then(server, app, owner):
    with socket(server, app, owner) as connection:
        first = ask(connection)
        save_draft(app=app, config={"pre_prompt": "Be long."})
        second = ask(connection, conversation_id=first["conversation_id"])
    assert second["conversation_id"] == first["conversation_id"]
    assert "Be long." in sent_of(second)


def test_a_version_can_be_named(server, app, owner):
    save_draft(app=app, config={"pre_prompt": "Be long."})
    with socket(server, app, owner) as connection:
        assert "Be brief." in sent_of(ask(connection, version_id=str(app.published_id)))


def test_a_version_of_another_app_is_not_found(server, app, owner):
    other = make_app(make_workspace("Other", "other@example.org"))
    with socket(server, app, owner) as connection:
        event = ask(connection, version_id=str(other.published_id))
        assert (event["event"], event["code"]) == ("error", "not_found")
        assert ask(connection, version_id="latest")["code"] == "invalid_param"


def test_a_model_can_be_named(server, workspace, owner, upstream):
    make_provider(workspace, upstream.base_url, "echo", "gen-3-1")
    app = make_app(workspace, upstream_config("echo"))
    model = {"provider": "openai_api_compatible", "name": "gen-3-1", "completion_params": {"temperature": 0.2}}
    with socket(server, app, owner) as connection:
        event = ask(connection, model=model)
        assert event["event"] == "message_end"
        refused = [
            ask(connection, model={"provider": "openai_api_compatible"}),
            ask(connection, model={**model, "completion_params": {"temperature": 99}}),
            ask(connection, model="gen-3-1"),
        ]
    assert Message.objects.get(id=event["message_id"]).model == "gen-3-1"
    assert upstream.last()[0]["body"]["temperature"] == 0.2
    assert {answer["code"] for answer in refused} == {"invalid_param"}
    assert Message.objects.count() == 1


def test_a_text_generator_is_tried_out(server, workspace, owner):
    form = [{"paragraph": {"variable": "text", "label": "Text", "required": True}}]
    config = {"pre_prompt": "Rewrite: {{text}}", "user_input_form": form}
    app = make_app(workspace, config, mode="completion", published=False)
    with socket(server, app, owner) as connection:
        refused = ask(connection, query="")
        assert ask(connection, query="", inputs={"text": "Noon."})["event"] == "message_end"
    assert (refused["event"], "Text" in refused["message"] or "text" in refused["message"]) == ("error", True)


@pytest.mark.parametrize("role", [Role.NORMAL, Role.DATASET_OPERATOR])
def test_who_only_uses_apps_does_not_try_them_out(server, app, role):
    member = make_user("member@example.org")
    add_member(workspace=app.workspace, user=member, role=role)
    with socket(server, app, member) as connection:
        assert close_code(connection) == 4404


def test_a_foreign_app_is_not_found(server, app):
    stranger = make_workspace("Other", "other@example.org").memberships.get().user
    with socket(server, app, stranger) as connection:
        assert close_code(connection) == 4404
    assert signed_in(stranger).get(f"/apps/{app.id}/debug/messages/{app.id}/prompt").status_code == 404


def test_a_chat_in_the_console_is_another_matter(server, app, owner):
    """Neither goes on with a conversation of the other."""
    with socket(server, app, owner) as connection:
        event = ask(connection)
    headers = {"Origin": server.url, "Cookie": f"sessionid={signed_in(owner).cookies['sessionid'].value}"}
    with connect(f"{server.url.replace('http', 'ws')}/ws/apps/{app.id}/chat", additional_headers=headers) as chat:
        assert ask(chat, conversation_id=event["conversation_id"])["code"] == "not_found"


def test_ratings_are_kept_out_of_what_users_thought(server, app, owner, client: Client):
    browser = signed_in(owner)
    with socket(server, app, owner) as connection:
        message_id = ask(connection)["message_id"]
    address = f"/apps/{app.id}/debug/messages/{message_id}/rating"
    assert browser.post(address, {"rating": "like"}, content_type="application/json").status_code == 204
    assert Feedback.objects.get().rating == "like"
    assert client.get("/v1/app/feedbacks").json()["data"] == []
    assert browser.post(address, {"rating": None}, content_type="application/json").status_code == 204
    assert not Feedback.objects.exists()
    assert browser.post(address, {"rating": "great"}, content_type="application/json").status_code == 400


def test_the_prompt_log_says_what_was_sent_and_what_it_cost(server, app, owner):
    browser = signed_in(owner)
    with socket(server, app, owner) as connection:
        message_id = ask(connection, "Where is <Oslo>?")["message_id"]
    address = f"/apps/{app.id}/debug/messages/{message_id}/prompt"
    part = browser.get(address, headers={"HX-Request": "true"}).content.decode()
    assert "Be brief." in part
    assert "Where is &lt;Oslo&gt;?" in part
    assert "sent, " in part
    assert "USD" in part
    assert "<h1" in browser.get(address).content.decode()


def test_what_a_colleague_tried_out_is_not_shown(server, app, owner):
    colleague = make_user("colleague@example.org")
    add_member(workspace=app.workspace, user=colleague, role=Role.EDITOR)
    with socket(server, app, owner) as connection:
        message_id = ask(connection)["message_id"]
    browser = signed_in(colleague)
    assert browser.get(f"/apps/{app.id}/debug/messages/{message_id}/prompt").status_code == 404
    assert browser.get(f"/apps/{app.id}/debug/messages/{message_id}/suggestions").status_code == 404


def test_follow_up_questions_come_where_the_draft_has_them(server, workspace, owner, upstream):
    make_provider(workspace, upstream.base_url, "questions")
    app = make_app(workspace, upstream_config("questions"))
    browser = signed_in(owner)
    with socket(server, app, owner) as connection:
        address = f"/apps/{app.id}/debug/messages/{ask(connection)['message_id']}/suggestions"
    assert browser.get(address).json()["code"] == "bad_request"
    save_draft(app=app, config=upstream_config("questions", suggested_questions_after_answer={"enabled": True}))
    assert browser.get(address).json()["result"] == "success"


def test_sound_is_refused_with_a_sentence_where_the_draft_has_none(server, app, owner):
    browser = signed_in(owner)
    spoken = browser.post(f"/apps/{app.id}/debug/speech", {"text": "Hello"}, content_type="application/json")
    heard = browser.post(f"/apps/{app.id}/debug/transcript", {})
    assert (spoken.status_code, heard.status_code) == (400, 400)
    assert spoken.json()["message"] == "TTS is not enabled"
    assert heard.json()["message"] == "Speech to text is not enabled"


def test_a_picture_goes_with_the_question(server, workspace, owner):
    app = make_app(workspace, {"pre_prompt": "Look.", "file_upload": {"image": {"enabled": True}}})
    browser = signed_in(owner)
    from django.core.files.uploadedfile import SimpleUploadedFile

    picture = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n", content_type="image/png")
    answer = browser.post(f"/apps/{app.id}/debug/files", {"file": picture})
    assert answer.status_code == 201
    file = {"type": "image", "transfer_method": "local_file", "upload_file_id": answer.json()["id"]}
    with socket(server, app, owner) as connection:
        assert ask(connection, files=[file])["event"] == "message_end"
    assert browser.post(f"/apps/{app.id}/debug/files").status_code == 400
