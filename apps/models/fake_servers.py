"""Servers that play model providers: they speak a protocol as its vendor documents it, and refuse what the vendor does.

A fake answers by the name of the model it is asked for, in every protocol alike:

- `fail-<status>`: an error in the vendor's form; `fail-429` asks to wait a second
- `cut-after-<n>`, `hang-after-<n>`: the connection ends, or falls silent, after n parts of the stream
- `garbage`, `empty`: broken JSON; an answer without text
- `tool…`: calls the first tool it is given, with `{"a": 1}` and `{"b": 2}` for two calls, until a result is sent back
- `think…`: thoughts, then text · `long…`: stops for length · `filtered…`: withheld by the provider's filter
- any other: fifty words `tok0 ` to `tok49 `, streamed one at a time
"""

import asyncio
import re
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import orjson
from aiohttp import web

from apps.common.registry import Registry

KEY: Final = "fake-key-0123456789abcdef"
WORDS: Final = tuple(f"tok{number} " for number in range(50))
THOUGHTS: Final = ("Let me ", "think.")
PROMPT_TOKENS: Final = 5
MAX_BODY_BYTES: Final = 64 * 2**20
_BEHAVIOUR: Final = re.compile(r"(fail|cut-after|hang-after)-(\d+)$")


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came; header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body, read as JSON. Raises ValueError."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Call:
    """A tool call to make; `arguments` is JSON text."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What to answer, in no protocol yet.

    Args:
        reason: stop, tool_calls, length or content_filter.
        is_broken: one part of the answer is not what the protocol promises.
        cut_after, hang_after: parts of a stream after which it ends or falls silent; None: never.
    """

    chunks: tuple[str, ...] = WORDS
    thoughts: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    reason: str = "stop"
    is_broken: bool = False
    cut_after: int | None = None
    hang_after: int | None = None

    @property
    def text(self) -> str:
        """The chunks as one."""
        return "".join(self.chunks)

    @property
    def completion_tokens(self) -> int:
        """One for each chunk."""
        return len(self.chunks)


class Refused(Exception):
    """The request is not one that the vendor takes; `FakeServer.refusal` puts it into the vendor's form."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


def plan_for(model: str, tools: Sequence[str] = (), *, has_results: bool = False) -> Plan:
    """What a model of this name answers.

    Args:
        tools: names of the tools it is given.
        has_results: the conversation ends with results of calls.

    Raises:
        Refused: a `fail-…` model.
    """
    if match := _BEHAVIOUR.match(model):
        kind, number = match[1], int(match[2])
        if kind == "fail":
            raise Refused(number, f"The fake fails with {number}, as asked.")
        return Plan(cut_after=number) if kind == "cut-after" else Plan(hang_after=number)
    if model.startswith("tool") and tools and not has_results:
        calls = tuple(Call(f"call_{i}", tools[0], text) for i, text in enumerate(('{"a": 1}', '{"b": 2}')))
        return Plan((), calls=calls, reason="tool_calls")
    special = {
        "garbage": Plan(is_broken=True),
        "empty": Plan(()),
        "think": Plan(thoughts=THOUGHTS),
        "long": Plan(reason="length"),
        "filtered": Plan((), reason="content_filter"),
    }
    return next((plan for prefix, plan in special.items() if model.startswith(prefix)), Plan())


class FakeServer(ABC):
    """One protocol. `key` is the driver's that speaks it; `received` holds every request, oldest first."""

    key: ClassVar[str]
    label: ClassVar[str]

    def __init__(self) -> None:
        self.received: list[Received] = []

    @abstractmethod
    def routes(self) -> Iterable[web.RouteDef]:
        """The vendor's addresses and what answers them. A handler raises Refused for what the vendor refuses."""

    @abstractmethod
    def credentials(self, url: str) -> Mapping[str, str]:
        """The values of a provider's credential form with which its driver reaches a fake at `url`."""

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """An error in the vendor's form."""
        return {"error": {"message": sentence, "type": "fake_error", "code": status}}

    async def stream(
        self, request: web.Request, plan: Plan, parts: Iterable[bytes], content_type: str = "text/event-stream"
    ) -> web.StreamResponse:
        """Sends a stream part by part, cut off or left hanging where the plan says so."""
        response = web.StreamResponse(headers={"Content-Type": content_type})
        await response.prepare(request)
        for number, part in enumerate(parts):
            if number == plan.hang_after:
                await asyncio.Event().wait()  # until the client leaves: the handler is cancelled
            if number == plan.cut_after:
                assert request.transport is not None
                request.transport.close()
                return response
            try:
                await response.write(part)
            except ConnectionResetError:  # the client has left
                return response
        await response.write_eof()
        return response

    @web.middleware
    async def _door(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Writes every request down; puts refusals into the vendor's form."""
        names = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        self.received.append(Received(request.method, request.raw_path.partition("?")[0], request.query, names, body))
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPNotFound:
            answer = self._refused(Refused(404, f"There is no {request.method} {request.path}."))
        except Refused as refused:
            answer = self._refused(refused)
        return answer

    def _refused(self, refused: Refused) -> web.Response:
        headers = {"Retry-After": "1"} if refused.status == 429 else {}
        return web.json_response(self.refusal(refused.status, refused.sentence), status=refused.status, headers=headers)


@asynccontextmanager
async def serving(fake: FakeServer) -> AsyncIterator[str]:
    """Runs a fake on a free port of this machine; gives its address, without a slash at the end."""
    app = web.Application(middlewares=[fake._door], client_max_size=MAX_BODY_BYTES)
    app.add_routes(fake.routes())
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


fake_servers: Registry[FakeServer] = Registry("fake model server", "fakes", FakeServer)  # type: ignore[type-abstract]  # only subclasses are made
