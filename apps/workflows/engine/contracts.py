"""What a node is, and what it has at hand while it runs."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Literal, Protocol, TypeAlias, TypeVar

from pydantic import ValidationError

from apps.common.registry import Registry

from .config import NodeConfig
from .graph import SOURCE, GraphNode
from .ports import Services
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
class Form:
    """What a person is asked, as the service API tells it (6.9).

    Args:
        content: Markdown; `{{#$output.name#}}` stands where a field is.
        inputs: the fields.
        actions: what the person may choose at the end; each is a handle of the node.
        timeout_s: after so long nobody is waited for.
    """

    content: str
    inputs: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]
    defaults: Mapping[str, Any]
    timeout_s: float


class NodeWaits(Exception):
    """A node cannot go on before a person has filled in its form."""

    def __init__(self, form: Form) -> None:
        super().__init__()
        self.form = form


@dataclass(frozen=True, slots=True)
class NodeResult:
    """What a node has brought.

    Args:
        handle: the edges that are taken from here.
        metadata: `total_tokens`, `total_price` and `currency` of models, and what else the contract names.
        citations: passages of knowledge that a model was shown, as a retrieval's `result` has them.
    """

    outputs: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    process_data: Mapping[str, Any] | None = None
    handle: str = SOURCE
    metadata: Mapping[str, Any] | None = None
    citations: Sequence[Mapping[str, Any]] = ()


class Rounds(Protocol):
    """The rounds of a node; `is_pure`: they may run side by side without anybody knowing."""

    is_pure: bool

    async def go(self, index: int, pool: VariablePool) -> None:
        """A round, counted from 0, over a pool of its own. Raises FlowFailed."""


class MakeRounds(Protocol):
    """Makes the rounds of a node. Raises NodeFailed: nothing stands inside it."""

    def __call__(self, start: str, *, in_order: bool, goes_on: bool) -> Rounds:
        """Rounds that begin with the node `start`.

        Args:
            in_order: they are told one after the other, also where they run side by side.
            goes_on: a round that fails does not end the others.
        """


@dataclass(frozen=True, slots=True)
class NodeContext:
    """A node's surroundings.

    Args:
        emit: hands on a piece of the node's text as it comes.
        rounds: for nodes that have some: the rounds of what stands inside, from a node on (see `rounds.Rounds`).
    """

    node: GraphNode
    pool: VariablePool
    services: Services
    emit: Callable[[str], None]
    rounds: MakeRounds

    @property
    def data(self) -> Mapping[str, Any]:
        """The node's settings, as the app file has them."""
        return self.node.data


ConfigT = TypeVar("ConfigT", bound=NodeConfig)
Family: TypeAlias = Literal["begin", "model", "knowledge", "logic", "data", "outside", "end"]


class Node(ABC, Generic[ConfigT]):
    """A kind of node.

    Attributes:
        key: its `type` in app files.
        Config: its settings, as app files have them.
        outputs: the variables it always brings, with their types (DSL 2.1).
        aliases: what older files call it.
        streams: its `text` comes piece by piece.
        branches: it takes one of several ways, so that what follows is uncertain until it has ended.
        way_output: for nodes that branch: the output that says which way was taken.
        has_rounds: it runs what stands inside it, and has events of its own for that.
        pure: what it brings follows from its settings and variables alone, and it changes nothing.
        family: what it is listed under where nodes are chosen.
        icon: its sign there and on the canvas, of the sprite.
        modes: the modes of apps it belongs to; empty: all.
        only_inside: the type of node it stands in alone; "" for nodes that stand anywhere.
        leads_on: something can follow it.
        fresh: settings that a new one begins with, besides the defaults.
        can_fail: a failure of it can be handled: it is tried again, or another way is taken.
    """

    key: ClassVar[str]
    label: ClassVar[str]
    Config: ClassVar[type[NodeConfig]] = NodeConfig
    outputs: ClassVar[Mapping[str, str]] = {}
    aliases: ClassVar[frozenset[str]] = frozenset()
    streams: ClassVar[bool] = False
    branches: ClassVar[bool] = False
    way_output: ClassVar[str] = ""
    has_rounds: ClassVar[bool] = False
    pure: ClassVar[bool] = False
    family: ClassVar[Family]
    icon: ClassVar[str]
    modes: ClassVar[frozenset[str]] = frozenset()
    only_inside: ClassVar[str] = ""
    leads_on: ClassVar[bool] = True
    fresh: ClassVar[Mapping[str, Any]] = {}
    can_fail: ClassVar[bool] = False

    @abstractmethod
    async def run(self, config: ConfigT, context: NodeContext) -> NodeResult:
        """Does the node's work. Raises NodeFailed."""

    def opening(self, config: ConfigT, context: NodeContext) -> tuple[Mapping[str, Any], int]:
        """For nodes that have rounds: the inputs they are told to begin with, and how many rounds there will be."""
        return {}, 0

    @classmethod
    def variables(cls, config: ConfigT) -> Mapping[str, str]:
        """The variables a node with these settings brings, with their types; for nodes whose settings name them."""
        return cls.outputs

    @classmethod
    def inner_variables(cls, config: ConfigT) -> Mapping[str, str]:
        """Those that only what stands inside it sees, with their types; `item`: whatever its list is made of."""
        return {}

    @classmethod
    def changes(cls, config: ConfigT) -> Iterator[Sequence[str]]:
        """The variables of a conversation or a loop that a node with these settings changes."""
        yield from ()

    @classmethod
    def missing(cls, config: ConfigT) -> Iterator[str]:
        """What keeps a node with these settings from running: one sentence each, for the checklist."""
        yield from ()


nodes: Registry[Node[Any]] = Registry("node", "nodes", Node)  # type: ignore[type-abstract]  # only subclasses are made


def node_of(type_name: str) -> type[Node[Any]] | None:
    """The node a file's type means, None where none does."""
    known = nodes.all()
    return known.get(type_name) or next((node for node in known.values() if type_name in node.aliases), None)


def brought_by(data: Mapping[str, Any]) -> Mapping[str, str]:
    """The variables that a node with these settings brings, with their types; none where they cannot be read."""
    return _told(data, lambda kind, config: kind.variables(config))


def brought_inside(data: Mapping[str, Any]) -> Mapping[str, str]:
    """Those that only what stands inside such a node sees."""
    return _told(data, lambda kind, config: kind.inner_variables(config))


def _told(
    data: Mapping[str, Any], ask: Callable[[type[Node[Any]], NodeConfig], Mapping[str, str]]
) -> Mapping[str, str]:
    kind = node_of(str(data.get("type")))
    if kind is None:
        return {}
    try:
        return ask(kind, config_of(kind, data))
    except NodeFailed:
        return {}


def config_of(kind: type[Node[ConfigT]], data: Mapping[str, Any]) -> ConfigT:
    """A node's settings, read. Raises NodeFailed: they have a shape that no version of the file format has."""
    try:
        return kind.Config.model_validate(data)  # type: ignore[return-value]  # a node runs with the Config it names
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise NodeFailed(f"The setting {place} cannot be read: {first['msg']}.", "InvalidSettings") from error
