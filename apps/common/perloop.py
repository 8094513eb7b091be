"""Things that belong to one event loop (connection pools, HTTP sessions, the writer), made on first use."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from asgiref.sync import SyncToAsync, async_to_sync

log = logging.getLogger(__name__)
T = TypeVar("T")
R = TypeVar("R")

_closers: WeakKeyDictionary[asyncio.AbstractEventLoop, list[tuple[str, Callable[[], Awaitable[None]]]]] = (
    WeakKeyDictionary()
)


class PerLoop(Generic[T]):
    """One instance of `T` for each event loop.

    Args:
        name: for logs.
        start: makes the instance; runs inside the loop.
        stop: ends it; awaited by `close_all` in the reverse order of starting.
    """

    def __init__(self, name: str, start: Callable[[], T], stop: Callable[[T], Awaitable[None]]) -> None:
        self.name, self._start, self._stop = name, start, stop
        self._instances: WeakKeyDictionary[asyncio.AbstractEventLoop, T] = WeakKeyDictionary()

    def get(self) -> T:
        """The running loop's instance. Raises RuntimeError outside a loop."""
        loop = asyncio.get_running_loop()
        instance = self._instances.get(loop)
        if instance is None:
            instance = self._instances[loop] = self._start()
            _closers.setdefault(loop, []).append((self.name, self._close))
        return instance

    def peek(self) -> T | None:
        """The running loop's instance if there is one already."""
        return self._instances.get(asyncio.get_running_loop())

    async def discard(self) -> None:
        """Ends the running loop's instance; the next use makes another."""
        await self._close()

    async def _close(self) -> None:
        instance = self._instances.pop(asyncio.get_running_loop(), None)
        if instance is not None:
            await self._stop(instance)


async def close_all() -> None:
    """Ends everything the running loop has started, last started first."""
    for name, close in reversed(_closers.pop(asyncio.get_running_loop(), [])):
        try:
            await close()
        except Exception:  # noqa: BLE001 - the others must still be closed; the trace is logged
            log.exception("closing %s failed", name)


def run(coroutine: Coroutine[Any, Any, R]) -> R:
    """Runs a coroutine from a command or a Celery task in a loop of its own and closes what it started."""
    results: list[R] = []

    async def main() -> None:
        # Not returned: `asyncio.run` makes the `repr` of what its task returned, however large, when it looks whether
        # Ctrl-C is still its own (`signal.getsignal` words an error about the handler, and drops it).
        try:
            results.append(await coroutine)
        finally:
            await close_all()

    asyncio.run(main())
    return results[0]


def call(coroutine: Coroutine[Any, Any, R]) -> R:
    """Runs a coroutine from a service: in the server's loop where this thread works for one, else as `run` does.

    A loop that is made for one call would otherwise keep its connections to Postgres for as long as the process lives.
    """
    # A loop that has ended stays noted in its thread.
    noted = getattr(SyncToAsync.threadlocal, "main_event_loop", None)
    has_server = noted is not None and noted.is_running()

    async def main() -> R:
        try:
            return await coroutine
        finally:
            if not has_server:
                await close_all()

    return async_to_sync(main)()
