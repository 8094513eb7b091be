"""What a new flow begins with (contracts: DSL 1.4)."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from .choices import AppMode

STEP_X: Final = 320
ROW_Y: Final = 200


def blank_flow(mode: str, instructions: str) -> dict[str, Any]:
    """A flow that runs at once: a chatflow's model answers, a workflow ends.

    Args:
        instructions: what a chatflow's model is told before each question.
    """
    nodes: list[tuple[str, str, str, Mapping[str, Any]]] = [("start", "start", "Start", {"variables": []})]
    if mode == AppMode.ADVANCED_CHAT:
        prompt = [{"role": "system", "text": instructions}]
        memory = {"window": {"enabled": False, "size": 50}, "query_prompt_template": "{{#sys.query#}}"}
        nodes += [
            ("llm", "llm", "LLM", {"model": {}, "prompt_template": prompt, "memory": memory}),
            ("answer", "answer", "Answer", {"answer": "{{#llm.text#}}", "variables": []}),
        ]
    else:
        nodes.append(("end", "end", "End", {"outputs": []}))
    graph = {"nodes": [_node(place, *node) for place, node in enumerate(nodes)], "edges": list(_edges(nodes))}
    return {"graph": graph, "features": {}, "environment_variables": [], "conversation_variables": []}


def _node(place: int, node_id: str, kind: str, title: str, data: Mapping[str, Any]) -> dict[str, Any]:
    position = {"x": 40 + place * STEP_X, "y": ROW_Y}
    return {"id": node_id, "type": "custom", "position": position, "data": {"type": kind, "title": title, **data}}


def _edges(nodes: list[tuple[str, str, str, Mapping[str, Any]]]) -> Iterator[dict[str, Any]]:
    for (source, source_type, *_), (target, target_type, *_) in zip(nodes, nodes[1:], strict=False):
        yield {
            "id": f"{source}-source-{target}-target",
            "type": "custom",
            "source": source,
            "sourceHandle": "source",
            "target": target,
            "targetHandle": "target",
            "data": {"sourceType": source_type, "targetType": target_type, "isInIteration": False},
        }
