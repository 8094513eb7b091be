"""Where a flow begins: its form and what the system knows are the variables."""

from collections.abc import Mapping
from typing import ClassVar, Final

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.nodes.start.config import StartConfig

TYPES: Final = {
    "number": "number",
    "checkbox": "boolean",
    "file": "file",
    "file-list": "array[file]",
    "json_object": "object",
}


@nodes.register
class Start(Node[StartConfig]):
    """Its outputs are the form; they are in the pool before the run begins."""

    key: ClassVar[str] = "start"
    label: ClassVar[str] = "Start"
    family: ClassVar[Family] = "begin"
    icon: ClassVar[str] = "house"
    Config = StartConfig

    async def run(self, config: StartConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        form = context.pool.all_of(context.node.id)
        system = {f"sys.{name}": value for name, value in context.pool.all_of("sys").items()}
        shown = {**form, **system}
        return NodeResult(outputs=shown, inputs=shown)

    @classmethod
    def variables(cls, config: StartConfig) -> Mapping[str, str]:
        """See the base class."""
        return {field.variable: TYPES.get(field.type, "string") for field in config.variables if field.variable}
