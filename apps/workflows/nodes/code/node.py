"""Runs Python or JavaScript in the sandbox and checks what it returns."""

from typing import ClassVar

from apps.workflows.engine.contracts import Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.nodes._inputs import named_inputs
from apps.workflows.nodes.code.outputs import checked


@nodes.register
class Code(Node):
    """Outputs are those the node declares; without any, whatever comes."""

    key: ClassVar[str] = "code"
    label: ClassVar[str] = "Code"

    async def run(self, context: NodeContext) -> NodeResult:
        """See the base class."""
        data, inputs = context.data, named_inputs(context)
        language = str(data.get("code_language") or "python3")
        found = await context.services.run_code(language, str(data.get("code") or ""), inputs)
        try:
            return NodeResult(checked(found, data.get("outputs") or {}), inputs)
        except NodeFailed as error:
            raise NodeFailed(error.message, "CodeNodeError", inputs=inputs) from error
