"""A text made of variables by Jinja2, rendered in the sandbox."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.nodes._inputs import named_inputs
from apps.workflows.nodes.template_transform.config import TemplateConfig

MAX_CHARACTERS: Final = 400_000


@nodes.register
class TemplateTransform(Node[TemplateConfig]):
    """Undefined variables are empty."""

    key: ClassVar[str] = "template-transform"
    label: ClassVar[str] = "Template"
    family: ClassVar[Family] = "data"
    icon: ClassVar[str] = "braces"
    fresh: ClassVar[Mapping[str, Any]] = {"template": "", "variables": []}
    pure: ClassVar[bool] = True
    Config = TemplateConfig
    outputs: ClassVar[dict[str, str]] = {"output": "string"}

    async def run(self, config: TemplateConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        inputs = named_inputs(config.variables, context.pool)
        text = await context.services.sandbox.render(config.template, inputs)
        if len(text) > MAX_CHARACTERS:
            raise NodeFailed(f"Output length exceeds {MAX_CHARACTERS} characters", inputs=inputs)
        return NodeResult({"output": text}, inputs)

    @classmethod
    def missing(cls, config: TemplateConfig) -> Iterator[str]:
        """See the base class."""
        if not config.template.strip():
            yield "The template is empty."
