"""Start and end of a web process: what must run from the first request on, and what must be drained at the end."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable

from . import notify, perloop

log = logging.getLogger(__name__)
_on_start: list[Callable[[], Awaitable[None]]] = []
_on_stop: list[Callable[[], Awaitable[None]]] = []


DRAIN_S = 5.0  # for a server that does not say how long its runs may take to end
_drained_by: float | None = None


def begin_stop(drain_s: float) -> None:
    """The process was told to end: from now on `time_left_s` runs down from `drain_s`."""
    global _drained_by
    _drained_by = time.monotonic() + drain_s


def time_left_s() -> float:
    """Seconds that runs may still take."""
    return DRAIN_S if _drained_by is None else max(0.0, _drained_by - time.monotonic())


def on_start(function: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Decorator: run when a web process starts, before it accepts connections."""
    _on_start.append(function)
    return function


def on_stop(function: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Decorator: run when a web process ends, after its last response and before its pools close."""
    _on_stop.append(function)
    return function


async def start() -> None:
    """Begins listening for word from other processes and runs the start hooks."""
    notify.listener.get()
    for function in _on_start:
        await function()


async def stop() -> None:
    """Runs the stop hooks, last registered first, then closes pools, sessions and the writer."""
    for function in reversed(_on_stop):
        try:
            await function()
        except Exception:  # noqa: BLE001 - the rest must still be closed; the trace is logged
            log.exception("a stop hook failed")
    await perloop.close_all()


async def serve_lifespan(receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """The ASGI lifespan protocol (asgi.readthedocs.io, specs/lifespan)."""
    with suppress(asyncio.CancelledError):
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
