"""How every driver over HTTP calls: one unstreamed call, one streamed answer, faults as errors of ours."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, TypeVar

import orjson

from apps.common import http
from apps.models.contracts import ChatPiece, Endpoint

from . import _problems

MAX_ERROR_BYTES: Final = 64 * 2**10
AFTER_FINISH_S: Final = 5.0  # some servers neither say that they are done nor close
_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
_JSON: Final = {"Content-Type": "application/json"}
T = TypeVar("T")


class Parser(Protocol):
    """Reads a streamed answer: bytes in, pieces out.

    `finished` says that the answer's last text has come, `done` that nothing more will; `events` counts what was
    read and meant something (comments and pings do not).
    """

    finished: bool
    done: bool
    events: int

    def feed(self, data: bytes) -> list[ChatPiece]:
        """The pieces that these bytes complete. Raises ProviderError children."""

    def end(self) -> list[ChatPiece]:
        """The last pieces, Finish among them. Raises ProviderConnectionError: the answer was cut off."""

    def whole(self, body: bytes) -> list[ChatPiece]:
        """The pieces of an answer that came unstreamed although a stream was asked for."""


async def chat(
    endpoint: Endpoint, url: str, headers: Mapping[str, str], body: bytes | None, parser: Parser, method: str = "POST"
) -> AsyncGenerator[ChatPiece, None]:
    """A streamed answer; see `Driver.stream_chat`."""
    async with streamed(endpoint, url, headers, body, method) as answer:
        if answer.headers.get("content-type", "").startswith("application/json"):
            rest = parser.whole(await answer.read_all(http.MAX_BODY_BYTES))
        else:
            while not parser.done and (data := await _read(answer, parser)):
                events = parser.events
                for piece in parser.feed(data):
                    yield piece
                _watch(answer, parser, news=parser.events > events)
            rest = parser.end()
    for piece in rest:  # outside the block: the connection is already free for the next call
        yield piece


@asynccontextmanager
async def streamed(
    endpoint: Endpoint, url: str, headers: Mapping[str, str], body: bytes | None, method: str = "POST"
) -> AsyncIterator[http.Answer]:
    """An open answer whose status is a success. Raises ProviderError children or AddressBlocked."""
    times = endpoint.timeouts
    try:
        async with http.stream(
            method,
            url,
            private_allowed=endpoint.private_allowed,
            headers={**_JSON, **headers},
            body=body,
            connect_s=times.connect_s,
            first_byte_s=times.first_byte_s,
            idle_s=times.idle_s,
        ) as answer:
            if not 200 <= answer.status < 300:
                problem = await answer.read_all(MAX_ERROR_BYTES)
                raise _problems.from_status(endpoint, answer.status, problem, answer.headers)
            yield answer
    except (http.OutboundError, http.AddressBlocked) as error:
        raise _problems.from_outbound(endpoint, error) from error


async def call(
    endpoint: Endpoint,
    url: str,
    headers: Mapping[str, str],
    body: bytes | None,
    read: Callable[[Any], T],
    method: str = "POST",
) -> T:
    """One unstreamed call; `read` takes the answer's JSON apart and may fail at it.

    Raises:
        ProviderError: or a child of it; also where `read` raises a built-in error.
        AddressBlocked: `address_blocked`.
    """
    answer = await fetch(endpoint, url, headers, body, method)
    return understand(endpoint, answer.body, read)


async def fetch(
    endpoint: Endpoint, url: str, headers: Mapping[str, str], body: bytes | None, method: str = "POST"
) -> http.Fetched:
    """One unstreamed call whose status is a success, its body as it is. Raises as `call`."""
    times = endpoint.timeouts
    try:
        answer = await http.fetch(
            method,
            url,
            private_allowed=endpoint.private_allowed,
            headers={**_JSON, **headers},
            body=body,
            connect_s=times.connect_s,
            timeout_s=times.connect_s + times.first_byte_s + times.idle_s,
        )
    except (http.OutboundError, http.AddressBlocked) as error:
        raise _problems.from_outbound(endpoint, error) from error
    if not 200 <= answer.status < 300:
        raise _problems.from_status(endpoint, answer.status, answer.body, answer.headers)
    return answer


def understand(endpoint: Endpoint, body: bytes, read: Callable[[Any], T]) -> T:
    """What `read` finds in a body of JSON. Raises ProviderError children."""
    try:
        answer = orjson.loads(body)
        if isinstance(answer, dict) and answer.get("error"):
            raise _problems.from_event(endpoint, answer["error"])
        return read(answer)
    except _MALFORMED as error:
        text = "not JSON" if isinstance(error, orjson.JSONDecodeError) else f"malformed ({error})"
        raise _problems.bad_answer(endpoint, f"the answer is {text}") from error


async def _read(answer: http.Answer, parser: Parser) -> bytes:
    """The next bytes; once the answer is finished, a fault of the connection is as good as its end."""
    try:
        return await answer.read()
    except http.OutboundError:
        if parser.finished:
            return b""
        raise


def _watch(answer: http.Answer, parser: Parser, *, news: bool) -> None:
    if news:
        answer.touch()
    if parser.finished:
        answer.expect_within(AFTER_FINISH_S)
