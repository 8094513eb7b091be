"""Finds the values of parameters in a text, by a model."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.ports import PromptMessage
from apps.workflows.engine.variables import as_text
from apps.workflows.nodes._models import ask, json_in, metadata_of, process_data_of

TASK: Final = """You take facts out of texts. Find the values of these parameters in the text.
Leave out what it does not say.

Parameters, as JSON:
{parameters}
{instruction}
Answer with one JSON object alone: names of parameters and their values."""


@nodes.register
class ParameterExtractor(Node[NodeConfig]):
    """An answer that cannot be understood gives empty values and `__is_success` 0."""

    key: ClassVar[str] = "parameter-extractor"
    label: ClassVar[str] = "Parameter extractor"

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        data, pool = context.data, context.pool
        query = as_text(pool.value(data.get("query") or ()))
        wanted = [row for row in data.get("parameters") or () if isinstance(row, Mapping) and row.get("name")]
        told = [{key: row.get(key) for key in ("name", "type", "options", "description")} for row in wanted]
        instruction = pool.fill(str(data.get("instruction") or ""))
        task = TASK.format(parameters=json.dumps(told, ensure_ascii=False), instruction=instruction)
        messages = [PromptMessage("system", task), PromptMessage("user", query)]
        answer = await ask(context, messages)
        found = json_in(answer.text)
        outputs = _values(wanted, found if isinstance(found, Mapping) else {})
        reason = None if isinstance(found, Mapping) else "The model's answer holds no JSON object."
        outputs |= {"__is_success": int(reason is None), "__reason": reason, "__usage": answer.usage}
        process_data = process_data_of(data.get("model") or {}, messages, answer)
        return NodeResult(outputs, {"query": query}, process_data, metadata=metadata_of(answer))


def _values(wanted: Sequence[Mapping[str, Any]], found: Mapping[str, Any]) -> dict[str, Any]:
    return {str(row["name"]): _typed(found.get(str(row["name"])), row) for row in wanted}


def _typed(value: Any, row: Mapping[str, Any]) -> Any:
    """The value, or the empty one of its type where it does not fit."""
    kind = str(row.get("type") or "string")
    if kind.startswith("array"):
        return value if isinstance(value, list) else []
    if kind in ("bool", "boolean"):
        return value if isinstance(value, bool) else str(value).strip().lower() in ("true", "1", "yes")
    if kind == "number":
        return _number(value)
    text = as_text(value)
    options = [str(option) for option in row.get("options") or ()]
    return text if kind != "select" or not options or text in options else ""


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        number = float(str(value))
    except ValueError:
        return 0
    return int(number) if number.is_integer() else number
