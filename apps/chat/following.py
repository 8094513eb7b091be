"""Runs of other processes: read from their rows until they have ended there."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from uuid import UUID

from apps.common.run_events import Envelope, RunEvent
from apps.prompts.callers import Caller

from .runs import Run

POLL_S = 0.5
# Who asks again, however often, gets the run that waits already.
_followed: dict[UUID, Run] = {}


def follow(
    envelope: Envelope,
    app_id: UUID,
    caller: Caller,
    first: Sequence[RunEvent],
    read: Callable[[], Awaitable[Sequence[RunEvent]]],
) -> Run:
    """The run as its row tells it.

    Args:
        first: its last events, as they stand now; empty while it has not ended.
        read: the same at a later time.
    """
    if (waiting := _followed.get(envelope.message_id)) is not None:
        return waiting

    async def events(run: Run) -> AsyncIterator[RunEvent]:
        told = first
        while not told:
            await asyncio.sleep(POLL_S)
            told = await read()
        for event in told:
            yield event

    run = Run(envelope, app_id, caller, events)
    _followed[envelope.message_id] = run
    run.task.add_done_callback(lambda task: _followed.pop(envelope.message_id, None))
    return run
