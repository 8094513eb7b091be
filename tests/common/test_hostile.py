"""Requests nobody sends by accident, against the real server: a clear refusal, never a 5xx."""

from socket import create_connection
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


OFFER = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
ASKED = b'{"query": "x", "user": "u", "inputs": {}}'
IN_CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(ASKED), ASKED)


def head(client: Client, method: bytes, path: bytes, *lines: bytes) -> bytes:
    token = (client.token or "").encode()
    start = b"%b %b HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer %b\r\n" % (method, path, token)
    return start + b"Content-Type: application/json\r\n" + b"".join(lines) + b"\r\n"


def said_over_one_connection(server, *parts: bytes) -> bytes:
    """All that is answered to requests of which the last asks to close."""
    with create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for part in parts:
            connection.sendall(part)
        answer = b""
        while data := connection.recv(65536):
            answer += data
    return answer


@pytest.mark.parametrize(
    ("framing", "parts"),
    [
        (b"Content-Length: %d\r\n" % len(ASKED), [ASKED]),
        (b"Content-Length: %d\r\n" % len(ASKED), [ASKED[:7], ASKED[7:]]),
        (b"Transfer-Encoding: chunked\r\n", [IN_CHUNKS]),
        (b"Transfer-Encoding: chunked\r\n", [IN_CHUNKS[:5], IN_CHUNKS[5:]]),
    ],
)
@pytest.mark.parametrize("at_once", [True, False])
def test_an_offer_of_http_2_as_java_makes_it_is_passed_over(server, client, framing, parts, at_once):
    """The request keeps its body, and the connection its next requests."""
    asked = [head(client, b"POST", b"/v1/chat-messages", OFFER, framing), *parts]
    asked += [head(client, b"GET", b"/v1/info", OFFER), head(client, b"GET", b"/v1/info", b"Connection: close\r\n")]
    answer = said_over_one_connection(server, *([b"".join(asked)] if at_once else asked))
    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert b'"event": "message"' in answer


@pytest.mark.parametrize(
    "request_line", [b"CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", b"CONNECT h:443 HTTP/1.1\r\n" + OFFER + b"\r\n"]
)
def test_a_tunnel_is_refused(server, request_line):
    assert said_over_one_connection(server, request_line).startswith(b"HTTP/1.1 400 ")


def test_health_is_told_by_whatever_name_it_is_asked(server, settings):
    settings.ALLOWED_HOSTS = ["parley.example.org"]
    client = Client(server.url)
    assert client.get("/health").status == 200
    assert client.post("/health", {}).status == 405
    assert client.get("/signin").status == 400
