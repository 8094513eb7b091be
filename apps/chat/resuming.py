"""Paused runs that go on: with a form that somebody filled in, or that nobody did in time."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from channels.db import database_sync_to_async

from apps.common import db
from apps.common.errors import AppError, NotFound
from apps.common.ids import parse_uuid
from apps.common.perloop import run as run_here
from apps.common.run_events import Envelope, FlowEvent
from apps.logs.choices import FormStatus
from apps.logs.form_selectors import get_form
from apps.logs.models import HumanForm
from apps.logs.services.forms import Claimed, claim_answered, expire_forms, submit_form
from apps.logs.services.reap import end_claimed
from apps.prompts.callers import Caller
from apps.prompts.choices import AppMode
from apps.prompts.runtime import AppRuntime, draft_by_id
from apps.workflows.engine.contracts import NodeResult
from apps.workflows.nodes.human_input.node import outcome_of
from apps.workflows.opening import opened

from .chatflow import Chatflow
from .flow import Flow, launch_flow
from .flow_files import as_variables
from .flow_pause import Resumption, opened_state
from .form_files import with_files
from .intake import Intake
from .runs import Run, outside_server
from .state import TurnRequest
from .trying import with_tried

log = logging.getLogger(__name__)
_OWNER = """
    select w.wrapped_private_key, coalesce(u.session_id, '')
    from workspaces_workspace w left join prompts_enduser u on u.id = %s
    where w.id = %s
"""


async def answer_form(token: str, action_id: object, values: object, app_id: UUID | None = None) -> Run | None:
    """Takes an answer and lets the run go on in this process; None where another form is being gone on with.

    Raises:
        NotFound, FormSubmitted, FormExpired, InvalidFormData: see `submit_form`.
    """
    form = await database_sync_to_async(get_form)(token=token, app_id=app_id)
    submit = database_sync_to_async(submit_form)
    claimed = await submit(token=token, action_id=action_id, values=await with_files(form, values), app_id=app_id)
    return await resume(claimed) if claimed is not None else None


def resume_waiting() -> int:
    """Goes on, to their end, with paused runs for which nobody sends a form now; returns how many there were."""
    claimed = [*expire_forms(), *claim_answered()]
    if claimed:
        run_here(_resume_all(claimed))
    return len(claimed)


async def _resume_all(claimed: Sequence[Claimed]) -> None:
    async with outside_server():
        runs = [run for one in claimed if (run := await resume(one)) is not None]
        await asyncio.gather(*(run.task for run in runs))


async def resume(claimed: Claimed) -> Run | None:
    """Goes on with a run; None where it cannot, which its row then says."""
    try:
        flow = await _flow_of(claimed)
    except AppError as error:
        log.info("the run %s cannot go on: %s", claimed.run.pk, error.code)
        await database_sync_to_async(end_claimed)(claimed.run, error.code, error.message)
        return None
    return launch_flow(flow)


async def _flow_of(claimed: Claimed) -> Flow:
    run = claimed.run
    app = await draft_by_id(run.app_id, run.workspace_id, run.version_id)
    row = await db.fetch_one(_OWNER, run.end_user_id, run.workspace_id)
    if row is None or app.flow is None:
        raise NotFound("The app does not exist.")
    engine, kept = opened_state(bytes(row[0]), claimed.state)
    outcomes = {form.node_id: _outcome(form) for form in claimed.answered}
    told = [_told(form, str(outcomes[form.node_id].outputs["__rendered_content"])) for form in claimed.answered]
    resumption = Resumption(engine, kept, outcomes, told, claimed.still_open)
    key_id = parse_uuid(kept.get("api_key"))
    caller = Caller(run.invoke_from, run.end_user_id, row[1], account_id=run.account_id, api_key_id=key_id)
    envelope = Envelope(run.task_id, run.pk, run.conversation_id, app.mode, int(run.created_at.timestamp()))
    flow = await opened(app.flow, app.workspace_id)
    taken = Intake(kept["inputs"])
    request = await with_tried(_request(app, caller, envelope, kept))
    if app.mode != AppMode.ADVANCED_CHAT:
        return Flow(request, flow, envelope, taken, resumption)
    return Chatflow(request, flow, envelope, taken, app.require_config(), resumption)


def _outcome(form: HumanForm) -> NodeResult:
    asked = {"content": form.content, "actions": form.actions}
    return outcome_of(asked, form.action_id, as_variables(form.values))


def _request(app: AppRuntime, caller: Caller, envelope: Envelope, kept: Mapping[str, Any]) -> TurnRequest:
    if app.mode != AppMode.ADVANCED_CHAT:
        return TurnRequest(app, caller, kept["inputs"])
    conversation_id = None if kept["is_new"] else envelope.conversation_id
    return TurnRequest(app, caller, kept["inputs"], kept["query"], conversation_id)


def _told(form: HumanForm, rendered: str) -> FlowEvent:
    about = {"node_id": form.node_id, "node_title": form.node_title}
    if form.status == FormStatus.EXPIRED:
        return FlowEvent("human_input_form_timeout", {**about, "expiration_time": int(form.expires_at.timestamp())})
    titles = {str(one["id"]): str(one.get("title") or one["id"]) for one in form.actions}
    action = {"action_id": form.action_id, "action_text": titles.get(form.action_id, "")}
    data = {**about, "rendered_content": rendered, **action, "submitted_data": form.values}
    return FlowEvent("human_input_form_filled", data)
