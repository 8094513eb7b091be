"""The settings of a human input (DSL 4.20)."""

from collections.abc import Mapping
from typing import Any

from pydantic import ConfigDict, Field, field_validator

from apps.prompts.shapes import as_number
from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Selector, Template, Text


class DefaultValue(ConfigPart):
    """What a field holds when the form is opened."""

    type: Text = Field(
        "constant",
        description="Where it comes from.",
        json_schema_extra={
            "label": "From",
            "options": ["constant", "variable"],
            "option_labels": {"constant": "A text", "variable": "A variable"},
        },
    )
    selector: Selector = Field(
        (), description="The variable.", json_schema_extra={"label": "Variable", "shown_when": {"type": ["variable"]}}
    )
    value: Any = Field(
        None, description="The value.", json_schema_extra={"widget": "text", "shown_when": {"type": ["constant"]}}
    )


class HumanField(ConfigPart):
    """A field of the form."""

    type: Text = Field(
        "paragraph",
        description="What it takes.",
        json_schema_extra={
            "options": ["paragraph", "select", "file", "file-list"],
            "option_labels": {"paragraph": "Text", "select": "Choice", "file": "File", "file-list": "Several files"},
        },
    )
    output_variable_name: Text = Field(
        "",
        description="The variable it becomes.",
        json_schema_extra={"label": "Name", "names_variable": True, "place": 0},
    )
    default: DefaultValue | None = Field(
        None,
        description="What it holds when the form is opened.",
        json_schema_extra={"label": "Filled in beforehand", "shown_when": {"type": ["paragraph", "select"]}},
    )
    option_source: Any = Field(
        None,
        description="Of a select: what may be chosen.",
        json_schema_extra={"label": "Choices", "widget": "choices", "shown_when": {"type": ["select"]}},
    )

    @field_validator("default", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | ConfigPart) else None


class Action(ConfigPart):
    """A button; its id is the handle of its edges."""

    model_config = ConfigDict(json_schema_extra={"line": True})

    id: Text = Field("", description="What its edges begin with.", json_schema_extra={"is_hidden": True})
    title: Text = Field("", description="What stands on it.", json_schema_extra={"label": "Text"})
    button_style: Text = Field(
        "default",
        description="How it looks.",
        json_schema_extra={"label": "Look", "options": ["primary", "default", "accent", "ghost"]},
    )


class HumanConfig(NodeConfig):
    """See `NodeConfig`."""

    form_content: Template = Field(
        "",
        description="What the person reads; `{{#$output.name#}}` stands where the field of that name is.",
        json_schema_extra={"label": "Text of the form", "is_long": True},
    )
    inputs: Rows[HumanField] = Field(
        default_factory=list, description="The fields.", json_schema_extra={"label": "Fields", "row": "field"}
    )
    user_actions: Rows[Action] = Field(
        default_factory=list,
        description="The buttons.",
        json_schema_extra={
            "label": "Buttons",
            "row": "button",
            "handles": {
                "id": "id",
                "label": "title",
                "else": "__timeout__",
                "else_label": "Nobody answered",
                "prefix": "action_",
            },
        },
    )
    timeout: Any = Field(
        36,
        description="After so long nobody is waited for: the way is `__timeout__`.",
        json_schema_extra={"label": "Longest wait", "widget": "number", "minimum": 1},
    )
    timeout_unit: Text = Field(
        "hour",
        description="Of that time.",
        json_schema_extra={
            "label": "Unit",
            "options": ["hour", "day"],
            "option_labels": {"hour": "Hours", "day": "Days"},
        },
    )

    @property
    def timeout_s(self) -> float:
        """Seconds."""
        return (as_number(self.timeout) or 36.0) * (86_400 if self.timeout_unit == "day" else 3_600)
