"""A small HTTP client for tests: plain requests, JSON answers, SSE events, nothing hidden."""

import http.client
import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit


@dataclass
class Answer:
    """One HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def events(self) -> list[Any]:
        return [json.loads(line[6:]) for line in self.body.split(b"\n") if line.startswith(b"data: ")]


class Client:
    """Talks to one server; `token` becomes the Authorization header."""

    def __init__(self, url: str, token: str | None = None, timeout_s: float = 20) -> None:
        self.netloc = urlsplit(url).netloc
        self.token, self.timeout_s = token, timeout_s

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        with closing(self._send(method, path, body, headers)) as connection:
            return _whole(connection.getresponse())

    def get(self, path: str, **kwargs: Any) -> Answer:
        return self.request("GET", path, **kwargs)

    def post(self, path: str, body: Any = None, **kwargs: Any) -> Answer:
        return self.request("POST", path, body, **kwargs)

    def lines(self, method: str, path: str, body: Any = None) -> Iterator[bytes]:
        """The answer's lines as they arrive; closing the iterator leaves the stream."""
        with closing(self._send(method, path, body, None)) as connection:
            response = connection.getresponse()
            while line := response.readline():
                yield line

    def stream(self, path: str, body: Any) -> Iterator[Any]:
        """SSE events as they arrive."""
        for line in self.lines("POST", path, body):
            if line.startswith(b"data: "):
                yield json.loads(line[6:])

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str] | None) -> http.client.HTTPConnection:
        connection = http.client.HTTPConnection(self.netloc, timeout=self.timeout_s)
        sent = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            sent["Content-Type"] = "application/json"
        connection.request(method, path, body, {**sent, **(headers or {})})
        return connection


class Walker(Client):
    """Keeps its connection from one request to the next, for thousands of them."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._connection = http.client.HTTPConnection(self.netloc, timeout=self.timeout_s)

    def request(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        try:
            return self._ask(method, path, body, headers)
        except (http.client.RemoteDisconnected, ConnectionError):  # the server had closed it meanwhile
            self._connection.close()
            return self._ask(method, path, body, headers)

    def _ask(self, method: str, path: str, body: Any, headers: dict[str, str] | None) -> Answer:
        self._connection.request(method, path, body, headers or {})
        return _whole(self._connection.getresponse())


def _whole(response: http.client.HTTPResponse) -> Answer:
    return Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())


@dataclass
class Part:
    """A file of a multipart request; without a type the part names none."""

    data: bytes
    name: str = "a.png"
    type: str | None = "image/png"
    field: str = "file"


def form(*parts: Part, **fields: str) -> dict[str, Any]:
    """Body and headers of a multipart request, for `Client.post`."""
    pieces = [f'Content-Disposition: form-data; name="{key}"\r\n\r\n{value}'.encode() for key, value in fields.items()]
    for part in parts:
        head = f'Content-Disposition: form-data; name="{part.field}"; filename="{part.name}"\r\n'
        head += f"Content-Type: {part.type}\r\n" if part.type is not None else ""
        pieces.append(f"{head}\r\n".encode() + part.data)
    body = b"".join(b"--frontier\r\n" + piece + b"\r\n" for piece in pieces) + b"--frontier--\r\n"
    return {"body": body, "headers": {"Content-Type": "multipart/form-data; boundary=frontier"}}
