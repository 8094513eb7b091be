"""Where a round of an iteration begins; it does nothing."""

from typing import ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes


@nodes.register
class IterationStart(Node[NodeConfig]):
    """Older files have none: their rounds begin with the first real node."""

    key: ClassVar[str] = "iteration-start"
    label: ClassVar[str] = "Start of a round"
    family: ClassVar[Family] = "begin"
    icon: ClassVar[str] = "house"
    only_inside: ClassVar[str] = "iteration"
    pure: ClassVar[bool] = True

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        return NodeResult()
