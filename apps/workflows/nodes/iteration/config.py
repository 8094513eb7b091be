"""The settings of an iteration (DSL 4.14)."""

from typing import Any

from pydantic import Field, field_validator

from apps.workflows.engine.config import NodeConfig, Selector, Text


class IterationConfig(NodeConfig):
    """See `NodeConfig`."""

    iterator_selector: Selector = Field(
        (),
        description="The list.",
        json_schema_extra={
            "label": "List",
            "types": ["array"],
            "gives_items": True,
            "sets": {"iterator_input_type": "type"},
        },
    )
    output_selector: Selector = Field(
        (),
        description="What is collected of each round.",
        json_schema_extra={"label": "Collected", "scope": "inner", "sets": {"output_type": "list_type"}},
    )
    output_type: Text = Field("", description="The type of the collected list.", json_schema_extra={"is_hidden": True})
    start_node_id: Text = Field(
        "", description="The node inside that each round begins with.", json_schema_extra={"is_hidden": True}
    )
    is_parallel: bool = Field(
        False, description="Whether rounds run side by side.", json_schema_extra={"label": "Several rounds at once"}
    )
    parallel_nums: int = Field(
        10,
        description="How many at once, 1 to 100.",
        json_schema_extra={"label": "At once", "minimum": 1, "maximum": 100, "shown_when": {"is_parallel": [True]}},
    )
    error_handle_mode: Text = Field(
        "terminated",
        description="What a failed round does: it ends the node, leaves null, or is left out.",
        json_schema_extra={
            "label": "When a round fails",
            "options": ["terminated", "continue-on-error", "remove-abnormal-output"],
            "option_labels": {
                "terminated": "The node fails",
                "continue-on-error": "Its result is null",
                "remove-abnormal-output": "It is left out",
            },
        },
    )
    flatten_output: bool = Field(
        True,
        description="Whether a list of lists becomes one list.",
        json_schema_extra={"label": "Join lists of lists", "is_advanced": True},
    )

    @field_validator("is_parallel", "parallel_nums", "flatten_output", mode="before")
    @classmethod
    def _default(cls, value: Any, info: Any) -> Any:
        """Null stands for the default."""
        return cls.model_fields[info.field_name].default if value is None else value
