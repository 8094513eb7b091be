"""Where a round of a loop begins; it does nothing."""

from typing import ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes


@nodes.register
class LoopStart(Node[NodeConfig]):
    """The first node of each round."""

    key: ClassVar[str] = "loop-start"
    label: ClassVar[str] = "Start of a round"
    family: ClassVar[Family] = "begin"
    icon: ClassVar[str] = "house"
    only_inside: ClassVar[str] = "loop"
    pure: ClassVar[bool] = True

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        return NodeResult()
