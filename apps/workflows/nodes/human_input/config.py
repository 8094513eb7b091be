"""The settings of a human input (DSL 4.20)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from apps.prompts.shapes import as_number
from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Selector, Template, Text


class DefaultValue(ConfigPart):
    """What a field holds when the form is opened."""

    type: Text = Field(
        "constant", description="Where it comes from.", json_schema_extra={"options": ["constant", "variable"]}
    )
    selector: Selector = Field((), description="The variable.")
    value: Any = Field(None, description="The value.")


class HumanField(ConfigPart):
    """A field of the form."""

    type: Text = Field(
        "paragraph",
        description="What it takes.",
        json_schema_extra={"options": ["paragraph", "select", "file", "file-list"]},
    )
    output_variable_name: Text = Field("", description="The variable it becomes.")
    default: DefaultValue | None = Field(None, description="What it holds when the form is opened.")
    option_source: Any = Field(None, description="Of a select: what may be chosen.")

    @field_validator("default", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | ConfigPart) else None


class Action(ConfigPart):
    """A button; its id is the handle of its edges."""

    id: Text = Field("", description="What its edges begin with.")
    title: Text = Field("", description="What stands on it.")
    button_style: Text = Field(
        "default", description="How it looks.", json_schema_extra={"options": ["primary", "default", "accent", "ghost"]}
    )


class HumanConfig(NodeConfig):
    """See `NodeConfig`."""

    form_content: Template = Field(
        "", description="What the person reads; `{{#$output.name#}}` stands where the field of that name is."
    )
    inputs: Rows[HumanField] = Field(default_factory=list, description="The fields.")
    user_actions: Rows[Action] = Field(
        default_factory=list,
        description="The buttons.",
        json_schema_extra={"handles": {"id": "id", "label": "title", "else": "__timeout__"}},
    )
    timeout: Any = Field(36, description="After so long nobody is waited for: the way is `__timeout__`.")
    timeout_unit: Text = Field("hour", description="Of that time.", json_schema_extra={"options": ["hour", "day"]})

    @property
    def timeout_s(self) -> float:
        """Seconds."""
        return (as_number(self.timeout) or 36.0) * (86_400 if self.timeout_unit == "day" else 3_600)
