"""The settings of a model node (DSL 4.4)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator, model_validator

from apps.workflows.engine.config import ConfigPart, Map, NamedValue, NodeConfig, Rows, Selector, Template, Text
from apps.workflows.nodes._configs import WithModel, WithVariables


class PromptRow(ConfigPart):
    """A message of the prompt; a completion model has one text."""

    role: Text = Field(
        "user",
        description="Who speaks.",
        json_schema_extra={
            "place": 0,
            "in_head": True,
            "options": ["system", "user", "assistant"],
            "option_labels": {"system": "System", "user": "User", "assistant": "Assistant"},
        },
    )
    text: Template = Field(
        "",
        description="What is said.",
        json_schema_extra={"is_long": True, "blocks": ["context"], "shown_when": {"edition_type": ["basic", ""]}},
    )
    edition_type: Text = Field(
        "basic",
        description="How the text is written.",
        json_schema_extra={
            "label": "Written",
            "in_head": True,
            "place": 40,
            "options": ["basic", "jinja2"],
            "option_labels": {"basic": "As a text", "jinja2": "In Jinja2"},
        },
    )
    jinja2_text: Text = Field(
        "",
        description="The text in Jinja2.",
        json_schema_extra={"label": "Text", "widget": "jinja2", "shown_when": {"edition_type": ["jinja2"]}},
    )


class PromptConfig(ConfigPart):
    """What Jinja2 texts are given."""

    jinja2_variables: Rows[NamedValue] = Field(
        default_factory=list, description="Their variables.", json_schema_extra={"row": "variable"}
    )


class Context(ConfigPart):
    """Knowledge that the prompt speaks of as `{{#context#}}`."""

    enabled: bool = Field(False, description="Whether there is any.")
    variable_selector: Selector = Field(
        (),
        description="A text, texts, or what a knowledge retrieval found.",
        json_schema_extra={"label": "From", "types": ["string", "array"]},
    )


class StructuredOutput(ConfigPart):
    """An object that the answer is to be."""

    json_schema: Map = Field(
        default_factory=dict, alias="schema", description="What it looks like (JSON Schema).",
        json_schema_extra={"label": "Shape of the object", "widget": "json"},
    )  # fmt: skip
    enabled: bool = Field(True, description="Whether it is wanted.", json_schema_extra={"is_hidden": True})


class LlmConfig(NodeConfig, WithModel, WithVariables):
    """See `NodeConfig`."""

    variables: Rows[NamedValue] = Field(
        default_factory=list,
        description="The variables it is given, by name.",
        json_schema_extra={"label": "Inputs", "row": "input", "is_older": True},
    )
    prompt_template: Rows[PromptRow] = Field(
        default_factory=list,
        description="The prompt's messages, in order.",
        json_schema_extra={"label": "Prompt", "row": "message"},
    )
    prompt_config: PromptConfig = Field(
        PromptConfig(),
        description="What Jinja2 texts are given.",
        json_schema_extra={"is_plain": True, "shown_when": {"prompt_template.*.edition_type": ["jinja2"]}},
    )
    context: Context = Field(
        Context(), description="Knowledge for the prompt.", json_schema_extra={"place": 30, "label": "Context"}
    )
    structured_output_enabled: bool = Field(
        False,
        description="Whether the answer is to be an object.",
        json_schema_extra={"label": "Answer as an object", "place": 80},
    )
    structured_output: StructuredOutput = Field(
        StructuredOutput(),
        description="Which object.",
        json_schema_extra={"is_plain": True, "place": 81, "shown_when": {"structured_output_enabled": [True]}},
    )
    reasoning_format: Text = Field(
        "tagged",
        description="Whether thoughts between <think> tags stay in the text or are a variable of their own.",
        json_schema_extra={
            "label": "Thoughts of the model",
            "options": ["tagged", "separated"],
            "option_labels": {"tagged": "Stay in the text", "separated": "Are a variable of their own"},
            "is_advanced": True,
        },
    )

    @model_validator(mode="before")
    @classmethod
    def _older(cls, data: Any) -> Any:
        """The switch of structured output has two names."""
        if (
            isinstance(data, Mapping)
            and "structured_output_switch_on" in data
            and "structured_output_enabled" not in data
        ):
            return {**data, "structured_output_enabled": data["structured_output_switch_on"]}
        return data

    @field_validator("prompt_template", mode="before")
    @classmethod
    def _one_text(cls, value: Any) -> Any:
        """The prompt of a completion model is one map."""
        return [value] if isinstance(value, Mapping) else value

    @field_validator("structured_output_enabled", mode="before")
    @classmethod
    def _off(cls, value: Any) -> Any:
        return bool(value)

    @field_validator("prompt_config", "context", "structured_output", mode="before")
    @classmethod
    def _empty_map(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}

    @property
    def wanted_schema(self) -> Mapping[str, Any] | None:
        """What the answer's object looks like; None where no object is wanted."""
        wanted = self.structured_output_enabled and self.structured_output.enabled
        return self.structured_output.json_schema if wanted and self.structured_output.json_schema else None
