"""Requests nobody sends by accident, against the real server: a clear refusal, never a 5xx."""

from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.factories import make_app, make_key, make_workspace
from tests.http import Client


@pytest.fixture
def client(server):
    return Client(server.url, make_key(make_app(make_workspace())))


def deep(levels: int) -> bytes:
    return b'{"query": "x", "user": "u", "inputs": {"j": ' + b"[" * levels + b"]" * levels + b"}}"


def handshake_status(server, path: str, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as refused, connect(server.url.replace("http", "ws") + path, **options):
        pass
    return refused.value.response.status_code


@pytest.mark.parametrize("path", ["/v1/", "/v1/info", "/v1/parameters"])
@pytest.mark.parametrize("accept", ["text/html", "text/event-stream", "", "garbage", "application/json;q=0"])
def test_the_service_api_answers_json_whatever_is_accepted(client, path, accept):
    answer = client.get(path, headers={"Accept": accept})
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"


def test_a_format_in_the_query_string_changes_nothing(client):
    assert client.get("/v1/info?format=xml").status == 200


@pytest.mark.parametrize("levels", [200, 500, 990, 1_020, 100_000])
def test_json_nested_too_deeply_is_refused(client, levels):
    answer = client.post("/v1/chat-messages", deep(levels))
    assert (answer.status, answer.json()["code"] in {"invalid_param", "bad_request"}) == (400, True)


def test_json_nested_as_people_do_is_read(client):
    assert client.post("/v1/chat-messages", deep(50)).status == 200


@pytest.mark.parametrize("field", ["conversation_id", "response_mode"])
def test_an_error_does_not_repeat_megabytes(client, field):
    answer = client.post("/v1/chat-messages", {"query": "x", "user": "u", "inputs": {}, field: "x" * 2_000_000})
    assert answer.status == 400
    assert len(answer.body) < 500


@pytest.mark.parametrize("path", ["/ws/nothing", "/ws/apps/x/chat", "/"])
def test_sockets_at_no_address_are_refused(server, path):
    assert handshake_status(server, path) == 403


@pytest.mark.parametrize("origin", ["http://[", "http://[::1", "null", "file://"])
def test_origins_that_cannot_be_ours_are_refused(server, origin):
    path = "/ws/apps/00000000-0000-0000-0000-000000000000/chat"
    assert handshake_status(server, path, additional_headers={"Origin": origin}) == 403
