"""Bodies over the limit are refused before they are kept."""

import socket

import pytest

from tests.http import Client


@pytest.fixture
def small(settings):
    settings.LARGEST_BODY_BYTES = 1000


@pytest.mark.parametrize("path", ["/v1/chat-messages", "/signin"])
def test_a_declared_length_over_the_limit_is_refused_unread(server, small, path):
    answer = Client(server.url).post(path, b"x", headers={"Content-Length": "1001"})
    assert (answer.status, answer.json()["code"]) == (413, "file_too_large")


def test_an_undeclared_length_is_counted(server, small):
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        connection.sendall(b"POST /v1/chat-messages HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            connection.sendall(b"1f4\r\n" + b"x" * 500 + b"\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 413")
