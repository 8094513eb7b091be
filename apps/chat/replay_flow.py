"""Finds a run of a flow again by its id: alive here, ended, paused, or alive in another process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.common import db
from apps.common.errors import NotFound
from apps.common.ids import parse_uuid
from apps.common.run_events import Envelope, FlowEnd, FlowEvent, Message, MessageEnd, RunError, RunEvent
from apps.logs.choices import FlowStatus
from apps.logs.flow_records import FormRecord
from apps.prompts.callers import Access

from . import runs
from .flow_pause import told_forms
from .following import follow
from .runs import Run

NO_RUN = "Workflow run not found."
_RUN = """
    select r.task_id, r.conversation_id, floor(extract(epoch from r.created_at))::bigint, r.version_id, r.status,
        case when r.outputs is not null then coalesce((
            select content::json from logs_bigvalue where run_id = r.id and node_index = 0 and field = 'outputs'
        ), r.outputs::json) end,
        r.error, r.elapsed_s, r.total_tokens, r.total_steps, r.exceptions_count,
        floor(extract(epoch from coalesce(r.finished_at, now())))::bigint,
        coalesce(m.metadata, '{}'), coalesce(m.answer, ''), coalesce(m.status, ''), coalesce(m.error_code, ''),
        coalesce(m.error, '')
    from logs_workflowrun r left join logs_message m on m.id = r.message_id
    where r.id = %s and r.workspace_id = %s and r.app_id = %s
        and r.end_user_id is not distinct from %s and r.account_id is not distinct from %s
        and not exists (select from logs_conversation c where c.id = r.conversation_id and c.deleted_at is not null)
"""
_FORMS = """
    select id, token, node_id, node_title, content, inputs, actions, defaults, extract(epoch from expires_at)::float
    from logs_humanform where run_id = %s and status = 'waiting' order by id
"""


@dataclass(frozen=True, slots=True)
class _Stored:
    """A run as its row has it, and the message of a chatflow's turn; times in Unix seconds."""

    task_id: UUID
    conversation_id: UUID | None
    created_at: int
    version_id: UUID
    status: str
    outputs: Mapping[str, Any] | None
    error: str
    elapsed_s: float
    total_tokens: int
    total_steps: int
    exceptions_count: int
    finished_at: int
    metadata: Mapping[str, Any]
    answer: str
    message_status: str
    message_error_code: str
    message_error: str


async def attach_flow(run_id: str, access: Access, *, missing: str = NO_RUN) -> Run:
    """The caller's run; one that is not alive here tells its end alone, a chatflow's turn its answer before that.

    Raises:
        NotFound: no such run of this caller; its sentence is `missing`.
    """
    app, caller = access.app, access.caller
    if (found := parse_uuid(run_id)) is None:
        raise NotFound(missing)
    live = runs.find(found, app.app_id, caller)
    if live is not None:
        return live

    async def load() -> _Stored:
        row = await db.fetch_one(_RUN, found, app.workspace_id, app.app_id, caller.end_user_id, caller.account_id)
        if row is None:
            raise NotFound(missing)
        return _Stored(*row)

    async def read() -> Sequence[RunEvent]:
        row = await load()
        return _told(found, row, await _open_forms(found, row))

    stored = await load()
    envelope = Envelope(stored.task_id, found, stored.conversation_id, app.mode, stored.created_at)
    return follow(envelope, app.app_id, caller, _told(found, stored, await _open_forms(found, stored)), read)


async def _open_forms(run_id: UUID, row: _Stored) -> list[FormRecord]:
    """What a paused run waits for."""
    rows = await db.fetch_all(_FORMS, run_id) if row.status == FlowStatus.PAUSED else []
    return [FormRecord(*one) for one in rows]


def _told(run_id: UUID, row: _Stored, forms: Sequence[FormRecord] = ()) -> list[RunEvent]:
    """The end of a stored run, as a stream has it; nothing while it goes on."""
    if row.status == FlowStatus.RUNNING:
        return []
    answer = [Message(row.answer)] if row.answer else []
    if row.status == FlowStatus.PAUSED:
        return [*answer, *told_forms(forms, _paused(run_id, row), [form.node_id for form in forms])]
    data = _finished(run_id, row)
    if row.conversation_id is None:
        return [FlowEnd(data)]
    finished = FlowEvent("workflow_finished", data)
    if row.message_error_code:
        return [*answer, finished, RunError(row.message_error_code, row.message_error)]
    return [*answer, finished, MessageEnd(row.metadata, row.answer, row.message_status, files=[])]


def _paused(run_id: UUID, row: _Stored) -> dict[str, Any]:
    return {
        "workflow_run_id": str(run_id),
        "outputs": row.outputs,
        "created_at": row.created_at,
        "elapsed_time": row.elapsed_s,
        "total_tokens": row.total_tokens,
        "total_steps": row.total_steps,
    }


def _finished(run_id: UUID, row: _Stored) -> dict[str, Any]:
    return {
        "id": str(run_id),
        "workflow_id": str(row.version_id),
        "sequence_number": None,
        "status": row.status,
        "outputs": row.outputs,
        "error": row.error or None,
        "elapsed_time": row.elapsed_s,
        "total_tokens": row.total_tokens,
        "total_steps": row.total_steps,
        "created_at": row.created_at,
        "finished_at": row.finished_at,
        "exceptions_count": row.exceptions_count,
        "files": [],
    }
