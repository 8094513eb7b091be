"""Where a flow begins that a schedule starts: `sys.timestamp` says when."""

from typing import ClassVar

from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._starting import begun

from .config import TriggerScheduleConfig


@nodes.register
class TriggerSchedule(Node[TriggerScheduleConfig]):
    """Brings nothing of its own."""

    key: ClassVar[str] = "trigger-schedule"
    label: ClassVar[str] = "Schedule trigger"
    Config: ClassVar[type[TriggerScheduleConfig]] = TriggerScheduleConfig

    async def run(self, config: TriggerScheduleConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        return begun(context)
