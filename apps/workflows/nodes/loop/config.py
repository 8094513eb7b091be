"""The settings of a loop (DSL 4.15)."""

from typing import Any

from pydantic import Field, field_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Text
from apps.workflows.nodes._configs import VARIABLE_TYPES, Condition


class LoopVariable(ConfigPart):
    """A variable that lasts over the rounds."""

    label: Text = Field("", description="Its name.", json_schema_extra={"label": "Name", "names_variable": True})
    var_type: Text = Field(
        "string",
        description="Its type; values of other types than text may be JSON in a text.",
        json_schema_extra={
            "label": "Type",
            "options": [kind for kind in VARIABLE_TYPES if "file" not in kind],
        },
    )
    value_type: Text = Field(
        "constant",
        description="Where its first value comes from.",
        json_schema_extra={
            "label": "First value",
            "options": ["constant", "variable"],
            "option_labels": {"constant": "As written here", "variable": "That of a variable"},
        },
    )
    value: Any = Field(
        None,
        description="The first value, or the selector of a variable.",
        json_schema_extra={"widget": "value", "type_from": "var_type", "source_from": "value_type"},
    )


class LoopConfig(NodeConfig):
    """See `NodeConfig`."""

    loop_count: int = Field(
        1,
        description="The most rounds, 1 to 100.",
        json_schema_extra={"label": "Most rounds", "minimum": 1, "maximum": 100},
    )
    break_conditions: Rows[Condition] = Field(
        default_factory=list,
        description="When it is over; none: never.",
        json_schema_extra={"label": "Ends when", "widget": "conditions", "scope": "inner"},
    )
    logical_operator: Text = Field(
        "and",
        description="Whether all conditions or one of them.",
        json_schema_extra={"options": ["and", "or"], "is_hidden": True},
    )
    loop_variables: Rows[LoopVariable] = Field(
        default_factory=list, description="Variables that last over the rounds.", json_schema_extra={"row": "variable"}
    )
    start_node_id: Text = Field(
        "", description="The node inside that each round begins with.", json_schema_extra={"is_hidden": True}
    )

    @field_validator("loop_count", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        """Null stands for one round."""
        return 1 if value is None or value == "" else value
