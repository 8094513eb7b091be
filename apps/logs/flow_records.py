"""What the writer stores of a workflow's run: one row when it begins; its end and all its nodes in one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from apps.common.ids import new_id
from apps.prompts.callers import Caller

from .kept_values import kept
from .statements import Statement

Operations = list[tuple[Statement, tuple[Any, ...]]]
NAME_CHARACTERS = 255


@dataclass(frozen=True, slots=True)
class FlowBeginning:
    """The first write of a run.

    Args:
        conversation_id, message_id: of a chatflow's turn.
        created_at: Unix seconds, as the events carry it.
        secrets: texts that must not be stored.
    """

    run_id: UUID
    task_id: UUID
    workspace_id: UUID
    app_id: UUID
    version_id: UUID
    caller: Caller
    inputs: Mapping[str, Any]
    lease_s: float
    created_at: float
    conversation_id: UUID | None = None
    message_id: UUID | None = None
    secrets: Sequence[str] = ()

    def operations(self) -> Operations:
        """The end user, who may be new, and the running run. A turn's end user comes with its message."""
        caller = self.caller
        operations: Operations = []
        if caller.end_user_id is not None and self.message_id is None:
            user = (caller.end_user_id, self.workspace_id, self.app_id, caller.invoke_from, caller.session_id)
            operations.append((Statement.END_USER, (*user, caller.is_anonymous)))
        ids = (self.run_id, self.workspace_id, self.app_id, self.version_id, self.conversation_id, self.message_id)
        owner = (caller.invoke_from, caller.end_user_id, caller.account_id)
        inputs = Jsonb(kept(self.inputs, self.secrets))
        values = (*ids, self.task_id, *owner, inputs, self.lease_s, self.created_at)
        operations.append((Statement.BEGIN_RUN, values))
        return operations


@dataclass(frozen=True, slots=True)
class NodeRecord:
    """A node that ran.

    Args:
        index: 1, 2, 3 ... in the order the nodes of the run began.
        inside_node_id: the iteration or loop it belongs to; "" outside.
        created_at, finished_at: Unix seconds.
    """

    index: int
    node_id: str
    node_type: str
    title: str
    status: str
    created_at: float
    finished_at: float
    elapsed_s: float
    predecessor_node_id: str = ""
    inside_node_id: str = ""
    inputs: Mapping[str, Any] | None = None
    process_data: Mapping[str, Any] | None = None
    outputs: Mapping[str, Any] | None = None
    error: str = ""
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class FlowEnding:
    """The last write of a run.

    Args:
        status: a terminal one of `FlowStatus`.
        secrets: texts that must not be stored.
    """

    run_id: UUID
    workspace_id: UUID
    app_id: UUID
    status: str
    outputs: Mapping[str, Any] | None
    elapsed_s: float
    total_tokens: int
    total_steps: int
    nodes: Sequence[NodeRecord]
    error_code: str = ""
    error: str = ""
    total_price: Decimal = Decimal(0)
    currency: str = "USD"
    exceptions_count: int = 0
    secrets: Sequence[str] = ()

    def operations(self) -> Operations:
        """The finished run and its nodes."""
        outcome = (self.status, self._json(self.outputs), self.error_code, kept(self.error, self.secrets))
        cost = (self.elapsed_s, self.total_tokens, self.total_price, self.currency)
        finish = (*outcome, *cost, self.total_steps, self.exceptions_count, self.run_id)
        return [(Statement.FINISH_RUN, finish), *((Statement.NODE_RUN, self._row(node)) for node in self.nodes)]

    def _row(self, node: NodeRecord) -> tuple[Any, ...]:
        names = (node.node_id, node.node_type[:64], node.title, node.predecessor_node_id, node.inside_node_id)
        values = (self._json(node.inputs), self._json(node.process_data), self._json(node.outputs))
        outcome = (node.status, kept(node.error, self.secrets), node.elapsed_s, self._json(node.metadata))
        ids = (new_id(), self.workspace_id, self.app_id, self.run_id, node.index)
        return (*ids, *(name[:NAME_CHARACTERS] for name in names), *values, *outcome, node.created_at, node.finished_at)

    def _json(self, value: Mapping[str, Any] | None) -> Jsonb | None:
        return None if value is None else Jsonb(kept(value, self.secrets))
