"""Runs that begin in the middle of a flow: whose earlier values count for them, and which of those are not there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .checklist import references_in
from .contracts import brought_by, node_of
from .graph import SOURCE, Graph, GraphNode
from .handling import FAIL_BRANCH, strategy_of
from .validation import STARTS


@dataclass(frozen=True, slots=True)
class Brought:
    """What a node brought earlier.

    Args:
        has_failed: the flow went on though the node failed.
    """

    outputs: Mapping[str, Any]
    has_failed: bool = False


@dataclass(frozen=True, slots=True)
class Lack:
    """A node that will run refers to one that has not brought what it refers to."""

    node: GraphNode
    source: GraphNode


def counted_for(graph: Graph, start: str, brought: Mapping[str, Brought]) -> set[str]:
    """The nodes whose earlier values a run from `start` sees: those on the ways that were taken, but what runs again.

    Where the ways that were taken do not lead to `start`, it is what stands before it on any way.
    """
    ways = {id: _way_of(graph.nodes[id], one) for id, one in brought.items() if id in graph.nodes}
    taken = _taken(graph, ways)
    counted = taken if start in taken else graph.before(start)
    return counted - graph.part(start).nodes.keys()


def lacks_of(graph: Graph, start: str, counted: set[str], brought: Mapping[str, Brought]) -> Iterator[Lack]:
    """What the nodes that will run refer to and is not there."""
    for node_id in graph.part(start).nodes:
        for node in graph.alone(node_id).nodes.values():
            for selector in dict.fromkeys(map(tuple, references_in(node.data))):
                source = graph.nodes.get(selector[0])
                if source is not None and source.id in counted and not _has(source, brought.get(source.id), selector):
                    yield Lack(node, source)


def _has(source: GraphNode, brought: Brought | None, selector: Sequence[str]) -> bool:
    if brought is None:
        return False
    kind = node_of(source.type)
    # Some variables come or not, also of nodes that say which they bring: of forms, of failures, of what is built in.
    may_be_absent = kind is None or bool(kind.outputs) or bool(kind.way_output) or source.type in STARTS
    if may_be_absent or brought.has_failed or selector[1] in brought.outputs:
        return True
    return selector[1] not in brought_by(source.data)


def _way_of(node: GraphNode, brought: Brought) -> str | None:
    """The handle a node took; None where it does not say."""
    kind = node_of(node.type)
    if brought.has_failed and strategy_of(node.data) == FAIL_BRANCH:
        return FAIL_BRANCH
    if kind is None or not kind.way_output:
        return SOURCE
    found = brought.outputs.get(kind.way_output)
    return str(found) if found else None


def _taken(graph: Graph, ways: Mapping[str, str | None]) -> set[str]:
    """What the ways that were taken lead to; of nodes that do not say which, every one was."""
    found = {node.id for node in graph.of_type(*STARTS)}
    open_ = list(found)
    while open_:
        for edge in graph.successors(open_.pop()):
            if ways.get(edge.source) in (None, edge.handle) and edge.target not in found:
                found.add(edge.target)
                open_.append(edge.target)
    return found
