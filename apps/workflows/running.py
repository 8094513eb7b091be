"""What of a graph answers, and what a run of it brings."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .engine.contracts import node_of
from .engine.events import NodeFinished
from .engine.graph import Graph, GraphNode
from .engine.streaming import Template, parts_of


def templates_of(graph: Graph) -> list[Template]:
    """What is told while the flow runs: the answers of a chatflow; of a workflow's ends the texts models write."""
    answers = [Template(node.id, parts_of(str(node.data.get("answer") or ""))) for node in _answers(graph)]
    return answers + [Template(node.id, _streamed(graph, node.data.get("outputs"))) for node in graph.of_type("end")]


def _answers(graph: Graph) -> list[GraphNode]:
    """All of them, inside iterations and loops too."""
    return [node for node in graph.nodes.values() if node.type == "answer"]


def outputs_of(finished: Sequence[NodeFinished]) -> dict[str, Any]:
    """A workflow's outputs: those of the ends that were reached, merged; a chatflow's: its answers, joined."""
    ends = [node.outputs or {} for node in finished if node.started.node.type == "end"]
    answers = [str((node.outputs or {}).get("answer", "")) for node in finished if node.started.node.type == "answer"]
    merged = {name: value for outputs in ends for name, value in outputs.items()}
    return {**merged, **({"answer": "".join(answers)} if answers else {})}


def _streamed(graph: Graph, outputs: Any) -> list[str | tuple[str, ...]]:
    rows = [row for row in outputs if isinstance(row, Mapping)] if isinstance(outputs, list) else []
    found = [row.get("value_selector") for row in rows]
    selectors = [tuple(map(str, selector)) for selector in found if isinstance(selector, list)]
    streamed = [selector for selector in selectors if _is_streamed(graph, selector)]
    return list(_joined(streamed))


def _is_streamed(graph: Graph, selector: Sequence[str]) -> bool:
    node = graph.nodes.get(selector[0]) if len(selector) == 2 else None
    kind = node_of(node.type) if node is not None else None
    return kind is not None and kind.streams and selector[1] == "text"


def _joined(selectors: Iterable[tuple[str, ...]]) -> Iterable[str | tuple[str, ...]]:
    for place, selector in enumerate(selectors):
        if place:
            yield "\n"
        yield selector
