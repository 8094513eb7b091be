"""Finds the values of parameters in a text, by a model."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, Node, NodeContext, NodeResult, nodes
from apps.workflows.engine.ports import PromptMessage
from apps.workflows.engine.variables import as_text
from apps.workflows.nodes._models import ask, history_of, json_in, metadata_of, process_data_of, with_pictures
from apps.workflows.nodes.parameter_extractor.config import ExtractorConfig, Parameter

TASK: Final = """You take facts out of texts. Find the values of these parameters in the text.
Leave out what it does not say.

Parameters, as JSON:
{parameters}
{instruction}
{how}"""
IN_WORDS: Final = "Answer with one JSON object alone: names of parameters and their values."
BY_FUNCTION: Final = "Call the function with the values."
FUNCTION: Final = "take_parameters"
TYPES: Final = {"bool": "boolean", "select": "string"}


@nodes.register
class ParameterExtractor(Node[ExtractorConfig]):
    """An answer that cannot be understood gives empty values and `__is_success` 0."""

    key: ClassVar[str] = "parameter-extractor"
    label: ClassVar[str] = "Parameter extractor"
    family: ClassVar[Family] = "model"
    icon: ClassVar[str] = "scan-search"
    can_fail: ClassVar[bool] = True
    fresh: ClassVar[Mapping[str, Any]] = {"reasoning_mode": "prompt"}
    Config = ExtractorConfig

    async def run(self, config: ExtractorConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        query = as_text(context.pool.value(config.query))
        facts = await context.services.models.describe(config.model)
        by_function = config.reasoning_mode != "prompt" and "tool-call" in facts.features
        task = _task(config, context.pool.fill(config.instruction), by_function=by_function)
        asked = [PromptMessage("system", task), PromptMessage("user", query)]
        past = history_of(context, config.memory, facts, config, asked)
        messages = with_pictures(context, config, facts, [asked[0], *past, asked[1]])
        functions = [_function(config)] if by_function else []
        answer = await ask(context, config, messages, functions=functions)
        found = json_in(answer.calls[0][1] if answer.calls else answer.text)
        reason = None if found is not None else "The model's answer holds no JSON object."
        outputs = {
            **{row.name: _typed((found or {}).get(row.name), row) for row in config.parameters},
            "__is_success": int(found is not None),
            "__reason": reason,
            "__usage": answer.usage,
        }
        process_data = process_data_of(config.model, messages, facts, answer)
        return NodeResult(outputs, {"query": query}, process_data, metadata=metadata_of(answer))

    @classmethod
    def variables(cls, config: ExtractorConfig) -> Mapping[str, str]:
        """See the base class."""
        own = {"__is_success": "number", "__reason": "string", "__usage": "object"}
        return {**{row.name: TYPES.get(row.type, row.type) for row in config.parameters}, **own}

    @classmethod
    def missing(cls, config: ExtractorConfig) -> Iterator[str]:
        """See the base class."""
        if not config.query:
            yield "the text is not chosen."
        if not config.parameters:
            yield "nothing is looked for: add a parameter."


def _task(config: ExtractorConfig, instruction: str, *, by_function: bool) -> str:
    told = [row.model_dump(include={"name", "type", "options", "description", "required"}) for row in config.parameters]
    how = BY_FUNCTION if by_function else IN_WORDS
    return TASK.format(parameters=json.dumps(told, ensure_ascii=False), instruction=instruction, how=how)


def _function(config: ExtractorConfig) -> dict[str, Any]:
    """The parameters as those of a function (OpenAI's schema)."""
    properties = {row.name: _schema(row) for row in config.parameters}
    required = [row.name for row in config.parameters if row.required]
    about = {"type": "object", "properties": properties, "required": required}
    return {"type": "function", "function": {"name": FUNCTION, "description": "Takes the values.", "parameters": about}}


def _schema(row: Parameter) -> dict[str, Any]:
    about: dict[str, Any] = {"description": row.description}
    if row.type.startswith("array"):
        return {**about, "type": "array", "items": {"type": row.type[6:-1] or "string"}}
    if row.type == "select":
        return {**about, "type": "string", "enum": [str(option) for option in row.options]}
    return {**about, "type": TYPES.get(row.type, row.type)}


def _typed(value: Any, row: Parameter) -> Any:
    """The value, or the empty one of its type where it does not fit."""
    if row.type.startswith("array"):
        return value if isinstance(value, list) else []
    if row.type in ("bool", "boolean"):
        return value if isinstance(value, bool) else str(value).strip().lower() in ("true", "1", "yes")
    if row.type == "number":
        return _number(value)
    text = as_text(value)
    options = [str(option) for option in row.options]
    return text if row.type != "select" or not options or text in options else ""


def _number(value: Any) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        number = float(str(value))
    except ValueError:
        return 0
    return int(number) if number.is_integer() else number
