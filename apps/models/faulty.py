"""Faults between a driver and a server of its protocol: a reverse proxy that spoils what the server answers."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

from aiohttp import web

from apps.common import http
from apps.common.exchanges import recorded

MAX_BODY_BYTES: Final = 64 * 2**20
_OF_THE_CONNECTION: Final = frozenset({"content-length", "transfer-encoding", "connection", "content-encoding"})
Fate = Literal["whole", "silent", "stalls", "cut", "ends_early", "hangs_up"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens to an answer.

    Args:
        status, body: instead of the server's; None: its own. With a body the server is not asked.
        headers: added to the answer's.
        replace: patterns (regular expressions over bytes) in its body and what takes their place.
        fate: silent before its headers; stalls, is cut or ends early after half of its body; the connection is
            closed without an answer (hangs_up).
        address: called instead of the server.
        streams_only: other answers are left as they are.
        on_left: called when the client leaves an answer that has fallen silent.
    """

    status: int | None = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    replace: tuple[tuple[bytes, bytes], ...] = ()
    fate: Fate = "whole"
    address: str = ""
    streams_only: bool = False
    on_left: Callable[[], None] | None = None


class Proxy:
    """Forwards requests to `target` and gives the answers back as `fault` has them."""

    def __init__(self, target: str, fault: Fault) -> None:
        self.target, self.fault = target, fault

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One request, spoilt."""
        fault = self.fault
        if fault.fate == "silent":
            await asyncio.Event().wait()  # until the client leaves: the handler is cancelled
        if fault.fate == "hangs_up":
            return _closed(request, web.Response())
        if fault.body is None:
            status, headers, body = await self._ask(request)
        else:
            status, headers, body = 200, {}, fault.body
        if fault.streams_only and "stream" not in headers.get("content-type", ""):
            fault = Fault()
        for pattern, other in fault.replace:
            body = re.sub(pattern, other, body)
        added = {name.lower(): value for name, value in fault.headers.items()}
        response = web.StreamResponse(status=fault.status or status, headers={**headers, **added})
        return await _send(request, response, body, fault)

    async def _ask(self, request: web.Request) -> tuple[int, Mapping[str, str], bytes]:
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_THE_CONNECTION}
        with recorded():  # apart from what the client's side records
            answer = await http.fetch(
                request.method,
                self.target + request.raw_path,
                private_allowed=True,
                headers=headers,
                body=await request.read(),
            )
        kept = {name: value for name, value in answer.headers.items() if name not in _OF_THE_CONNECTION}
        return answer.status, kept, answer.body


async def _send(request: web.Request, response: web.StreamResponse, body: bytes, fault: Fault) -> web.StreamResponse:
    fate = fault.fate
    if fate == "whole":
        response.content_length = len(body)
    await response.prepare(request)
    await response.write(body if fate == "whole" else body[: len(body) // 2])
    if fate == "stalls":
        await _until_left(fault)
    if fate == "cut":
        return _closed(request, response)
    await response.write_eof()
    return response


async def _until_left(fault: Fault) -> None:
    """Waits until the client leaves: the handler is cancelled."""
    try:
        await asyncio.Event().wait()
    finally:
        if fault.on_left:
            fault.on_left()


def _closed(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.close()
    return response


@asynccontextmanager
async def spoiling(target: str, fault: Fault) -> AsyncIterator[str]:
    """An address at which `target` answers with a fault."""
    if fault.address:
        yield fault.address
        return
    app = web.Application(client_max_size=MAX_BODY_BYTES)
    app.router.add_route("*", "/{path:.*}", Proxy(target, fault).handle)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
