"""Work that is left to itself where it does not hear that it is to end."""

import asyncio
from collections.abc import Coroutine
from typing import Any, Final, TypeVar

T = TypeVar("T")
PATIENCE_S: Final = 1.0  # of the two seconds within which a stopped run has ended
_LEFT: Final[set[asyncio.Task[Any]]] = set()  # the loop itself holds tasks but weakly


async def to_its_end_or_left(work: Coroutine[Any, Any, T]) -> T:
    """What the work brings. When this is cancelled the work is too, and is waited for no longer than a second."""
    task = asyncio.create_task(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task}, timeout=PATIENCE_S)
        if not task.done():
            _LEFT.add(task)
            task.add_done_callback(_forget)
        raise


def _forget(task: "asyncio.Task[Any]") -> None:
    _LEFT.discard(task)
    if not task.cancelled():
        task.exception()  # nobody else asks, and the loop would say so
