"""Ends the loop it stands in after this round."""

from typing import ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._rounds import ENDED


@nodes.register
class LoopEnd(Node[NodeConfig]):
    """Leaves a mark in the round's variables, which the loop looks for."""

    key: ClassVar[str] = "loop-end"
    label: ClassVar[str] = "End of the loop"
    family: ClassVar[Family] = "logic"
    icon: ClassVar[str] = "circle-stop"
    leads_on: ClassVar[bool] = False
    only_inside: ClassVar[str] = "loop"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        context.pool.write(ENDED[0], {ENDED[1]: True})
        return NodeResult()
