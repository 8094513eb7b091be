"""The settings of an assigner (DSL 4.13)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Selector, Text


class Change(ConfigPart):
    """A change of one variable."""

    variable_selector: Selector = Field((), description="The variable, of the conversation or of a loop.")
    operation: Text = Field(
        "over-write",
        description="What is done with it.",
        json_schema_extra={
            "options": [
                "over-write", "clear", "set", "append", "extend", "remove-first", "remove-last", "+=", "-=", "*=", "/=",
            ]
        },
    )  # fmt: skip
    input_type: Text = Field(
        "variable", description="Where the value comes from.", json_schema_extra={"options": ["variable", "constant"]}
    )
    value: Any = Field(None, description="A variable's selector, or the value itself.")


class AssignerConfig(NodeConfig):
    """See `NodeConfig`."""

    items: Rows[Change] = Field(
        default_factory=list,
        description="The changes, in order; later ones see earlier ones.",
        json_schema_extra={"widget": "assignments", "label": "Changes"},
    )

    @model_validator(mode="before")
    @classmethod
    def _first_version(cls, data: Any) -> Any:
        """The first version of the node is one change."""
        if not isinstance(data, Mapping) or isinstance(data.get("items"), list):
            return data
        change = {
            "variable_selector": data.get("assigned_variable_selector"),
            "operation": data.get("write_mode"),
            "value": data.get("input_variable_selector"),
        }
        return {**data, "items": [{name: value for name, value in change.items() if value is not None}]}
