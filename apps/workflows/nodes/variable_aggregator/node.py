"""Brings branches together: of each group the first variable that exists."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.variables import MISSING
from apps.workflows.nodes.variable_aggregator.config import AggregatorConfig


@nodes.register
class VariableAggregator(Node[AggregatorConfig]):
    """Variables of branches that were not taken do not exist."""

    key: ClassVar[str] = "variable-aggregator"
    label: ClassVar[str] = "Variable aggregator"
    family: ClassVar[Family] = "data"
    icon: ClassVar[str] = "layers"
    fresh: ClassVar[Mapping[str, Any]] = {"output_type": "string", "variables": []}
    Config = AggregatorConfig
    pure: ClassVar[bool] = True
    aliases: ClassVar[frozenset[str]] = frozenset({"variable-assigner"})

    async def run(self, config: AggregatorConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        if not config.advanced_settings.group_enabled:
            found = _first(context, config.variables)
            outputs = {} if found is MISSING else {"output": found}
            return NodeResult(outputs, outputs)
        rows = {group.group_name: _first(context, group.variables) for group in config.advanced_settings.groups}
        groups = {name: {"output": found} for name, found in rows.items() if found is not MISSING}
        return NodeResult(groups, groups)

    @classmethod
    def variables(cls, config: AggregatorConfig) -> Mapping[str, str]:
        """See the base class."""
        if config.advanced_settings.group_enabled:
            return {group.group_name: "object" for group in config.advanced_settings.groups}
        return {"output": config.output_type or "any"}

    @classmethod
    def missing(cls, config: AggregatorConfig) -> Iterator[str]:
        """See the base class."""
        if not config.variables and not config.advanced_settings.group_enabled:
            yield "no variable is chosen."


def _first(context: NodeContext, selectors: Iterable[Sequence[str]]) -> Any:
    found = (context.pool.read(selector) for selector in selectors)
    return next((value for value in found if value is not MISSING), MISSING)
