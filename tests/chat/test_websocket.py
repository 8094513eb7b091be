"""The chat page's websocket."""

import json
from contextlib import contextmanager

import pytest
from django.test import Client as Browser
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.logs.models import Message
from apps.workspaces.models import User
from tests.factories import make_app, make_provider, make_workspace, upstream_config


@contextmanager
def socket(server, app, user=None):
    headers = {"Origin": server.url}
    if user is not None:
        browser = Browser()
        browser.force_login(user)
        headers["Cookie"] = f"sessionid={browser.cookies['sessionid'].value}"
    address = f"{server.url.replace('http', 'ws')}/ws/apps/{app.id}/chat"
    with connect(address, additional_headers=headers, open_timeout=10) as connection:
        yield connection


def send(connection, **message):
    connection.send(json.dumps(message))


def receive_run(connection):
    events: list[dict] = []
    while not events or events[-1]["event"] not in {"message_end", "error"}:
        events.append(json.loads(connection.recv(timeout=10)))
    return events


@pytest.fixture
def owner(workspace):
    return User.objects.get()


def test_a_turn_streams_the_service_apis_events(server, app, owner):
    with socket(server, app, owner) as connection:
        send(connection, type="chat", query="What can you do?", inputs={})
        events = receive_run(connection)
    assert events[-1]["event"] == "message_end"
    message = Message.objects.get(id=events[-1]["message_id"])
    assert message.answer == "".join(event.get("answer", "") for event in events)
    assert (message.invoke_from, message.account_id, message.end_user_id) == ("console", owner.id, None)


def test_a_conversation_goes_on(server, app, owner):
    with socket(server, app, owner) as connection:
        send(connection, type="chat", query="One?")
        first = receive_run(connection)[-1]
        send(connection, type="chat", query="Two?", conversation_id=first["conversation_id"])
        second = receive_run(connection)[-1]
    assert second["conversation_id"] == first["conversation_id"]


def test_a_live_run_can_be_read_again_from_its_beginning(server, workspace, owner, upstream):
    make_provider(workspace, upstream.base_url, "gen-30-30")
    app = make_app(workspace, upstream_config("gen-30-30"))
    with socket(server, app, owner) as connection:
        send(connection, type="chat", query="Count")
        first = [json.loads(connection.recv(timeout=10)) for _ in range(5)]
        with socket(server, app, owner) as again:
            send(again, type="attach", message_id=first[0]["message_id"])
            replayed = receive_run(again)
        first += receive_run(connection)
    assert replayed == first
    assert len(first) == 32


def test_an_ended_run_is_read_again_from_its_row(server, app, owner):
    with socket(server, app, owner) as connection:
        send(connection, type="chat", query="What can you do?")
        first = receive_run(connection)
    with socket(server, app, owner) as connection:
        send(connection, type="attach", message_id=first[-1]["message_id"])
        again = receive_run(connection)
    assert "".join(event.get("answer", "") for event in again) == "".join(event.get("answer", "") for event in first)
    assert again[-1] == first[-1]


def test_ping_is_answered(server, app, owner):
    with socket(server, app, owner) as connection:
        send(connection, type="ping")
        assert json.loads(connection.recv(timeout=5))["event"] == "pong"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("nonsense", "invalid_param"),
        ("[1]", "invalid_param"),
        ('{"type": "dance"}', "invalid_param"),
        ('{"type": "chat"}', "invalid_param"),
        ('{"type": "chat", "query": "x", "inputs": [1]}', "invalid_param"),
        ('{"type": "chat", "query": "x", "conversation_id": "0193a0a0-0000-7000-8000-000000000001"}', "not_found"),
        ('{"type": "attach", "message_id": "0193a0a0-0000-7000-8000-000000000001"}', "not_found"),
        ('{"type": "attach"}', "invalid_param"),
    ],
)
def test_a_bad_frame_is_answered_and_the_socket_stays(server, app, owner, frame, code):
    with socket(server, app, owner) as connection:
        connection.send(frame)
        answer = json.loads(connection.recv(timeout=5))
        assert (answer["event"], answer["code"]) == ("error", code)
        send(connection, type="ping")
        assert json.loads(connection.recv(timeout=5))["event"] == "pong"


def closes_with(connection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=5)
    return closed.value.rcvd.code


def test_strangers_are_shown_out(server, app):
    with socket(server, app) as connection:
        assert closes_with(connection) == 4401
    stranger = make_workspace("Other", "other@example.org").memberships.get().user
    with socket(server, app, stranger) as connection:
        assert closes_with(connection) == 4404


def test_another_members_run_cannot_be_attached(server, app, owner):
    from apps.workspaces.models import Membership
    from tests.factories import make_user

    colleague = make_user("colleague@example.org")
    Membership.objects.create(workspace=app.workspace, user=colleague, role="editor")
    with socket(server, app, owner) as connection:
        send(connection, type="chat", query="Secret?")
        message_id = receive_run(connection)[-1]["message_id"]
    with socket(server, app, colleague) as connection:
        send(connection, type="attach", message_id=message_id)
        assert json.loads(connection.recv(timeout=5))["code"] == "not_found"


def test_a_run_of_another_app_cannot_be_attached(server, app, owner):
    other = make_app(app.workspace)
    with socket(server, app, owner) as connection:
        send(connection, type="chat", query="Hello?")
        message_id = receive_run(connection)[-1]["message_id"]
    with socket(server, other, owner) as connection:
        send(connection, type="attach", message_id=message_id)
        assert json.loads(connection.recv(timeout=5))["code"] == "not_found"


@pytest.mark.parametrize("kind", [[], {}, ["chat"], {"chat": 1}, 5, None, True])
def test_a_type_that_is_no_word_is_refused(server, app, owner, kind):
    with socket(server, app, owner) as connection:
        send(connection, type=kind, query="hi")
        answer = json.loads(connection.recv(timeout=10))
    assert (answer["event"], answer["code"], answer["params"]) == ("error", "invalid_param", "type")


def test_a_session_cookie_with_nul_is_no_session(server, app):
    address = f"{server.url.replace('http', 'ws')}/ws/apps/{app.id}/chat"
    cookie = {"Cookie": 'sessionid="\\000aaaaaaaaaaaa"'}
    with connect(address, additional_headers=cookie) as connection, pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=10)
    assert closed.value.rcvd.code == 4401
