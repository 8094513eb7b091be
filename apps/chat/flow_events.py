"""What the engine tells, as the events of the service API (4.3) and as the rows of a run."""

import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from apps.common.errors import AppError
from apps.common.run_events import Envelope, FlowEvent
from apps.logs.choices import FlowStatus
from apps.logs.flow_records import FlowEnding, NodeRecord
from apps.logs.kept_values import masked
from apps.prompts.runtime import AppRuntime
from apps.workflows.engine.events import (
    EngineEvent,
    NodeFinished,
    NodeRetry,
    NodeStarted,
    RoundsFinished,
    RoundsStarted,
    RoundStarted,
    Text,
)

from .state import TurnRequest


class Teller:
    """Makes the events of one run; texts of secrets are masked in them."""

    def __init__(self, envelope: Envelope, request: TurnRequest, secrets: Sequence[str]) -> None:
        self._envelope, self._request, self._secrets = envelope, request, secrets

    def started(self, inputs: Mapping[str, Any], reason: str = "initial") -> dict[str, Any]:
        """The data of `workflow_started`; `reason` is initial or resumption."""
        return {
            "id": str(self._envelope.message_id),
            "workflow_id": str(self._request.app.version_id),
            "sequence_number": None,  # of older servers, whose clients look for the key
            "inputs": self._masked(inputs),
            "created_at": self._envelope.created_at,
            "reason": reason,
        }

    def tell(self, event: EngineEvent) -> FlowEvent:
        """An event of the engine; not its last, which is told once it is stored."""
        if isinstance(event, Text):
            return FlowEvent("text_chunk", {"text": event.text, "from_variable_selector": list(event.selector) or None})
        if isinstance(event, NodeStarted):
            place = _place(event)
            data = {**_head(event), "inputs": None, "created_at": int(event.created_at), "extras": {}, **place}
            return FlowEvent("node_started", {**data, "parallel_run_id": None})
        if isinstance(event, NodeFinished):
            return FlowEvent("node_finished", told_node(event, self._secrets))
        if isinstance(event, NodeRetry):
            return FlowEvent("node_retry", self._retried(event))
        return self._round(event)

    def _round(self, event: EngineEvent) -> FlowEvent:
        assert isinstance(event, RoundsStarted | RoundStarted | RoundsFinished)
        started = event.finished.started if isinstance(event, RoundsFinished) else event.started
        kind = "loop" if started.node.type == "loop" else "iteration"
        head = {**_head(started), "created_at": int(started.created_at), "extras": {}}
        if isinstance(event, RoundsStarted):
            data = {"inputs": self._masked(event.inputs), "metadata": {f"{kind}_length": event.length}}
            return FlowEvent(f"{kind}_started", {**head, **data})
        if isinstance(event, RoundStarted):
            before = {"pre_loop_output": self._masked(event.variables)} if kind == "loop" else {}
            return FlowEvent(f"{kind}_next", {**head, "index": event.index, **before})
        total = (event.finished.metadata or {}).get("total_tokens", 0)
        steps = {"total_tokens": total, "steps": event.steps}
        return FlowEvent(f"{kind}_completed", {**told_node(event.finished, self._secrets), **head, **steps})

    def _retried(self, event: NodeRetry) -> dict[str, Any]:
        outcome = {
            "inputs": self._masked(event.inputs),
            "process_data": None,
            "outputs": None,
            "status": "retry",
            "error": self._masked(event.error),
            "elapsed_time": event.elapsed_s,
            "execution_metadata": None,
        }
        return {**_ended(event.started, outcome, int(time.time())), "retry_index": event.retry}

    def _masked(self, value: Any) -> Any:
        return told_value(value, self._secrets)


def told_value(value: Any, secrets: Sequence[str]) -> Any:
    """A value that everybody may see; without secrets it need not be walked through."""
    return masked(value, secrets) if secrets else value


def told_node(event: NodeFinished, secrets: Sequence[str]) -> dict[str, Any]:
    """The data of `node_finished`."""
    shown = {"inputs": event.inputs, "process_data": event.process_data, "outputs": event.outputs}
    outcome = {
        **told_value(shown, secrets),
        "status": event.status,
        "error": told_value(event.error, secrets) or None,
        "elapsed_time": event.elapsed_s,
        "execution_metadata": event.metadata,
    }
    return _ended(event.started, outcome, int(event.finished_at))


def _head(started: NodeStarted) -> dict[str, Any]:
    node = started.node
    return {
        "id": started.run_id,
        "node_id": node.id,
        "node_type": node.type,
        "title": node.title,
        "index": started.index,
        "predecessor_node_id": started.predecessor or None,
    }


def _ended(started: NodeStarted, outcome: Mapping[str, Any], finished_at: int) -> dict[str, Any]:
    times = {"created_at": int(started.created_at), "finished_at": finished_at}
    return {**_head(started), **outcome, **times, "files": [], **_place(started)}


def _place(started: NodeStarted) -> dict[str, Any]:
    """Where in the flow the node stands; branches that run side by side have no ids here, nodes in rounds do."""
    inside, in_loop = started.node.inside or None, started.node.around == "loop"
    return {
        "parallel_id": None,
        "parallel_start_node_id": None,
        "parent_parallel_id": None,
        "parent_parallel_start_node_id": None,
        "iteration_id": None if in_loop else inside,
        "loop_id": inside if in_loop else None,
    }


def ending_of(
    app: AppRuntime,
    envelope: Envelope,
    ended: Any,
    problem: AppError | None,
    finished: Sequence[NodeFinished],
    before: Sequence[NodeFinished],
    secrets: Sequence[str],
) -> FlowEnding:
    """The last write of a run.

    Args:
        before: nodes that were stored when the run paused.
    """
    costs = [Decimal(str((node.metadata or {}).get("total_price") or 0)) for node in (*before, *finished)]
    return FlowEnding(
        run_id=envelope.message_id,
        workspace_id=app.workspace_id,
        app_id=app.app_id,
        status=FlowStatus.FAILED if problem else ended.status,
        outputs=None if problem or ended.status == FlowStatus.FAILED else ended.outputs,
        elapsed_s=ended.elapsed_s,
        total_tokens=ended.total_tokens,
        total_steps=ended.total_steps,
        nodes=[record_of(node) for node in finished],
        error_code=problem.code if problem else "",
        error=problem.message if problem else ended.error,
        total_price=sum(costs, Decimal(0)),
        exceptions_count=ended.exceptions_count,
        secrets=secrets,
        was_paused=bool(before),
    )


def finished_data(ending: FlowEnding, envelope: Envelope, request: TurnRequest) -> dict[str, Any]:
    """The data of `workflow_finished`, and of the blocking answer."""
    caller = request.caller
    return {
        "id": str(envelope.message_id),
        "workflow_id": str(request.app.version_id),
        "sequence_number": None,
        "status": ending.status,
        "outputs": told_value(ending.outputs, ending.secrets),
        "error": told_value(ending.error, ending.secrets) or None,
        "elapsed_time": ending.elapsed_s,
        "total_tokens": ending.total_tokens,
        "total_steps": ending.total_steps,
        "created_by": {"id": str(caller.end_user_id or caller.account_id), "user": caller.session_id},
        "created_at": envelope.created_at,
        "finished_at": int(time.time()),
        "exceptions_count": ending.exceptions_count,
        "files": [],
    }


def record_of(node: NodeFinished) -> NodeRecord:
    """A node as it is stored."""
    started = node.started
    return NodeRecord(
        index=started.index,
        node_id=started.node.id,
        node_type=started.node.type,
        title=started.node.title,
        status=node.status,
        created_at=started.created_at,
        finished_at=node.finished_at,
        elapsed_s=node.elapsed_s,
        predecessor_node_id=started.predecessor,
        inside_node_id=started.node.inside,
        inputs=node.inputs,
        process_data=node.process_data,
        outputs=node.outputs,
        error=node.error,
        metadata=node.metadata,
    )
