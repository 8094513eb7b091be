"""Where a workflow ends: names what it brings."""

from typing import ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._inputs import named_inputs
from apps.workflows.nodes.end.config import EndConfig


@nodes.register
class End(Node[EndConfig]):
    """Each output is a variable, null where nobody has written it."""

    key: ClassVar[str] = "end"
    label: ClassVar[str] = "End"
    family: ClassVar[Family] = "end"
    icon: ClassVar[str] = "circle-stop"
    leads_on: ClassVar[bool] = False
    modes: ClassVar[frozenset[str]] = frozenset({"workflow"})
    Config = EndConfig

    async def run(self, config: EndConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        found = named_inputs(config.outputs, context.pool)
        return NodeResult(outputs=found, inputs=found)
