"""Finds a run of a flow again by its id: alive here, ended, paused, or alive in another process."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

from apps.common import db
from apps.common.errors import NotFound
from apps.common.run_events import Envelope, FlowEnd, FlowEvent, FlowPause, MessageEnd, RunError, RunEvent
from apps.logs.choices import FlowStatus
from apps.prompts.callers import Caller
from apps.prompts.runtime import AppRuntime

from . import runs
from .replay import POLL_S
from .runs import Run

_RUN = """
    select r.task_id, r.conversation_id, floor(extract(epoch from r.created_at))::bigint, r.version_id, r.status,
        case when r.outputs is not null then coalesce((
            select content::json from logs_bigvalue where run_id = r.id and node_index = 0 and field = 'outputs'
        ), r.outputs::json) end,
        r.error, r.elapsed_s, r.total_tokens, r.total_steps, r.exceptions_count,
        floor(extract(epoch from coalesce(r.finished_at, now())))::bigint, m.metadata, m.answer, m.error_code, m.error
    from logs_workflowrun r left join logs_message m on m.id = r.message_id
    where r.id = %s and r.workspace_id = %s and r.app_id = %s
        and r.end_user_id is not distinct from %s and r.account_id is not distinct from %s
"""


async def attach_flow(run_id: UUID, app: AppRuntime, caller: Caller) -> Run:
    """The caller's run; one that is not alive here tells its end alone.

    Raises:
        NotFound: no such run of this caller.
    """
    live = runs.find(run_id, app.app_id, caller)
    if live is not None:
        return live

    async def load() -> Any:
        owner = (caller.end_user_id, caller.account_id)
        row = await db.fetch_one(_RUN, run_id, app.workspace_id, app.app_id, *owner)
        if row is None:
            raise NotFound("Workflow run not found.")
        return row

    first = await load()

    async def events(run: Run) -> AsyncIterator[RunEvent]:
        row = first
        while row[4] == FlowStatus.RUNNING:
            await asyncio.sleep(POLL_S)
            row = await load()
        for event in _told(run_id, row):
            yield event

    envelope = Envelope(first[0], run_id, first[1], app.mode, first[2])
    return Run(envelope, app.app_id, caller, events)


def _told(run_id: UUID, row: Any) -> list[RunEvent]:
    """The end of a stored run, as a stream has it."""
    _, conversation_id, created_at, version_id, status, outputs, error, elapsed_s, tokens, steps, exceptions, *rest = (
        row
    )
    finished_at, metadata, answer, error_code, message_error = rest
    about = {"status": status, "outputs": outputs, "elapsed_time": elapsed_s, "total_tokens": tokens}
    counts = {"total_steps": steps, "created_at": created_at}
    if status == FlowStatus.PAUSED:
        return [FlowPause({"workflow_run_id": str(run_id), **about, **counts})]
    data = {
        "id": str(run_id),
        "workflow_id": str(version_id),
        **about,
        "error": error or None,
        **counts,
        "finished_at": finished_at,
        "exceptions_count": exceptions,
        "files": [],
    }
    if conversation_id is None:
        return [FlowEnd(data)]
    if message_error or error_code:
        return [FlowEvent("workflow_finished", data), RunError(error_code, message_error)]
    return [FlowEvent("workflow_finished", data), MessageEnd(metadata or {}, answer or "", files=[])]
