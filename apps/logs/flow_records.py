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
class FormRecord:
    """A form that a run waits for.

    Args:
        expires_at: Unix seconds.
    """

    form_id: UUID
    token: str
    node_id: str
    title: str
    content: str
    inputs: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]
    defaults: Mapping[str, Any]
    expires_at: float


@dataclass(frozen=True, slots=True)
class FlowPausing:
    """The write of a run that waits for people.

    Args:
        state: sealed; what it goes on from.
        forms: those that were not there before.
        secrets: texts that must not be stored.
    """

    run_id: UUID
    workspace_id: UUID
    app_id: UUID
    state: bytes
    outputs: Mapping[str, Any]
    elapsed_s: float
    total_tokens: int
    total_steps: int
    nodes: Sequence[NodeRecord]
    forms: Sequence[FormRecord]
    secrets: Sequence[str] = ()

    def operations(self) -> Operations:
        """The paused run, its state, its forms, the nodes that ran so far."""
        outputs = Jsonb(kept(self.outputs, self.secrets))
        cost = (self.elapsed_s, self.total_tokens, self.total_steps)
        ids = (self.run_id, self.workspace_id, self.app_id)
        rows = [(Statement.NODE_RUN, row_of(node, self)) for node in self.nodes]
        forms = [(Statement.HUMAN_FORM, self._form(form)) for form in self.forms]
        return [
            (Statement.PAUSE_RUN, (outputs, *cost, self.run_id)),
            (Statement.PAUSED_STATE, (*ids, self.state)),
            *forms,
            *rows,
        ]

    def _form(self, form: FormRecord) -> tuple[Any, ...]:
        shown = kept({"content": form.content, "defaults": form.defaults}, self.secrets)
        ids = (form.form_id, self.workspace_id, self.app_id, self.run_id)
        names = (form.node_id[:NAME_CHARACTERS], form.title[:NAME_CHARACTERS], form.token, shown["content"])
        lists = (Jsonb(list(form.inputs)), Jsonb(list(form.actions)), Jsonb(shown["defaults"]))
        return (*ids, *names, *lists, form.expires_at)


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
        outcome = (self.status, _json(self.outputs, self.secrets), self.error_code, kept(self.error, self.secrets))
        cost = (self.elapsed_s, self.total_tokens, self.total_price, self.currency)
        finish = (*outcome, *cost, self.total_steps, self.exceptions_count, self.run_id)
        rows = [(Statement.NODE_RUN, row_of(node, self)) for node in self.nodes]
        return [(Statement.FINISH_RUN, finish), *rows]


def row_of(node: NodeRecord, run: FlowPausing | FlowEnding) -> tuple[Any, ...]:
    """A node of the run, as its statement takes it."""
    secrets = run.secrets
    names = (node.node_id, node.node_type[:64], node.title, node.predecessor_node_id, node.inside_node_id)
    values = (_json(node.inputs, secrets), _json(node.process_data, secrets), _json(node.outputs, secrets))
    outcome = (node.status, kept(node.error, secrets), node.elapsed_s, _json(node.metadata, secrets))
    ids = (new_id(), run.workspace_id, run.app_id, run.run_id, node.index)
    return (*ids, *(name[:NAME_CHARACTERS] for name in names), *values, *outcome, node.created_at, node.finished_at)


def _json(value: Mapping[str, Any] | None, secrets: Sequence[str]) -> Jsonb | None:
    return None if value is None else Jsonb(kept(value, secrets))
