"""The one outbound door: every HTTP request that somebody's configuration can steer leaves through here.

The address is checked where the socket is made, on the very address that is connected to, so neither redirects,
rebinding names nor odd spellings of an address get around it. Proxies of the environment are not used.
"""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import aiohttp

from . import exchanges, product
from .errors import AppError
from .guard import AddressBlocked, check_url, is_allowed
from .perloop import PerLoop

MAX_BODY_BYTES: Final = 32 * 2**20
DRAIN_S: Final = 1.0
_FAILURES: Final = (aiohttp.ClientError, OSError, TimeoutError, ValueError)
Cause = Literal["name", "encryption", "silence", "refusal", "packing", "other"]
_drains: set[asyncio.Task[None]] = set()


class OutboundError(AppError):
    """A request did not get its whole answer."""

    code = "request_failed"
    retryable = True
    default_message = "The request failed."


class ConnectFailed(OutboundError):
    """No connection."""

    default_message = "Could not connect to the server."


class ConnectionBroken(OutboundError):
    """The other side ended the answer in the middle."""

    default_message = "Response ended prematurely"


class Stalled(OutboundError):
    """Connected, but silent for too long."""

    def __init__(self, limit_s: float) -> None:
        super().__init__(f"The server sent no data for {limit_s:g} s")


class ResponseTooLarge(OutboundError):
    """The decoded body is over its limit."""

    retryable = False
    default_message = "The response is too large."


@dataclass(frozen=True, slots=True)
class Fetched:
    """A whole answer; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Blocked(OSError):
    """What the socket factory raises, so that it passes through the connection code as any failed connect."""


def _open_socket(info: aiohttp.AddrInfoType, *, private_allowed: bool) -> socket.socket:
    family, kind, protocol, _, where = info
    if not is_allowed(str(where[0]), int(where[1]), private_allowed=private_allowed):
        raise _Blocked
    return socket.socket(family, kind, protocol)


def _session(*, private_allowed: bool) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            limit=0, keepalive_timeout=30, socket_factory=partial(_open_socket, private_allowed=private_allowed)
        ),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"{product.NAME}/{product.VERSION}"},
        trust_env=False,
    )


async def _close(session: aiohttp.ClientSession) -> None:
    await session.close()


_open_to_private = PerLoop("HTTP session (private allowed)", partial(_session, private_allowed=True), _close)
_strict = PerLoop("HTTP session (strict)", partial(_session, private_allowed=False), _close)


class Answer:
    """An open response whose body is read as it comes, under a watch for silence.

    Args:
        first_byte_s: how long the body may take to begin to mean something.
        idle_s: how long it may then pause between two things that mean something (`touch`).
        exchange: where it is written down, if somebody records.
    """

    def __init__(
        self,
        response: aiohttp.ClientResponse,
        first_byte_s: float,
        idle_s: float,
        exchange: exchanges.Exchange | None = None,
    ) -> None:
        self._exchange = exchange
        self.status = response.status
        self.headers = response.headers
        self._response, self._content = response, response.content
        self._loop = asyncio.get_running_loop()
        self._idle_s, self._limit_s = idle_s, first_byte_s
        self._size = 0
        self._since = self._loop.time()
        self._reading = self._expired = self._began = False
        self._watch = self._loop.call_later(first_byte_s, self._look)

    async def read(self) -> bytes:
        """What has come since the last call; waits for more; b"" at the end.

        Raises:
            OutboundError: cut off, silent for too long, or too large.
        """
        self._reading = True
        try:
            data = await self._content.readany()
        except _FAILURES as error:
            data = b"" if self._expired else self._left()
            if not data:
                raise Stalled(self._limit_s) if self._expired else translate(error) from error
        self._reading = False
        self._size += len(data)
        if self._exchange:
            self._exchange.receive(data)
        if self._size > MAX_BODY_BYTES:
            raise ResponseTooLarge
        if not data and self._expired:
            raise Stalled(self._limit_s)
        return data

    def _left(self) -> bytes:
        """What arrived before the connection broke: aiohttp raises before it hands that out."""
        return self._content._read_nowait(-1) if self._content.total_bytes else b""

    async def read_all(self, limit_bytes: int) -> bytes:
        """The body, cut at about `limit_bytes`. Raises OutboundError."""
        parts, size = [], 0
        while size < limit_bytes and (part := await self.read()):
            parts.append(part)
            size += len(part)
        return b"".join(parts)

    def touch(self) -> None:
        """Something meaningful was read and dealt with: the silence is counted from now on."""
        self._since = self._loop.time()
        if not self._began:
            self._began = True
            self.expect_within(self._idle_s)

    def expect_within(self, limit_s: float) -> None:
        """From now on the server may be silent for `limit_s` seconds."""
        self._limit_s = limit_s
        self._watch.cancel()
        self._watch = self._loop.call_later(limit_s, self._look)

    def close(self) -> None:
        """Ends the watch; a body not yet at its end is read on for a moment, so that the connection can be kept."""
        self._watch.cancel()
        if self._response.closed or self._content.at_eof():
            self._response.release()
        else:
            task = asyncio.create_task(_drain(self._response))
            _drains.add(task)
            task.add_done_callback(_drains.discard)

    def abort(self) -> None:
        """Ends the watch and cuts the connection."""
        self._watch.cancel()
        self._response.close()

    def _look(self) -> None:
        left = self._limit_s - (self._loop.time() - self._since)
        if self._reading and left <= 0:
            self._expired = True
            self._response.close()
        else:
            self._watch = self._loop.call_later(left if left > 0 else self._limit_s, self._look)


async def _drain(response: aiohttp.ClientResponse) -> None:
    try:
        async with asyncio.timeout(DRAIN_S):
            while await response.content.readany():
                pass
    except (*_FAILURES, RuntimeError):  # RuntimeError: the session was closed in the meantime
        response.close()


@asynccontextmanager
async def stream(
    method: str,
    url: str,
    *,
    private_allowed: bool,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    connect_s: float = 10.0,
    first_byte_s: float = 60.0,
    idle_s: float = 60.0,
) -> AsyncIterator[Answer]:
    """Sends a request and hands out its answer as soon as its headers are there. Redirects are not followed.

    Args:
        connect_s: for the name look-up, the connection and TLS.
        first_byte_s: for all that and the headers; again for the first meaningful part of the body.
        idle_s: between two meaningful parts of the body.

    Leaving the block normally keeps the connection for later; leaving it by an exception cuts it.

    Raises:
        AddressBlocked: `address_blocked`.
        OutboundError: `request_failed`: no connection, cut off, silent for too long.
    """
    check_url(url, private_allowed=private_allowed)
    session = (_open_to_private if private_allowed else _strict).get()
    exchange = exchanges.begin(method, url, headers, body)
    try:
        async with asyncio.timeout(first_byte_s):
            response = await _send(session, method, url, headers, body, connect_s)
    except _FAILURES as error:
        raise translate(error, first_byte_s) from error
    if exchange:
        exchange.open(response.status, response.headers)
    answer = Answer(response, first_byte_s, idle_s, exchange)
    try:
        yield answer
    except BaseException:
        answer.abort()
        raise
    answer.close()


async def _send(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    headers: Mapping[str, str] | None,
    body: bytes | None,
    connect_s: float,
) -> aiohttp.ClientResponse:
    timeout = aiohttp.ClientTimeout(total=None, connect=connect_s)
    for last in (False, True):
        try:
            return await session.request(
                method, url, headers=headers, data=body, timeout=timeout, allow_redirects=False
            )
        except (aiohttp.ServerDisconnectedError, aiohttp.ClientConnectionResetError):
            # A kept connection may have been closed by the server in the meantime: once more on a new one.
            if last:
                raise
    raise AssertionError("unreachable")


async def fetch(
    method: str,
    url: str,
    *,
    private_allowed: bool,
    headers: Mapping[str, str] | None = None,
    body: bytes | None = None,
    max_bytes: int = MAX_BODY_BYTES,
    connect_s: float = 10.0,
    timeout_s: float = 60.0,
    redirects: int = 0,
) -> Fetched:
    """Sends a request and reads its whole answer, whatever its status.

    Args:
        max_bytes: limit of the decoded body.
        timeout_s: for everything together.
        redirects: how many to follow, each checked like the first address.

    Raises:
        AddressBlocked: `address_blocked`.
        OutboundError: `request_failed`: no connection, cut off, too slow, too large, too many redirects.
    """
    check_url(url, private_allowed=private_allowed)
    session = (_open_to_private if private_allowed else _strict).get()
    exchange = exchanges.begin(method, url, headers, body)
    try:
        async with session.request(
            method,
            url,
            headers=headers,
            data=body,
            timeout=aiohttp.ClientTimeout(total=timeout_s, connect=connect_s),
            allow_redirects=redirects > 0,
            max_redirects=redirects,
        ) as response:
            if exchange:
                exchange.open(response.status, response.headers)
            content = await _read_capped(response, max_bytes, exchange)
            names = {name.lower(): value for name, value in response.headers.items()}
            return Fetched(response.status, names, content)
    except _FAILURES as error:
        raise translate(error, timeout_s) from error


async def _read_capped(response: aiohttp.ClientResponse, max_bytes: int, exchange: exchanges.Exchange | None) -> bytes:
    parts, size = [], 0
    while part := await response.content.readany():
        size += len(part)
        if exchange:
            exchange.receive(part)
        if size > max_bytes:
            response.close()
            raise ResponseTooLarge
        parts.append(part)
    return b"".join(parts)


def translate(error: Exception, limit_s: float = 0) -> AppError:
    """What the client library or the system raised, as an error whose sentence tells nothing of the inside."""
    if isinstance(error, aiohttp.ClientConnectorError):
        if isinstance(error.os_error, _Blocked):
            return AddressBlocked()
        return ConnectFailed(f"Could not connect to {error.host}:{error.port}")
    if isinstance(error, aiohttp.TooManyRedirects):
        return OutboundError("The server redirects too often.")
    if isinstance(error, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError):
        return AddressBlocked()
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return ConnectFailed("Could not connect to the server in time.")
    if isinstance(error, TimeoutError):
        return Stalled(limit_s)
    if isinstance(error, ValueError):
        return OutboundError("The request's headers are not valid.")
    return ConnectionBroken()


def cause_of(error: OutboundError) -> Cause:
    """What was in the way of a request: an unknown name, the encryption, a silent or a deaf host, a broken packing."""
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientConnectorDNSError):
        return "name"
    if isinstance(cause, aiohttp.ClientSSLError):
        return "encryption"
    if isinstance(cause, aiohttp.ConnectionTimeoutError):
        return "silence"
    if isinstance(error, ConnectFailed):
        return "refusal"
    while cause is not None:
        if isinstance(cause, aiohttp.http_exceptions.ContentEncodingError):
            return "packing"
        cause = cause.__cause__ or cause.__context__
    return "other"


__all__ = [
    "AddressBlocked",
    "Answer",
    "ConnectFailed",
    "ConnectionBroken",
    "Fetched",
    "OutboundError",
    "ResponseTooLarge",
    "Stalled",
    "cause_of",
    "check_url",
    "fetch",
    "stream",
]
