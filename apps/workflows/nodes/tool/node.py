"""Uses a tool: one that comes with the product, or another workflow."""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.ports import ToolCall
from apps.workflows.engine.variables import VariablePool
from apps.workflows.nodes.tool.config import ToolConfig


@nodes.register
class ToolNode(Node[ToolConfig]):
    """A tool that is not there, or not authorised, fails when the node is reached."""

    key: ClassVar[str] = "tool"
    label: ClassVar[str] = "Tool"
    family: ClassVar[Family] = "outside"
    icon: ClassVar[str] = "wrench"
    can_fail: ClassVar[bool] = True
    Config = ToolConfig
    outputs: ClassVar[Mapping[str, str]] = {"text": "string", "files": "array[file]", "json": "array[object]"}

    async def run(self, config: ToolConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        arguments = _arguments(config, context.pool)
        providers = [name for name in (config.provider_id, config.provider_name) if name]
        answer = await context.services.tools.use(
            ToolCall(config.provider_type, providers, config.tool_name, arguments)
        )
        outputs = {
            **answer.variables,
            "text": answer.text,
            "files": list(answer.files),
            "json": list(answer.json),
        }
        info = {"provider_type": config.provider_type, "provider_id": config.provider_id}
        return NodeResult(outputs, arguments, answer.process_data, metadata={"tool_info": info, **answer.metadata})

    @classmethod
    def variables(cls, config: ToolConfig) -> Mapping[str, str]:
        """See the base class. What a workflow brings is only known when it has run."""
        return {} if config.provider_type == "workflow" or config.model_extra else cls.outputs

    @classmethod
    def missing(cls, config: ToolConfig) -> Iterator[str]:
        """See the base class."""
        if not config.tool_name:
            yield "no tool is chosen."


def _arguments(config: ToolConfig, pool: VariablePool) -> dict[str, Any]:
    found = {name: _value(given, pool) for name, given in config.given().items()}
    return {name: value for name, value in found.items() if value is not None}


def _value(given: Any, pool: VariablePool) -> Any:
    """A value of the file: `{type, value}`, or one that stands for itself."""
    if isinstance(given, str):
        return pool.fill(given)
    if not isinstance(given, Mapping) or "value" not in given:
        return given
    value = given["value"]
    if given.get("type") == "variable":
        return pool.value(value) if isinstance(value, list) else None
    return pool.fill(value) if given.get("type", "mixed") == "mixed" and isinstance(value, str) else value
