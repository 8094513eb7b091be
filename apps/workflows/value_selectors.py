"""Reads of the last values of a member's draft: what each node brought last, in a run, alone, or as it was edited."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from apps.logs.models import BigValue, Conversation, NodeRun, WorkflowRun
from apps.prompts.choices import InvokeFrom
from apps.prompts.flows import CONVERSATION, variables_of

from .choices import ValueSource
from .engine.validation import STARTS
from .models import NodeValue

RUNS: Final = 100  # how many of the member's last runs are looked at
_SYSTEM: Final = "sys."
_BRINGING: Final = ("succeeded", "exception")
RESET_ID: Final = ""  # stands for the node of the row that says since when runs count


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose draft of which app."""

    workspace_id: UUID
    app_id: UUID
    account_id: UUID


@dataclass(frozen=True, slots=True)
class LastValue:
    """What a node brought last.

    Args:
        source: one of `ValueSource`, never RESET.
        run_id: the run it is of; None for what was edited and for nodes that ran alone.
        big: fields that are shown from their start alone, with the ids of the whole.
    """

    node_id: str
    outputs: Mapping[str, Any]
    source: str
    updated_at: datetime
    is_pinned: bool = False
    status: str = "succeeded"
    error: str = ""
    inputs: Mapping[str, Any] | None = None
    process_data: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    elapsed_s: float = 0.0
    run_id: UUID | None = None
    big: Mapping[str, UUID] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LastValues:
    """Those of a draft.

    Args:
        nodes: by id, also of nodes that the draft does not have any more.
        system: `sys` of the last run that began at the beginning.
        conversation: the variables as the last run left them; where there was none, as the draft declares them.
    """

    nodes: Mapping[str, LastValue] = field(default_factory=dict)
    system: Mapping[str, Any] = field(default_factory=dict)
    conversation: Mapping[str, Any] = field(default_factory=dict)


def get_last_values(whose: Whose, config: Mapping[str, Any], *, whole: bool = False) -> LastValues:
    """What every node of a draft that stands inside nothing brought last.

    Args:
        config: the draft's `workflow` map.
        whole: also of outputs that are too big for their row all is wanted.
    """
    rows = {row.node_id: row for row in _rows(whose)}
    reset = rows.pop(RESET_ID, None)
    runs = _runs(whose, reset.updated_at if reset else None)
    nodes = _node_runs(runs, reset.updated_at if reset else None)
    found = _of_runs(nodes, whole=whole)
    counted = [run for run in runs if run.pk in {node.run_id for node in nodes}]
    start = max((one for one in nodes if one.node_type in STARTS), key=_ended, default=None)
    values = {**found, **{node_id: _latest(row, found.get(node_id)) for node_id, row in rows.items()}}
    return LastValues(values, _system(start.outputs if start else None), _conversation(whose, counted, config))


def get_pins(whose: Whose) -> dict[str, Mapping[str, Any]]:
    """The outputs of the nodes that are pinned."""
    return dict(_rows(whose).filter(is_pinned=True).values_list("node_id", "outputs"))


def own_outputs(node_type: str, outputs: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is a node's own of its outputs; those of nodes a flow begins with show `sys` too."""
    if node_type not in STARTS:
        return outputs
    return {name: value for name, value in outputs.items() if not name.startswith(_SYSTEM)}


def _rows(whose: Whose) -> Any:
    about = {"workspace_id": whose.workspace_id, "app_id": whose.app_id, "account_id": whose.account_id}
    return NodeValue.objects.filter(**about)


def _runs(whose: Whose, since: datetime | None) -> list[WorkflowRun]:
    """The member's last runs of the app, the newest first."""
    runs = WorkflowRun.objects.filter(
        workspace_id=whose.workspace_id,
        app_id=whose.app_id,
        account_id=whose.account_id,
        invoke_from=InvokeFrom.DEBUGGER,
    )
    if since is not None:  # runs begin on a full second
        runs = runs.filter(created_at__gte=since.replace(microsecond=0))
    return list(runs.only("pk", "conversation_id").order_by("-created_at", "-pk")[:RUNS])


def _node_runs(runs: Sequence[WorkflowRun], since: datetime | None) -> list[NodeRun]:
    """The last time each node brought something by itself."""
    rows = NodeRun.objects.filter(run_id__in=[run.pk for run in runs], inside_node_id="", status__in=_BRINGING)
    if since is not None:
        rows = rows.filter(created_at__gt=since)
    rows = rows.filter(metadata__pinned__isnull=True).order_by("node_id", "-finished_at", "-index")
    return list(rows.distinct("node_id"))


def _ended(node: NodeRun) -> datetime:
    return node.finished_at or node.created_at


def _of_runs(nodes: Sequence[NodeRun], *, whole: bool) -> dict[str, LastValue]:
    big = _big(nodes, whole=whole)
    found = {}
    for node in nodes:
        fields = big.get((node.run_id, node.index), {})
        outputs = json.loads(fields["outputs"].content) if whole and "outputs" in fields else node.outputs
        found[node.node_id] = LastValue(
            node_id=node.node_id,
            outputs=own_outputs(node.node_type, outputs or {}),
            source=ValueSource.RUN,
            updated_at=_ended(node),
            status=node.status,
            error=node.error,
            inputs=node.inputs,
            process_data=node.process_data,
            metadata=node.metadata,
            elapsed_s=node.elapsed_s,
            run_id=node.run_id,
            big={name: value.pk for name, value in fields.items()},
        )
    return found


def _big(nodes: Iterable[NodeRun], *, whole: bool) -> dict[tuple[UUID, int], dict[str, BigValue]]:
    """What the nodes' rows hold but the start of, by node and field; the values themselves where they are wanted."""
    wanted = {(node.run_id, node.index) for node in nodes}
    rows = BigValue.objects.filter(run_id__in={run_id for run_id, _ in wanted})
    known = {place: dict[str, BigValue]() for place in wanted}
    for value in rows.defer("content"):  # a content is read by its name alone
        if (value.run_id, value.node_index) in known:
            known[(value.run_id, value.node_index)][value.field] = value
    return known


def _latest(row: NodeValue, ran: LastValue | None) -> LastValue:
    """The newer of the two, or what is pinned."""
    if ran is not None and not row.is_pinned and row.updated_at < ran.updated_at:
        return ran
    found = LastValue(row.node_id, row.outputs, row.source, row.updated_at, row.is_pinned)
    if row.source == ValueSource.STEP:
        told = row.details
        about = {name: told.get(name) for name in ("inputs", "process_data", "metadata")}
        return replace(found, elapsed_s=float(told.get("elapsed_time") or 0), **about)
    if ran is None:
        return found
    about = {"inputs": ran.inputs, "process_data": ran.process_data, "metadata": ran.metadata}
    return replace(
        found, elapsed_s=ran.elapsed_s, run_id=ran.run_id if row.source == ValueSource.RUN else None, **about
    )


def _system(outputs: Mapping[str, Any] | None) -> dict[str, Any]:
    found = outputs or {}
    return {name.removeprefix(_SYSTEM): value for name, value in found.items() if name.startswith(_SYSTEM)}


def _conversation(whose: Whose, runs: Sequence[WorkflowRun], config: Mapping[str, Any]) -> dict[str, Any]:
    declared = {str(row["name"]): row.get("value") for row in variables_of(config, CONVERSATION)}
    last = next((run.conversation_id for run in runs if run.conversation_id), None)
    if not declared or last is None:
        return declared
    rows = Conversation.objects.filter(workspace_id=whose.workspace_id, app_id=whose.app_id, deleted_at=None, pk=last)
    changed = rows.values_list("variables", flat=True).first() or {}
    return {name: changed.get(name, value) for name, value in declared.items()}
