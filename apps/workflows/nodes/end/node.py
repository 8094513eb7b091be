"""Where a workflow ends: names what it brings."""

from typing import Any, ClassVar

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes


@nodes.register
class End(Node[NodeConfig]):
    """Each output is a variable, null where nobody has written it."""

    key: ClassVar[str] = "end"
    label: ClassVar[str] = "End"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        rows = [row for row in context.data.get("outputs") or () if row.get("variable")]
        found: dict[str, Any] = {
            str(row["variable"]): context.pool.value(row.get("value_selector") or ()) for row in rows
        }
        return NodeResult(outputs=found, inputs=found)
