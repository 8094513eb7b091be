"""What an author should look at before a flow is published: it runs, but not as it seems to be meant."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from .contracts import NodeFailed, brought_by, config_of, node_of
from .graph import Graph, GraphNode
from .validation import STARTS, Fault, name_of
from .variables import NAMESPACES, selectors_in

# Settings that hold a selector though their name does not end in one.
_SELECTORS: Final = frozenset({"query", "variable", "variables", "value"})
_OF_FAILURES: Final = frozenset({"error_message", "error_type"})
_LONGEST_NAME: Final = 80


def checklist_of(graph: Graph, *, ends: Sequence[str]) -> list[Fault]:
    """What to look at, the whole graph first, then by node.

    Args:
        ends: the node types the flow ends with; other types of ends do nothing in its mode.
    """
    starts = graph.of_type(*STARTS)
    reached = set().union(*(_reached(graph, start.id) for start in starts))
    found = list(_of_graph(graph, reached, ends))
    upstream = Upstream(graph)
    for node in graph.nodes.values():
        found += [Fault(node.id, f"{name_of(node)}: {said}") for said in _of_node(graph, node, reached, ends, upstream)]
    return found


def duplicate_titles(graph: Graph) -> list[str]:
    """Titles that several nodes have: variables are told apart by the title of their node."""
    counted = Counter(node.title for node in graph.nodes.values() if node.title.strip())
    return [title for title, count in counted.items() if count > 1]


def _of_graph(graph: Graph, reached: set[str], ends: Sequence[str]) -> Iterator[Fault]:
    if not any(graph.nodes[node_id].type in ends for node_id in reached):
        yield Fault("", f"No node of type {' or '.join(ends)} can be reached from the start.")
    for title in duplicate_titles(graph):
        yield Fault("", f"Several nodes are called {title[:_LONGEST_NAME]}. Give each a name of its own.")


def _of_node(
    graph: Graph, node: GraphNode, reached: set[str], ends: Sequence[str], upstream: "Upstream"
) -> Iterator[str]:
    if node.id not in reached:
        yield "nothing leads to it."
        return
    kind = node_of(node.type)
    if kind is None:
        yield f"this version does not run nodes of type {node.type[:_LONGEST_NAME]}. It fails when it is reached."
        return
    if node.type in ("end", "answer") and node.type not in ends:
        yield f"nodes of type {node.type} do nothing in an app of this kind."
    if node.type == "end" and graph.successors(node.id):
        yield "nothing can follow an end."
    try:
        yield from kind.missing(config_of(kind, node.data))
    except NodeFailed as error:
        yield error.message
    for selector in dict.fromkeys(map(tuple, references_in(node.data))):
        yield from upstream.complaints(node, selector)


class Upstream:
    """Which variables a node may refer to: those of nodes on every way to it, and of what it stands inside."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._before: dict[str, set[str]] = {}
        self._variables = {node.id: brought_by(node.data) for node in graph.nodes.values()}

    def complaints(self, node: GraphNode, selector: Sequence[str]) -> Iterator[str]:
        """What is wrong with a reference."""
        source = self._graph.nodes.get(selector[0])
        reference = ".".join(selector)[:_LONGEST_NAME]
        if selector[0] in NAMESPACES:
            return
        if source is None:
            yield f"it refers to {reference}, of a node that does not exist."
        elif not self._is_visible(source, node):
            yield f"it refers to {reference}, of a node that does not come before it."
        elif len(selector) > 1 and not self._has(source, node, selector[1]):
            yield f"it refers to {reference}; {name_of(source)} has no such variable."

    def _is_visible(self, source: GraphNode, node: GraphNode) -> bool:
        if source.id == node.id or source.inside == node.id:
            return node.data.get("start_node_id") is not None  # an iteration reads what its rounds bring
        outer: GraphNode | None = node
        while outer is not None:
            if source.id in self._all_before(outer.id) or source.id == outer.inside:
                return True
            outer = self._graph.nodes.get(outer.inside)
        return False

    def _all_before(self, node_id: str) -> set[str]:
        if node_id not in self._before:
            self._before[node_id] = self._graph.before(node_id)
        return self._before[node_id]

    def _has(self, source: GraphNode, node: GraphNode, name: str) -> bool:
        """Whether a node brings the variable; of those that do not say what they bring, anything is believed."""
        known = self._variables[source.id]
        is_within = node.id == source.id or self._is_inside(node, source)
        return not known or is_within or name in known or name in _OF_FAILURES or name.startswith("sys.")

    def _is_inside(self, node: GraphNode, outer: GraphNode) -> bool:
        while node.inside in self._graph.nodes:
            node = self._graph.nodes[node.inside]
            if node.id == outer.id:
                return True
        return False


def references_in(value: Any, key: str = "") -> Iterator[Sequence[str]]:
    """All references in a node's settings: in texts, and where a setting is a selector or a list of them."""
    if isinstance(value, str):
        yield from selectors_in(value)
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from references_in(inner, str(name))
    elif isinstance(value, list):
        if key.endswith("selector") or key in _SELECTORS:
            rows = value if any(isinstance(item, list) for item in value) else [value]
            yield from (row for row in rows if _is_selector(row))
        for item in value:
            yield from references_in(item, key if isinstance(item, Mapping) else "")


def _is_selector(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(isinstance(part, str) and part for part in value)


def _reached(graph: Graph, start: str) -> set[str]:
    """What can run: what edges lead to, and what stands inside iterations and loops among it."""
    found, open_ = {start}, [start]
    while open_:
        node_id = open_.pop()
        targets = [edge.target for edge in graph.successors(node_id)]
        inner = str(graph.nodes[node_id].data.get("start_node_id") or "")
        for target in [*targets, inner]:
            if target in graph.nodes and target not in found:
                found.add(target)
                open_.append(target)
    return found
