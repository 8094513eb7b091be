"""Runs Python or JavaScript in the sandbox and checks what it returns."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from apps.prompts.shapes import as_map
from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.nodes._inputs import named_inputs
from apps.workflows.nodes.code.config import CodeConfig
from apps.workflows.nodes.code.outputs import checked


@nodes.register
class Code(Node[CodeConfig]):
    """Outputs are those the node declares; without any, whatever comes."""

    key: ClassVar[str] = "code"
    label: ClassVar[str] = "Code"
    family: ClassVar[Family] = "data"
    icon: ClassVar[str] = "code"
    can_fail: ClassVar[bool] = True
    fresh: ClassVar[Mapping[str, Any]] = {
        "code_language": "python3",
        "code": 'def main() -> dict:\n    return {"result": ""}\n',
        "variables": [],
        "outputs": {"result": {"type": "string", "children": None}},
    }
    Config = CodeConfig

    async def run(self, config: CodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        inputs = named_inputs(config.variables, context.pool)
        found = await context.services.sandbox.run_code(config.code_language, config.code, inputs)
        try:
            return NodeResult(checked(found, config.outputs), inputs)
        except NodeFailed as error:
            raise NodeFailed(error.message, "CodeNodeError", inputs=inputs) from error

    @classmethod
    def variables(cls, config: CodeConfig) -> Mapping[str, str]:
        """See the base class."""
        return {name: str(as_map(shape).get("type") or "any") for name, shape in config.outputs.items()}

    @classmethod
    def missing(cls, config: CodeConfig) -> Iterator[str]:
        """See the base class."""
        if not config.code.strip():
            yield "There is no code."
