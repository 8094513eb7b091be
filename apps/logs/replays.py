"""Runs as a canvas replays them: the data of the service API's events (4.3), made of what is stored."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.urls import reverse

from .flow_records import THE_RUN
from .models import BigValue, NodeRun, WorkflowRun

MAX_NODES: Final = 2_000
_PLACES: Final = ("iteration_id", "iteration_index", "loop_id", "loop_index")


def listed_json(run: WorkflowRun, who: str, version: int | None) -> dict[str, Any]:
    """A run in the history of an app.

    Args:
        who: the name of who made it.
        version: the number of the version that ran, None where it was pruned.
    """
    return {
        "id": str(run.pk),
        "task_id": str(run.task_id),
        "message_id": str(run.message_id) if run.message_id else None,
        "conversation_id": str(run.conversation_id) if run.conversation_id else None,
        "status": run.status,
        "error": run.error or None,
        "elapsed_time": run.elapsed_s,
        "total_tokens": run.total_tokens,
        "total_steps": run.total_steps,
        "exceptions_count": run.exceptions_count,
        "created_at": _seconds(run.created_at),
        "finished_at": _seconds(run.finished_at),
        "invoke_from": run.invoke_from,
        "who": who,
        "version": version,
    }


def run_json(run: WorkflowRun, listed: Mapping[str, Any], big: Mapping[tuple[int, str], BigValue]) -> dict[str, Any]:
    """A run as `workflow_finished` tells it, with what went in.

    Args:
        listed: what `listed_json` says of it.
        big: what its rows hold but the start of, by index and field.
    """
    return {
        **listed,
        "workflow_id": str(run.version_id),
        "sequence_number": None,
        "inputs": run.inputs,
        "outputs": run.outputs,
        "created_by": {"id": str(run.end_user_id or run.account_id or ""), "user": listed["who"]},
        "files": [],
        "whole": _whole(run.app_id, run.pk, THE_RUN, big),
    }


def node_json(node: NodeRun, big: Mapping[tuple[int, str], BigValue]) -> dict[str, Any]:
    """A node as `node_finished` tells it, with the round it belongs to."""
    metadata = node.metadata if isinstance(node.metadata, dict) else {}
    return {
        "id": str(node.pk),
        "node_id": node.node_id,
        "node_type": node.node_type,
        "title": node.title,
        "index": node.index,
        "predecessor_node_id": node.predecessor_node_id or None,
        "inputs": node.inputs,
        "process_data": node.process_data,
        "outputs": node.outputs,
        "status": node.status,
        "error": node.error or None,
        "elapsed_time": node.elapsed_s,
        "execution_metadata": node.metadata,
        "created_at": _seconds(node.created_at),
        "finished_at": _seconds(node.finished_at),
        "files": [],
        **{name: metadata.get(name) for name in _PLACES},
        "whole": _whole(node.app_id, node.run_id, node.index, big),
    }


def _whole(app_id: UUID, run_id: UUID, index: int, big: Mapping[tuple[int, str], BigValue]) -> dict[str, str]:
    """The addresses of fields that are too big for their row, of which the start alone is shown."""
    found = {field: value.pk for (place, field), value in big.items() if place == index}
    return {field: reverse("logs:run_value", args=[app_id, run_id, pk]) for field, pk in found.items()}


def _seconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp()) if moment else None
