"""Where a flow begins: its form and what the system knows are the variables."""

from typing import ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes


@nodes.register
class Start(Node[NodeConfig]):
    """Its outputs are the form; they are in the pool before the run begins."""

    key: ClassVar[str] = "start"
    label: ClassVar[str] = "Start"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        form = context.pool.all_of(context.node.id)
        system = {f"sys.{name}": value for name, value in context.pool.all_of("sys").items()}
        shown = {**form, **system}
        return NodeResult(outputs=shown, inputs=shown)
