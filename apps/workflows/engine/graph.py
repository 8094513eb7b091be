"""The graph of a flow, as the app file draws it: nodes, edges, and the parts inside iterations and loops."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from apps.prompts.shapes import as_list, as_map

SOURCE: Final = "source"


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node.

    Args:
        data: as the file has it.
        inside: the iteration or loop it stands in, else "".
        around: the type of that one.
    """

    id: str
    type: str
    title: str
    data: Mapping[str, Any]
    inside: str = ""
    around: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    """Leads from a handle of one node to another."""

    source: str
    handle: str
    target: str


@dataclass(slots=True)
class Part:
    """What can be reached from one node: the whole flow from its start, or the inside of an iteration or loop."""

    start: str
    nodes: dict[str, GraphNode]
    outgoing: dict[str, list[Edge]] = field(default_factory=lambda: defaultdict(list))
    incoming: dict[str, int] = field(default_factory=lambda: defaultdict(int))


class Graph:
    """Nodes by id and the edges between them. Notes and nodes without a type are left out."""

    def __init__(self, nodes: Sequence[GraphNode], edges: Sequence[Edge]) -> None:
        self.nodes = {node.id: node for node in nodes}
        self.edges = [edge for edge in edges if edge.source in self.nodes and edge.target in self.nodes]
        self._outgoing: dict[str, list[Edge]] = defaultdict(list)
        self._incoming: dict[str, list[Edge]] = defaultdict(list)
        for edge in self.edges:
            self._outgoing[edge.source].append(edge)
            self._incoming[edge.target].append(edge)

    @classmethod
    def parse(cls, config: Mapping[str, Any]) -> "Graph":
        """The graph of a `workflow` map; never fails on its content, only leaves out what has the wrong shape."""
        graph = as_map(config.get("graph"))
        return cls([*_nodes(graph)], [*_edges(graph)])

    def of_type(self, *types: str) -> list[GraphNode]:
        """The nodes of these types that stand inside nothing."""
        return [node for node in self.nodes.values() if node.type in types and not node.inside]

    def successors(self, node_id: str) -> Sequence[Edge]:
        """The edges that leave a node."""
        return self._outgoing[node_id]

    def before(self, node_id: str) -> set[str]:
        """The nodes on any way to one; that one only where a way leads from it back to it."""
        found: set[str] = set()
        waiting = [node_id]
        while waiting:
            sources = {edge.source for edge in self._incoming[waiting.pop()]} - found
            found |= sources
            waiting += sources
        return found

    def alone(self, node_id: str) -> "Graph":
        """One node, with what stands inside it at any depth."""
        kept = {node_id}
        while more := {node.id for node in self.nodes.values() if node.inside in kept} - kept:
            kept |= more
        inner = [edge for edge in self.edges if {edge.source, edge.target} <= kept]
        return Graph([self.nodes[id] for id in self.nodes if id in kept], inner)

    def part(self, start: str) -> Part:
        """What a walk from `start` may reach on its own level; edges from elsewhere do not count."""
        inside = self.nodes[start].inside
        part = Part(start, {start: self.nodes[start]})
        waiting = [start]
        while waiting:
            for edge in self._outgoing[waiting.pop()]:
                target = self.nodes[edge.target]
                if target.inside != inside:
                    continue
                part.outgoing[edge.source].append(edge)
                part.incoming[edge.target] += 1
                if edge.target not in part.nodes:
                    part.nodes[edge.target] = target
                    waiting.append(edge.target)
        return part


def _nodes(graph: Mapping[str, Any]) -> Iterator[GraphNode]:
    found = [
        (str(node["id"]), as_map(node.get("data")), node)
        for node in map(as_map, as_list(graph.get("nodes")))
        if node.get("id")
    ]
    types = {node_id: str(data.get("type") or "") for node_id, data, _ in found}
    for node_id, data, node in found:
        if types[node_id]:
            inside = str(data.get("iteration_id") or data.get("loop_id") or node.get("parentId") or "")
            title = str(data.get("title") or "")
            yield GraphNode(node_id, types[node_id], title, data, inside, types.get(inside, ""))


def _edges(graph: Mapping[str, Any]) -> Iterator[Edge]:
    for edge in map(as_map, as_list(graph.get("edges"))):
        if edge.get("source") and edge.get("target"):
            yield Edge(str(edge["source"]), str(edge.get("sourceHandle") or SOURCE), str(edge["target"]))
