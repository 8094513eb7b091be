"""HTTP/1.1 in front of the service: keys, sizes, time-outs, and the caller who leaves."""

import asyncio
import hmac
import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httptools

from .errors import Refusal
from .limits import BODY_BYTES

HEADER_BYTES = 16384
FRAMED_BYTES = 2 * BODY_BYTES
REQUEST_S = 30.0  # for the whole of a request to arrive
IDLE_S = 75.0
MAX_CONNECTIONS = 1000

log = logging.getLogger("sandbox")
Route = Callable[[bytes], Awaitable[tuple[int, dict[str, Any]]]]


@dataclass(slots=True)
class App:
    """What answers.

    Args:
        key: asked for as X-Api-Key by the routes that need one.
        routes: by "METHOD /path"; a body in, status and JSON out.
        open_routes: those of them without a key.
        refuse: makes the body of a refusal for a path.
    """

    key: str
    routes: dict[str, Route]
    open_routes: frozenset[str]
    refuse: Callable[[str, Refusal], dict[str, Any]]
    connections: set["Connection"] = field(default_factory=set)


class Connection(asyncio.Protocol):
    """One caller. Requests are answered one after another; who leaves takes a run under way along."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._loop = asyncio.get_running_loop()
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._stays = False
        self._begin()

    def _begin(self) -> None:
        self._path, self._key, self._body = "", "", bytearray()
        self._received_bytes, self._has_headers, self._refused = 0, False, False

    # asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        if len(self._app.connections) >= MAX_CONNECTIONS:
            transport.abort()
            return
        self._app.connections.add(self)
        self._expire_in(REQUEST_S)

    def connection_lost(self, error: Exception | None) -> None:
        self._app.connections.discard(self)
        if self._timer:
            self._timer.cancel()
        if self._task:
            self._task.cancel()

    def data_received(self, data: bytes) -> None:
        if self._task or self._refused:  # pipelining: nobody needs it, and it would have to be kept somewhere
            self.close()
            return
        self._received_bytes += len(data)
        try:
            self._parser.feed_data(data)
            self._check_received()
        except httptools.HttpParserUpgrade:
            self._refuse(Refusal(400, "invalid_request", "There is nothing to upgrade to."))
        except httptools.HttpParserError:
            if not self._refused:
                self._refuse(Refusal(400, "invalid_request", "This is not HTTP."))

    def _check_received(self) -> None:
        """The parser keeps a header until it is whole, and a chunk's frame costs more bytes than it carries."""
        if self._refused or self._task:
            return
        if not self._has_headers and self._received_bytes > HEADER_BYTES:
            self._refuse(Refusal(431, "too_large", "The headers are too long."))
        elif self._received_bytes > HEADER_BYTES + FRAMED_BYTES:
            self._refuse(Refusal(413, "too_large", f"A request has at most {BODY_BYTES} bytes."))

    def close(self) -> None:
        """Ends the connection; what was written is still sent."""
        if self._transport:
            self._transport.close()

    def _abort(self) -> None:
        """Ends the connection, also of a caller who does not read."""
        if self._transport:
            self._transport.abort()

    def _expire_in(self, seconds: float) -> None:
        if self._timer:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, self._abort)

    # httptools

    def on_message_begin(self) -> None:
        if self._task:  # a second request behind the first: see data_received
            self._refused = True
            self.close()
            return
        self._expire_in(REQUEST_S)

    def on_url(self, url: bytes) -> None:
        self._path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() == b"x-api-key":
            self._key = value.decode("latin-1")
        elif name.lower() == b"expect" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_headers_complete(self) -> None:
        if self._refused:
            return
        self._has_headers, route = True, self._route
        if route not in self._app.routes:
            self._refuse(Refusal(404, "not_found", "There is no such address."))
        elif route not in self._app.open_routes and not hmac.compare_digest(self._key.encode(), self._app.key.encode()):
            self._refuse(Refusal(401, "unauthorized", "The X-Api-Key header does not hold the sandbox's key."))

    @property
    def _route(self) -> str:
        return f"{self._parser.get_method().decode('latin-1')} {self._path.partition('?')[0]}"

    def on_body(self, data: bytes) -> None:
        if self._refused:
            return
        self._body += data
        if len(self._body) > BODY_BYTES:
            self._refuse(Refusal(413, "too_large", f"A request has at most {BODY_BYTES} bytes."))

    def on_message_complete(self) -> None:
        if self._refused:
            return
        if self._timer:
            self._timer.cancel()
        self._stays = self._parser.should_keep_alive()
        self._task = self._loop.create_task(self._answer(self._route, bytes(self._body)))
        self._task.add_done_callback(self._answered)

    # Answers

    async def _answer(self, route: str, body: bytes) -> None:
        try:
            status, answer = await self._app.routes[route](body)
        except Refusal as refusal:
            self._write(refusal.status, self._app.refuse(self._path, refusal), refusal.retry_after_s)
        else:
            self._write(status, answer)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._task = None
        if task.cancelled():
            return
        if error := task.exception():
            log.error("a request failed", exc_info=error)
            failed = Refusal(500, "internal_error", "The sandbox failed.")
            self._write(500, self._app.refuse(self._path, failed))
        self._expire_in(IDLE_S)
        self._begin()
        if not self._stays:
            self.close()

    def _refuse(self, refusal: Refusal) -> None:
        """Answers before the request is complete, and takes no more of it."""
        self._refused = True
        self._write(refusal.status, self._app.refuse(self._path, refusal), refusal.retry_after_s, close=True)
        self._expire_in(1.0)

    def _write(self, status: int, answer: dict[str, Any], retry_after_s: int = 0, *, close: bool = False) -> None:
        body = json.dumps(answer, separators=(",", ":")).encode()
        head = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", "Content-Type: application/json"]
        head += [f"Content-Length: {len(body)}", "Cache-Control: no-store"]
        if retry_after_s:
            head.append(f"Retry-After: {retry_after_s}")
        if close:
            head.append("Connection: close")
        if self._transport:
            self._transport.write("\r\n".join(head).encode() + b"\r\n\r\n" + body)
            if close:
                self._transport.close()
