"""The settings of a parameter extractor (DSL 4.16)."""

from typing import Any

from pydantic import Field, field_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Selector, Template, Text
from apps.workflows.nodes._configs import WithModel


class Parameter(ConfigPart):
    """A value that is looked for."""

    name: Text = Field("", description="Its name.")
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
    options: list[Any] = Field(default_factory=list, description="Of a select: what it may be.")
    description: Text = Field("", description="What it is, in words for the model.")
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

    query: Selector = Field((), description="The text.")
    parameters: Rows[Parameter] = Field(default_factory=list, description="What is looked for.")
    instruction: Template = Field("", description="What the model should know besides.")
    reasoning_mode: Text = Field(
        "function_call",
        description="How the model is asked; one that calls no functions is asked in words.",
        json_schema_extra={"options": ["function_call", "prompt"]},
    )
