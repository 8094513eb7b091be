"""What a node is, and what it has at hand while it runs."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from apps.common.registry import Registry

from .graph import SOURCE, GraphNode
from .variables import VariablePool


class NodeFailed(Exception):
    """A node cannot do what it is to do; the sentence is for the flow's author and users.

    Args:
        kind: the stable `error_type` that a fail branch sees.
        inputs, process_data: what was known when it failed.
    """

    def __init__(
        self,
        message: str,
        kind: str = "NodeFailed",
        *,
        inputs: Mapping[str, Any] | None = None,
        process_data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.kind = message, kind
        self.inputs, self.process_data = inputs or {}, process_data


class FlowFailed(Exception):
    """A node failed and nothing handles it: the round, or the run, that it belongs to has failed."""


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What a node has brought.

    Args:
        handle: the edges that are taken from here.
        metadata: `total_tokens`, `total_price` and `currency` of models, and what else the contract names.
    """

    outputs: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    process_data: Mapping[str, Any] | None = None
    handle: str = SOURCE
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """What a model wrote, and what it cost.

    Args:
        usage: as the service API shows it.
    """

    text: str
    usage: Mapping[str, Any]
    finish_reason: str = ""


class Services(Protocol):
    """What nodes reach outside of the engine; all of it belongs to the run's workspace."""

    def ask_model(
        self, model: Mapping[str, Any], messages: Sequence[tuple[str, str]]
    ) -> AsyncIterator[str | ModelAnswer]:
        """Pieces of the answer, then the whole.

        Args:
            model: `provider`, `name` and `completion_params` as the file has them.
            messages: role and text.

        Raises:
            NodeFailed: in the provider's own words.
        """

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        """What `main` returned. Raises NodeFailed."""

    async def render(self, template: str, inputs: Mapping[str, Any]) -> str:
        """A Jinja2 template with its variables. Raises NodeFailed."""

    async def fetch(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, timeout_s: float
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Status, headers (names in lower case) and body of an answer. Raises NodeFailed: there is none."""

    async def search(
        self, query: str, dataset_ids: Sequence[str], settings: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Passages of knowledge bases, the best first, as the node's `result` shows them. Raises NodeFailed."""


@dataclass(frozen=True, slots=True)
class NodeContext:
    """A node's surroundings.

    Args:
        emit: hands on a piece of the node's text as it comes.
        walk: runs what stands inside the node (an iteration's round) over a pool of its own, from a node on.
        tell_round: a round begins; counted from 0.
    """

    node: GraphNode
    pool: VariablePool
    services: Services
    emit: Callable[[str], None]
    walk: Callable[[str, VariablePool], Awaitable[None]]
    tell_round: Callable[[int], None]

    @property
    def data(self) -> Mapping[str, Any]:
        """The node's settings, as the app file has them."""
        return self.node.data


class Node(ABC):
    """A kind of node.

    Attributes:
        key: its `type` in app files.
        aliases: what older files call it.
        streams: its `text` comes piece by piece.
        branches: it takes one of several ways, so that what follows is uncertain until it has ended.
        has_rounds: it runs what stands inside it, and has events of its own for that.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    aliases: ClassVar[frozenset[str]] = frozenset()
    streams: ClassVar[bool] = False
    branches: ClassVar[bool] = False
    has_rounds: ClassVar[bool] = False

    @abstractmethod
    async def run(self, context: NodeContext) -> NodeResult:
        """Does the node's work. Raises NodeFailed."""

    def length(self, context: NodeContext) -> int:
        """How many rounds there will be, for nodes that have some."""
        return 0


nodes: Registry[Node] = Registry("node", "nodes", Node)  # type: ignore[type-abstract]  # only subclasses are made


def node_of(type_name: str) -> type[Node] | None:
    """The node a file's type means, None where none does."""
    known = nodes.all()
    return known.get(type_name) or next((node for node in known.values() if type_name in node.aliases), None)
