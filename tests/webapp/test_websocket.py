"""The public page's websocket: a passport first, then turns as in the console, less what visitors need not know."""

import json
from contextlib import contextmanager

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from apps.common.perloop import run
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_document
from apps.logs.models import Message
from apps.prompts.models import EndUser
from apps.prompts.services.apps import reset_site_code, update_app
from tests.factories import make_app, make_provider, upstream_config
from tests.http import Client
from tests.waiting import eventually

LAST = {"message_end", "error"}


def passport_of(server, app, **query: str) -> str:
    path = "/api/passport" + ("?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else "")
    answer = Client(server.url).get(path, headers={"X-App-Code": app.site_code})
    return answer.json()["access_token"]


@contextmanager
def socket(server, app, token: str | None = None):
    """A connection that has shown a passport, a new one unless `token` is given."""
    address = f"{server.url.replace('http', 'ws')}/ws/site/{app.site_code}/chat"
    with connect(address, additional_headers={"Origin": server.url}, open_timeout=10) as connection:
        send(connection, type="auth", token=passport_of(server, app) if token is None else token)
        assert receive(connection) == {"event": "ready"}
        yield connection


def send(connection, **message):
    connection.send(json.dumps(message))


def receive(connection):
    return json.loads(connection.recv(timeout=10))


def receive_run(connection):
    events: list[dict] = []
    while not events or events[-1]["event"] not in LAST:
        events.append(receive(connection))
    return events


def closes_with(connection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        connection.recv(timeout=10)
    return closed.value.rcvd.code


def test_a_visitors_turn_is_stored_as_the_visitors(server, app):
    with socket(server, app) as connection:
        send(connection, type="chat", query="What can you do?", inputs={})
        events = receive_run(connection)
    assert events[-1]["event"] == "message_end"
    message = Message.objects.get(id=events[-1]["message_id"])
    assert message.end_user_id
    assert message.answer == "".join(event.get("answer", "") for event in events)
    assert (message.invoke_from, message.account_id) == ("web-app", None)
    assert EndUser.objects.get(id=message.end_user_id).is_anonymous


def test_the_person_an_embedding_site_names_is_the_end_user(server, app):
    with socket(server, app, passport_of(server, app, user_id="ada")) as connection:
        send(connection, type="chat", query="Hello?")
        message_id = receive_run(connection)[-1]["message_id"]
    end_user = EndUser.objects.get(id=Message.objects.get(id=message_id).end_user_id or "")
    assert (end_user.session_id, end_user.is_anonymous) == ("ada", False)


def test_visitors_see_passages_but_neither_usage_nor_where_they_lie(server, workspace):
    dataset = create_dataset(workspace=workspace, name="Handbook", indexing_technique="economy")
    text = "Hotels in Oslo cost at most 210 euros a night."
    run(index_document(create_document_from_text(dataset=dataset, name="rules", text=text).pk))
    config = {
        "pre_prompt": "Answer from the context.",
        "retriever_resource": {"enabled": True},
        "dataset_configs": {"datasets": {"datasets": [{"dataset": {"enabled": True, "id": str(dataset.pk)}}]}},
    }
    app = make_app(workspace, config)
    with socket(server, app) as connection:
        send(connection, type="chat", query="What may a hotel in Oslo cost?")
        over_socket = receive_run(connection)[-1]["metadata"]
    client = Client(server.url, passport_of(server, app))
    body = {"query": "What may a hotel in Oslo cost?", "inputs": {}}
    over_stream = client.post("/api/chat-messages", {**body, "response_mode": "streaming"}).events()[-1]["metadata"]
    blocking = client.post("/api/chat-messages", body).json()["metadata"]
    assert over_socket == over_stream == blocking
    assert set(over_socket) == {"retriever_resources"}
    [resource] = over_socket["retriever_resources"]
    assert set(resource) == {"segment_id", "position", "document_name", "score", "content"}
    assert resource["content"] == text


def test_a_lost_run_is_read_again_over_either_way(server, workspace, upstream):
    make_provider(workspace, upstream.base_url, "gen-30-30")
    app = make_app(workspace, upstream_config("gen-30-30"))
    token = passport_of(server, app)
    with socket(server, app, token) as connection:
        send(connection, type="chat", query="Count")
        first = [receive(connection) for _ in range(5)]
    message_id = first[0]["message_id"]
    with socket(server, app, token) as connection:
        send(connection, type="attach", message_id=message_id)
        over_socket = receive_run(connection)
    over_stream = Client(server.url, token).get(f"/api/messages/{message_id}/events").events()
    assert over_socket[:5] == first
    assert over_socket[-1]["event"] == "message_end"
    text = ["".join(event.get("answer", "") for event in events) for events in (over_socket, over_stream)]
    assert text[0] == text[1]


def test_another_visitors_run_is_not_found(server, app):
    with socket(server, app) as connection:
        send(connection, type="chat", query="Secret?")
        message_id = receive_run(connection)[-1]["message_id"]
    other = passport_of(server, app)
    with socket(server, app, other) as connection:
        send(connection, type="attach", message_id=message_id)
        assert receive(connection)["code"] == "not_found"
    assert Client(server.url, other).get(f"/api/messages/{message_id}/events").status == 404


def test_a_text_generator_answers_without_a_question(server, workspace):
    app = make_app(workspace, {"pre_prompt": "Write a poem."}, mode="completion")
    with socket(server, app) as connection:
        send(connection, type="chat", inputs={})
        last = receive_run(connection)[-1]
    assert last["event"] == "message_end"
    assert "conversation_id" not in last


@pytest.mark.parametrize("token", ["", "nonsense", "eyJhbGciOiJub25lIn0.e30.", 5, None, ["x"]])
def test_a_forged_passport_is_refused(server, app, token):
    address = f"{server.url.replace('http', 'ws')}/ws/site/{app.site_code}/chat"
    with connect(address, open_timeout=10) as connection:
        send(connection, type="auth", token=token)
        assert closes_with(connection) == 4401


@pytest.mark.parametrize("frame", ["nonsense", "[1]", '{"type": "chat", "query": "x"}', '{"type": "ping"}', "{}"])
def test_nothing_is_done_before_the_passport(server, app, frame):
    address = f"{server.url.replace('http', 'ws')}/ws/site/{app.site_code}/chat"
    with connect(address, open_timeout=10) as connection:
        connection.send(frame)
        assert receive(connection)["code"] == "invalid_param"
    assert not Message.objects.exists()


def test_a_page_that_does_not_exist_shows_visitors_out(server, app):
    update_app(app=app, enable_site=False)
    address = f"{server.url.replace('http', 'ws')}/ws/site/{app.site_code}/chat"
    with connect(address, open_timeout=10) as connection:
        assert closes_with(connection) == 4404


@pytest.mark.parametrize("ending", [reset_site_code, lambda app: update_app(app=app, enable_site=False)])
def test_web_04_a_live_connection_ends_with_the_page(server, app, ending):
    token = passport_of(server, app)
    with socket(server, app, token) as connection:
        ending(app=app)
        eventually(lambda: Client(server.url, token).get("/api/parameters").status == 401)  # word of it has come
        send(connection, type="chat", query="Still here?")
        assert closes_with(connection) == 4401
    assert not Message.objects.exists()


def test_a_browser_on_another_site_cannot_open_it(server, app):
    address = f"{server.url.replace('http', 'ws')}/ws/site/{app.site_code}/chat"
    with pytest.raises(Exception, match="403"):
        connect(address, additional_headers={"Origin": "https://evil.example"}, open_timeout=10)
