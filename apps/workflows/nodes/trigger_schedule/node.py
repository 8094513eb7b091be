"""Where a flow begins that a schedule starts: `sys.timestamp` says when."""

from collections.abc import Mapping
from typing import Any, ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes._starting import begun

from .config import TriggerScheduleConfig


@nodes.register
class TriggerSchedule(Node[TriggerScheduleConfig]):
    """Brings nothing of its own."""

    key: ClassVar[str] = "trigger-schedule"
    label: ClassVar[str] = "Schedule trigger"
    family: ClassVar[Family] = "begin"
    icon: ClassVar[str] = "clock"
    modes: ClassVar[frozenset[str]] = frozenset({"workflow"})
    fresh: ClassVar[Mapping[str, Any]] = {
        "mode": "visual",
        "frequency": "daily",
        "visual_config": {"time": "9:00 AM"},
        "timezone": "UTC",
    }
    Config: ClassVar[type[TriggerScheduleConfig]] = TriggerScheduleConfig

    async def run(self, config: TriggerScheduleConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        return begun(context)
