"""Answers that are to be objects of a schema."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import ModelFacts, PromptMessage
from apps.workflows.nodes._models import json_in

ERROR: Final = "StructuredOutputError"
_WANTED: Final = (
    "Answer with one JSON object and nothing else: no explanation, no Markdown. "
    "It must follow this JSON Schema:\n{schema}"
)
_AGAIN: Final = "That is not what was asked for: {why} Answer again, with the JSON object alone."
_WHY_CHARACTERS: Final = 300


def asking_for(schema: Mapping[str, Any], messages: Sequence[PromptMessage]) -> list[PromptMessage]:
    """The prompt with what the answer must look like. Raises NodeFailed: it is no schema."""
    try:
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise NodeFailed(f"The schema of the structured output is not valid: {error.message[:200]}", ERROR) from error
    wanted = _WANTED.format(schema=json.dumps(schema, ensure_ascii=False))
    if messages and messages[0].role == "system":
        first = PromptMessage("system", f"{messages[0].text}\n\n{wanted}", messages[0].files)
        return [first, *messages[1:]]
    return [PromptMessage("system", wanted), *messages]


def in_json_mode(model: Mapping[str, Any], facts: ModelFacts) -> Mapping[str, Any]:
    """The model told to answer in JSON, where it can be told."""
    if "json" not in facts.features:
        return model
    parameters = model.get("completion_params")
    given = dict(parameters) if isinstance(parameters, Mapping) else {}
    return {**model, "completion_params": {**given, "response_format": {"type": "json_object"}}}


def read(text: str, schema: Mapping[str, Any]) -> tuple[Any, str]:
    """The object of an answer, and what is wrong with it; "" where nothing is."""
    found = json_in(text)
    if found is None:
        return None, "there is no JSON object in it."
    error = next(iter(Draft202012Validator(schema).iter_errors(found)), None)
    return found, "" if error is None else f"{error.message}."[:_WHY_CHARACTERS]


def asking_again(messages: Sequence[PromptMessage], answer: str, why: str) -> list[PromptMessage]:
    """The prompt with the answer that did not fit, and why."""
    return [*messages, PromptMessage("assistant", answer), PromptMessage("user", _AGAIN.format(why=why))]
