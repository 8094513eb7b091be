"""The settings of a parameter extractor (DSL 4.16)."""

from typing import Any

from pydantic import Field, field_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Selector, Template, Text
from apps.workflows.nodes._configs import WithModel


class Parameter(ConfigPart):
    """A value that is looked for."""

    name: Text = Field("", description="Its name.", json_schema_extra={"names_variable": True})
    type: Text = Field(
        "string",
        description="Its type.",
        json_schema_extra={
            "options": [
                "string", "number", "bool", "select",
                "array[string]", "array[number]", "array[object]", "array[boolean]",
            ]
        },
    )  # fmt: skip
    options: list[Any] = Field(
        default_factory=list,
        description="Of a select: what it may be.",
        json_schema_extra={"widget": "texts", "row": "option", "shown_when": {"type": ["select"]}},
    )
    description: Text = Field(
        "", description="What it is, in words for the model.", json_schema_extra={"is_long": True}
    )
    required: bool = Field(False, description="Whether the model is to find it in any case.")

    @field_validator("options", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return value if isinstance(value, list) else []

    @field_validator("required", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        return bool(value)


class ExtractorConfig(NodeConfig, WithModel):
    """See `NodeConfig`."""

    query: Selector = Field((), description="The text.", json_schema_extra={"label": "Text", "place": 10})
    parameters: Rows[Parameter] = Field(
        default_factory=list, description="What is looked for.", json_schema_extra={"row": "parameter"}
    )
    instruction: Template = Field(
        "", description="What the model should know besides.", json_schema_extra={"is_long": True}
    )
    reasoning_mode: Text = Field(
        "function_call",
        description="How the model is asked; one that calls no functions is asked in words.",
        json_schema_extra={
            "label": "How the model is asked",
            "options": ["function_call", "prompt"],
            "option_labels": {"function_call": "By a function call", "prompt": "In words"},
            "is_advanced": True,
        },
    )
