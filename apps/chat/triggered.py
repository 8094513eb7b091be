"""Runs that triggers start: schedules in a worker's process, deliveries of webhooks in the web server's."""

import asyncio
import threading
from typing import Final
from uuid import UUID

from apps.common.errors import AppError
from apps.common.perloop import run as run_here
from apps.prompts.callers import Caller
from apps.prompts.runtime import app_by_id
from apps.workflows.choices import FiredBy
from apps.workflows.services.firings import Claim, begin_run, claim_firing, fire_due, give_up, is_waiting

from .flow import Flow, launch_flow, prepare_flow
from .runs import Run, outside_server
from .state import TriggerStart, TurnRequest

AT_ONCE: Final = 10
POLL_S: Final = 2.0
_alone: Final = threading.Lock()


def fire() -> int:
    """Fires what is due and runs it to its end; returns how many runs this call has started.

    One thread of a process at a time: it looks for further firings itself while its runs go on, so that long ones
    neither take all of the worker's threads nor keep others waiting.
    """
    fire_due()
    if not _alone.acquire(blocking=False):
        return 0
    try:
        return run_here(run_waiting()) if is_waiting() else 0
    finally:
        _alone.release()


async def run_waiting() -> int:
    """Starts what waits, a few at once, until nothing is left; returns how many runs there were."""
    running: set[asyncio.Task[None]] = set()
    started = 0
    async with outside_server():
        try:
            while True:
                while len(running) < AT_ONCE and (claim := await claim_firing()) is not None:
                    if (run := await start_claimed(claim)) is not None:
                        running.add(run.task)
                        started += 1
                if not running:
                    return started
                _, running = await asyncio.wait(running, timeout=POLL_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)


async def start_claimed(claim: Claim) -> Run | None:
    """The run of a schedule; None: it cannot begin, which its firing then says, or another worker has begun it."""
    try:
        flow = await triggered_flow(claim.workspace_id, claim.app_id, FiredBy.SCHEDULE, claim.node_id, {}, claim.run_id)
        if not await begin_run(claim, flow.first_operations()):
            return None
    except AppError as error:
        if not error.retryable:  # else its lease runs out, and it is tried again
            await give_up(claim, error.message)
        return None
    return launch_flow(flow)


async def triggered_flow(
    workspace_id: UUID, app_id: UUID, by: FiredBy, node_id: str, values: dict[str, object], run_id: UUID | None = None
) -> Flow:
    """A run of the published version that begins at a trigger. Raises what `app_by_id` and `prepare_flow` raise."""
    app = await app_by_id(app_id, workspace_id)
    request = TurnRequest(app=app, caller=Caller(by.value), inputs={}, trigger=TriggerStart(node_id, values))
    return await prepare_flow(request, run_id)
