"""What makes a graph one that cannot run at all; such a flow is not published (DSL 3).

What else may be wrong with it shows only where a run comes to it: `checklist`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .graph import Graph, GraphNode

START: Final = "start"
TRIGGERS: Final = ("trigger-webhook", "trigger-schedule", "trigger-plugin")
STARTS: Final = (START, *TRIGGERS)
MAX_NODES: Final = 1000


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a flow; `node_id` is "" where it is the whole graph."""

    node_id: str
    sentence: str


def faults_of(graph: Graph) -> list[Fault]:
    """What keeps the flow from running."""
    starts, triggers = graph.of_type(START), graph.of_type(*TRIGGERS)
    if len(graph.nodes) > MAX_NODES:
        return [Fault("", f"A flow has at most {MAX_NODES} nodes.")]
    if not starts and not triggers:
        return [Fault("", "The start node is missing.")]
    if len(starts) > 1:
        return [Fault("", "A flow has exactly one start node.")]
    if starts and triggers:
        return [Fault(triggers[0].id, "A flow begins with a start node or with triggers, not with both.")]
    return list(_circles(graph))


def _circles(graph: Graph) -> Iterator[Fault]:
    """A node that lies on a way back to itself (Kahn's algorithm)."""
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
        yield Fault(left[0], f"{name_of(graph.nodes[left[0]])}: the edges lead back to it. Use a loop node instead.")


def name_of(node: GraphNode) -> str:
    """What a node is called in sentences."""
    return (node.title or node.id)[:80]
