"""What is wrong with a flow's graph, before it is published (DSL 3, 5)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from .contracts import node_of
from .graph import Graph, GraphNode

STARTS: Final = ("start", "trigger-webhook", "trigger-schedule", "trigger-plugin")
MAX_NODES: Final = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that keeps a flow from running; `node_id` is "" where it is the whole graph."""

    node_id: str
    sentence: str


def faults_of(graph: Graph, *, ends: Sequence[str]) -> list[Fault]:
    """All faults, those of the whole graph first.

    Args:
        ends: the node types the flow may end with.
    """
    starts = graph.of_type(*STARTS)
    if len(graph.nodes) > MAX_NODES:
        return [Fault("", f"A flow has at most {MAX_NODES} nodes.")]
    if len(starts) != 1:
        return [Fault("", "A flow has exactly one start node." if starts else "The start node is missing.")]
    reached = _reached(graph, starts[0].id)
    found = [*_unknown(graph, reached), *_circles(graph)]
    if not any(graph.nodes[node_id].type in ends for node_id in reached):
        found.append(Fault("", f"No node of type {' or '.join(ends)} can be reached from the start."))
    return found


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


def _unknown(graph: Graph, reached: set[str]) -> Iterator[Fault]:
    for node in graph.nodes.values():
        if node.id in reached and node_of(node.type) is None:
            yield Fault(node.id, f"{_name(node)}: this version does not run nodes of type {node.type[:80]}.")


def _circles(graph: Graph) -> Iterator[Fault]:
    """Nodes that lie on a way back to themselves, once for each level (Kahn's algorithm)."""
    incoming = dict.fromkeys(graph.nodes, 0)
    for edge in graph.edges:
        incoming[edge.target] += 1
    free = [node_id for node_id, count in incoming.items() if not count]
    while free:
        for edge in graph.successors(free.pop()):
            incoming[edge.target] -= 1
            if not incoming[edge.target]:
                free.append(edge.target)
    left = [node_id for node_id, count in incoming.items() if count]
    if left:
        yield Fault(left[0], f"{_name(graph.nodes[left[0]])}: the edges lead back to it. Use a loop node instead.")


def _name(node: GraphNode) -> str:
    return (node.title or node.id)[:80]
