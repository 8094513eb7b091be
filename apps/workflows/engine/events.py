"""What a run tells while it goes on; each becomes an event of the service API (4.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from .graph import GraphNode

if TYPE_CHECKING:
    from .contracts import Form


@dataclass(slots=True)
class NodeStarted:
    """A node begins.

    Args:
        run_id: of this run of the node.
        predecessor: the node it was come from, "" for the first.
        created_at: Unix seconds.
        index: 1, 2, 3 ... in the order nodes are told to begin; set when it is told.
    """

    run_id: str
    node: GraphNode
    predecessor: str
    created_at: float
    index: int = 0


@dataclass(frozen=True, slots=True)
class NodeFinished:
    """A node has ended.

    Args:
        status: succeeded, failed, stopped, or exception: it failed and the flow goes on.
        metadata: tokens, price and currency of what it called, and what else the contract names.
        citations: passages of knowledge that its model was shown.
    """

    started: NodeStarted
    status: str
    inputs: Mapping[str, Any]
    outputs: Mapping[str, Any] | None
    process_data: Mapping[str, Any] | None
    error: str
    metadata: Mapping[str, Any] | None
    elapsed_s: float
    finished_at: float
    citations: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class NodeRetry:
    """A node failed and is tried again; `retry` counts from 1."""

    started: NodeStarted
    inputs: Mapping[str, Any]
    error: str
    retry: int
    elapsed_s: float


@dataclass(frozen=True, slots=True)
class RoundsStarted:
    """An iteration or a loop begins; such nodes have no events of nodes."""

    started: NodeStarted
    inputs: Mapping[str, Any]
    length: int


@dataclass(frozen=True, slots=True)
class RoundStarted:
    """A round of it begins; `index` counts from 0.

    Args:
        variables: of a loop, as they are by now.
    """

    started: NodeStarted
    index: int
    variables: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RoundsFinished:
    """It has ended."""

    finished: NodeFinished
    steps: int


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of what the flow answers."""

    text: str
    selector: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FlowFinished:
    """The run has ended; nothing follows.

    Args:
        status: succeeded, partial-succeeded, failed or stopped.
        total_price: USD in text, as model nodes report it.
    """

    status: str
    outputs: Mapping[str, Any] = field(default_factory=dict)
    error: str = ""
    elapsed_s: float = 0.0
    total_tokens: int = 0
    total_steps: int = 0
    exceptions_count: int = 0


@dataclass(frozen=True, slots=True)
class FlowPaused:
    """The run waits for people; nothing follows until it is resumed.

    Args:
        state: what it is resumed from; JSON.
        waiting: the nodes that wait, with their forms.
    """

    state: Mapping[str, Any]
    waiting: Sequence[tuple[NodeStarted, "Form"]]
    elapsed_s: float
    total_tokens: int
    total_steps: int


EngineEvent: TypeAlias = (
    NodeStarted
    | NodeFinished
    | NodeRetry
    | RoundsStarted
    | RoundStarted
    | RoundsFinished
    | Text
    | FlowFinished
    | FlowPaused
)
