"""A text made of variables by Jinja2, rendered in the sandbox."""

from typing import ClassVar, Final

from apps.workflows.engine.contracts import Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.nodes._inputs import named_inputs

MAX_CHARACTERS: Final = 400_000


@nodes.register
class TemplateTransform(Node):
    """Undefined variables are empty."""

    key: ClassVar[str] = "template-transform"
    label: ClassVar[str] = "Template"

    async def run(self, context: NodeContext) -> NodeResult:
        """See the base class."""
        inputs = named_inputs(context)
        text = await context.services.render(str(context.data.get("template") or ""), inputs)
        if len(text) > MAX_CHARACTERS:
            raise NodeFailed(f"Output length exceeds {MAX_CHARACTERS} characters", inputs=inputs)
        return NodeResult({"output": text}, inputs)
