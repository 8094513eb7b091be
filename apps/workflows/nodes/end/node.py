"""Where a workflow ends: names what it brings."""

from typing import ClassVar

from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._inputs import named_inputs
from apps.workflows.nodes.end.config import EndConfig


@nodes.register
class End(Node[EndConfig]):
    """Each output is a variable, null where nobody has written it."""

    key: ClassVar[str] = "end"
    label: ClassVar[str] = "End"
    Config = EndConfig

    async def run(self, config: EndConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        found = named_inputs(config.outputs, context.pool)
        return NodeResult(outputs=found, inputs=found)
