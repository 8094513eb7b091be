"""Finds a run again by its message id: alive here, finished, or alive in another process."""

from collections.abc import Sequence
from uuid import UUID

from apps.common.run_events import Envelope, Message, MessageEnd, RunError, RunEvent
from apps.logs.choices import MessageStatus
from apps.logs.history import StoredRun, stored_run
from apps.logs.selectors import NO_MESSAGE
from apps.prompts.callers import Access
from apps.prompts.choices import AppMode

from . import runs
from .following import follow
from .replay_flow import attach_flow
from .runs import Run


async def attach(message_id: UUID, access: Access) -> Run:
    """The caller's run, its events from the first on; a chatflow's turn is a run of its flow.

    A run of another process is read from its row once it has ended there.

    Raises:
        NotFound: no such run of this caller.
    """
    app, caller = access.app, access.caller
    if app.mode == AppMode.ADVANCED_CHAT:
        return await attach_flow(str(message_id), access, missing=NO_MESSAGE)
    live = runs.find(message_id, app.app_id, caller)
    if live is not None:
        return live

    async def load() -> StoredRun:
        return await stored_run(
            message_id=message_id,
            workspace_id=app.workspace_id,
            app_id=app.app_id,
            end_user_id=caller.end_user_id,
            account_id=caller.account_id,
        )

    async def read() -> Sequence[RunEvent]:
        return _told(await load())

    stored = await load()
    envelope = Envelope(stored.task_id, message_id, stored.conversation_id, app.mode, stored.created_at)
    return follow(envelope, app.app_id, caller, _told(stored), read)


def _told(row: StoredRun) -> list[RunEvent]:
    if row.status == MessageStatus.RUNNING:
        return []
    answer = [Message(row.answer)] if row.answer else []
    if row.status == MessageStatus.ERROR:
        return [*answer, RunError(row.error_code, row.error)]
    return [*answer, MessageEnd(row.metadata, row.answer, row.status)]
