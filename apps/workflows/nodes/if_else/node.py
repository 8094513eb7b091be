"""Takes the way of the first case that holds."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._conditions import holds

ELSE: Final = "false"


@nodes.register
class IfElse(Node[NodeConfig]):
    """Cases are looked at in order; without one that holds the way is `false`."""

    key: ClassVar[str] = "if-else"
    label: ClassVar[str] = "If, else"
    pure: ClassVar[bool] = True
    branches: ClassVar[bool] = True

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        looked_at: list[Mapping[str, Any]] = []
        for case in _cases(context.data):
            conditions = case.get("conditions") or ()
            found = [holds(condition, context.pool) for condition in conditions]
            looked_at.append({"case_id": case.get("case_id"), "conditions": found})
            is_or = case.get("logical_operator") == "or"
            if any(found) if is_or else all(found):
                return _taken(str(case.get("case_id") or "true"), looked_at)
        return _taken(ELSE, looked_at)


def _taken(case_id: str, looked_at: Sequence[Mapping[str, Any]]) -> NodeResult:
    outputs = {"result": case_id != ELSE, "selected_case_id": case_id}
    return NodeResult(outputs, process_data={"condition_results": list(looked_at)}, handle=case_id)


def _cases(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The cases; older files have one, at the node itself."""
    return data.get("cases") or [{**data, "case_id": "true"}]
