"""Runs that wait for people: what is kept of them, and what is told (service API 6.9)."""

import json
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from apps.common import crypto, db
from apps.common.ids import new_id
from apps.common.run_events import FlowEvent, FlowPause, RunEvent
from apps.logs.flow_records import FormRecord
from apps.workflows.engine.contracts import Form, NodeResult
from apps.workflows.engine.events import FlowPaused, NodeStarted

_PUBLIC_KEY = "select public_key from workspaces_workspace where id = %s"


@dataclass(frozen=True, slots=True)
class Resumption:
    """What a run goes on from.

    Args:
        engine: the engine's own state.
        kept: what the run kept besides.
        outcomes: what has become of forms, by node.
        told: the events that say so.
        open_forms: nodes whose forms are still open.
    """

    engine: Mapping[str, Any]
    kept: Mapping[str, Any]
    outcomes: Mapping[str, NodeResult] = field(default_factory=dict)
    told: Sequence[FlowEvent] = ()
    open_forms: frozenset[str] = frozenset()


async def sealed_state(workspace_id: Any, paused: FlowPaused, kept: Mapping[str, Any]) -> bytes:
    """What the run goes on from, sealed with the workspace's key."""
    row = await db.fetch_one(_PUBLIC_KEY, workspace_id)
    assert row is not None
    return crypto.encrypt(row[0], json.dumps({"engine": paused.state, "kept": kept}))


def opened_state(wrapped_private_key: bytes, state: bytes) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    """The engine's state and what the run kept. Raises CredentialsUnreadable: SECRET_KEY has changed."""
    found = json.loads(crypto.decrypt(wrapped_private_key, state))
    return found["engine"], found["kept"]


def forms_of(paused: FlowPaused, known: frozenset[str]) -> list[FormRecord]:
    """The forms that were not there before, each with a token of its own."""
    return [_record(started, form) for started, form in paused.waiting if started.node.id not in known]


def _record(started: NodeStarted, form: Form) -> FormRecord:
    return FormRecord(
        form_id=new_id(),
        token=secrets.token_urlsafe(32),
        node_id=started.node.id,
        title=started.node.title,
        content=form.content,
        inputs=form.inputs,
        actions=form.actions,
        defaults=form.defaults,
        expires_at=time.time() + form.timeout_s,
    )


def told_pause(
    run_id: Any, paused: FlowPaused, forms: Sequence[FormRecord], outputs: Mapping[str, Any]
) -> list[RunEvent]:
    """One event for each form that is new, then that the run is paused."""
    data = {
        "workflow_run_id": str(run_id),
        "outputs": outputs,
        "created_at": int(time.time()),
        "elapsed_time": paused.elapsed_s,
        "total_tokens": paused.total_tokens,
        "total_steps": paused.total_steps,
    }
    return told_forms(forms, data, [started.node.id for started, _ in paused.waiting])


def told_forms(forms: Sequence[FormRecord], data: Mapping[str, Any], node_ids: Sequence[str]) -> list[RunEvent]:
    """What a run waits for, form by form, then that it is paused.

    Args:
        data: what else `workflow_paused` says of the run.
        node_ids: the nodes that wait, those of other forms too.
    """
    reasons = [
        {"type": "human_input_required", "node_id": form.node_id, "form_id": str(form.form_id)} for form in forms
    ]
    last = FlowPause({**data, "status": "paused", "paused_nodes": node_ids, "reasons": reasons})
    return [*(FlowEvent("human_input_required", _told_form(form)) for form in forms), last]


def _told_form(form: FormRecord) -> dict[str, Any]:
    return {
        "form_id": str(form.form_id),
        "form_token": form.token,
        "node_id": form.node_id,
        "node_title": form.title,
        "form_content": form.content,
        "inputs": list(form.inputs),
        "actions": list(form.actions),
        "display_in_ui": True,
        "resolved_default_values": form.defaults,
        "expiration_time": int(form.expires_at),
    }
