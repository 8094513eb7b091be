"""Where a round of an iteration begins; it does nothing."""

from typing import ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes


@nodes.register
class IterationStart(Node[NodeConfig]):
    """Older files have none: their rounds begin with the first real node."""

    key: ClassVar[str] = "iteration-start"
    label: ClassVar[str] = "Start of a round"
    pure: ClassVar[bool] = True

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        return NodeResult()
