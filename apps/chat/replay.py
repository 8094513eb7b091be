"""Finds a run again by its message id: alive here, finished, or alive in another process."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID

from apps.common.run_events import Envelope, Message, MessageEnd, RunError, RunEvent
from apps.logs.choices import MessageStatus
from apps.logs.history import StoredRun, stored_run
from apps.prompts.callers import Caller
from apps.prompts.choices import AppMode

from . import runs
from .runs import Run

POLL_S = 0.5
# Runs of other processes that are being waited for: who asks again, however often, gets the one that waits already.
_followed: dict[UUID, Run] = {}


async def attach(message_id: UUID, workspace_id: UUID, app_id: UUID, caller: Caller) -> Run:
    """The caller's run, its events from the first on.

    A run of another process is read from its row once it has ended there.

    Raises:
        NotFound: no such run of this caller.
    """
    live = runs.find(message_id, app_id, caller)
    if live is not None:
        return live

    async def load() -> StoredRun:
        return await stored_run(
            message_id=message_id,
            workspace_id=workspace_id,
            app_id=app_id,
            end_user_id=caller.end_user_id,
            account_id=caller.account_id,
        )

    stored = await load()
    if (followed := _followed.get(message_id)) is not None:
        return followed

    async def events(run: Run) -> AsyncIterator[RunEvent]:
        row = stored
        while row.status == MessageStatus.RUNNING:
            await asyncio.sleep(POLL_S)
            row = await load()
        if row.answer:
            yield Message(row.answer)
        if row.status == MessageStatus.ERROR:
            yield RunError(row.error_code, row.error)
        else:
            yield MessageEnd(row.metadata, row.answer, row.status)

    mode = AppMode.CHAT if stored.conversation_id else AppMode.COMPLETION
    envelope = Envelope(stored.task_id, message_id, stored.conversation_id, mode, stored.created_at)
    run = Run(envelope, app_id, caller, events)
    if stored.status == MessageStatus.RUNNING:
        _followed[message_id] = run
        run.task.add_done_callback(lambda task: _followed.pop(message_id, None))
    return run
