"""What the writer stores of a workflow's run: one row when it begins; its end and all its nodes in one commit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from apps.common.ids import new_id
from apps.prompts.callers import Caller

from .kept_values import kept, masked, sentence
from .statements import Statement

Operations = list[tuple[Statement, tuple[Any, ...]]]
NAME_CHARACTERS = 255
THE_RUN = 0  # where nodes have their index


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
        fields = _Fields(self, self.secrets)
        inputs = fields.json("inputs", self.inputs)
        values = (*ids, self.task_id, *owner, inputs, self.lease_s, self.created_at)
        return [*operations, (Statement.BEGIN_RUN, values), *fields.big]


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
        fields = _Fields(self, self.secrets)
        outputs = fields.json("outputs", self.outputs)
        cost = (self.elapsed_s, self.total_tokens, self.total_steps)
        ids = (self.run_id, self.workspace_id, self.app_id)
        forms = [(Statement.HUMAN_FORM, self._form(form)) for form in self.forms]
        return [
            (Statement.PAUSE_RUN, (outputs, *cost, self.run_id)),
            (Statement.PAUSED_STATE, (*ids, self.state)),
            (Statement.DROP_OUTPUTS, (self.run_id,)),  # of an earlier pause
            *fields.big,
            *forms,
            *_node_rows(self),
        ]

    def _form(self, form: FormRecord) -> tuple[Any, ...]:
        shown = masked({"content": form.content, "defaults": form.defaults}, self.secrets)
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
        was_paused: it may have forms that nobody needs to fill in any more.
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
    was_paused: bool = False

    def operations(self) -> Operations:
        """The finished run and its nodes."""
        fields = _Fields(self, self.secrets)
        outputs = fields.json("outputs", self.outputs)
        outcome = (self.status, outputs, self.error_code, sentence(self.error, self.secrets))
        cost = (self.elapsed_s, self.total_tokens, self.total_price, self.currency)
        finish = (*outcome, *cost, self.total_steps, self.exceptions_count, self.run_id)
        after_pause = (Statement.CLOSE_FORMS, Statement.DROP_OUTPUTS) if self.was_paused else ()
        closing = [(statement, (self.run_id,)) for statement in after_pause]
        return [(Statement.FINISH_RUN, finish), *closing, *fields.big, *_node_rows(self)]


class _Fields:
    """Fields of one row as its statement takes them; what is too big for it goes to rows of its own."""

    def __init__(
        self, run: FlowBeginning | FlowPausing | FlowEnding, secrets: Sequence[str], index: int = THE_RUN
    ) -> None:
        self._run, self._secrets, self._index = run, secrets, index
        self.big: Operations = []

    def json(self, name: str, value: Mapping[str, Any] | None) -> Jsonb | None:
        if value is None:
            return None
        found = kept(value, self._secrets)
        if found.whole is not None:
            ids = (new_id(), self._run.workspace_id, self._run.app_id, self._run.run_id)
            row = (*ids, self._index, name, found.whole, len(found.whole))
            self.big.append((Statement.BIG_VALUE, row))
        return _as_json(found.shown)


def _node_rows(run: FlowPausing | FlowEnding) -> Operations:
    """The nodes of the run."""
    operations: Operations = []
    for node in run.nodes:
        fields = _Fields(run, run.secrets, node.index)
        operations += [(Statement.NODE_RUN, _node_row(node, run, fields)), *fields.big]
    return operations


def _node_row(node: NodeRecord, run: FlowPausing | FlowEnding, fields: _Fields) -> tuple[Any, ...]:
    names = (node.node_id, node.node_type[:64], node.title, node.predecessor_node_id, node.inside_node_id)
    values = [fields.json(name, getattr(node, name)) for name in ("inputs", "process_data", "outputs")]
    outcome = (node.status, sentence(node.error, run.secrets), node.elapsed_s, fields.json("metadata", node.metadata))
    ids = (new_id(), run.workspace_id, run.app_id, run.run_id, node.index)
    return (*ids, *(name[:NAME_CHARACTERS] for name in names), *values, *outcome, node.created_at, node.finished_at)


def _as_json(text: str) -> Jsonb:
    """JSON that is written already."""
    return Jsonb(text, dumps=str)
