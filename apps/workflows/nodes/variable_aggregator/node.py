"""Brings branches together: of each group the first variable that exists."""

from collections.abc import Iterable
from typing import Any, ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.variables import MISSING


@nodes.register
class VariableAggregator(Node[NodeConfig]):
    """Variables of branches that were not taken do not exist."""

    key: ClassVar[str] = "variable-aggregator"
    label: ClassVar[str] = "Variable aggregator"
    pure: ClassVar[bool] = True
    aliases: ClassVar[frozenset[str]] = frozenset({"variable-assigner"})

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        grouped = context.data.get("advanced_settings") or {}
        if not grouped.get("group_enabled"):
            found = _first(context, context.data.get("variables") or ())
            outputs = {} if found is MISSING else {"output": found}
            return NodeResult(outputs, outputs)
        found_by_group = {
            str(group.get("group_name")): _first(context, group.get("variables") or ())
            for group in grouped.get("groups") or ()
        }
        groups = {name: {"output": found} for name, found in found_by_group.items() if found is not MISSING}
        return NodeResult(groups, groups)


def _first(context: NodeContext, selectors: Iterable[Any]) -> Any:
    found = (context.pool.read(selector) for selector in selectors)
    return next((value for value in found if value is not MISSING), MISSING)
