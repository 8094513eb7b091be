"""Pinned nodes: which may be, and what the engine is given in their place."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .engine.contracts import NodeResult, node_of
from .engine.graph import Graph, GraphNode
from .engine.runner import ENDS
from .engine.validation import STARTS, name_of

PINNED: Final[Mapping[str, Any]] = {"pinned": True}


def why_not_pinned(node: GraphNode) -> str:
    """Why a node cannot be pinned; "" where it can."""
    name, kind = name_of(node), node_of(node.type)
    if node.inside:
        return f"{name} stands inside an iteration or a loop. Pin that one instead."
    if node.type in STARTS:
        return f"The flow begins with {name}, which cannot be pinned. Edit its values instead."
    if node.type in ENDS:
        return f"The flow ends with {name}, which cannot be pinned. Pin what comes before it."
    if kind is not None and kind.branches and not kind.has_rounds:
        return f"{name} decides which way is taken, so it cannot be pinned. Pin what comes before it."
    return ""


def given_by(pins: Mapping[str, Mapping[str, Any]], graph: Graph) -> dict[str, NodeResult]:
    """What the engine takes for what pinned nodes have brought.

    Args:
        pins: their outputs by id; what the graph does not have or what must not be pinned any more does not count.
    """
    return dict(_given(pins, graph))


def _given(pins: Mapping[str, Mapping[str, Any]], graph: Graph) -> Iterator[tuple[str, NodeResult]]:
    for node_id, outputs in pins.items():
        node = graph.nodes.get(node_id)
        if node is not None and not why_not_pinned(node):
            yield node_id, NodeResult(outputs=outputs, metadata=PINNED)
