"""The settings of an iteration (DSL 4.14)."""

from typing import Any

from pydantic import Field, field_validator

from apps.workflows.engine.config import NodeConfig, Selector, Text


class IterationConfig(NodeConfig):
    """See `NodeConfig`."""

    iterator_selector: Selector = Field((), description="The list.")
    output_selector: Selector = Field((), description="What is collected of each round.")
    output_type: Text = Field("", description="The type of the collected list.")
    start_node_id: Text = Field("", description="The node inside that each round begins with.")
    is_parallel: bool = Field(False, description="Whether rounds run side by side.")
    parallel_nums: int = Field(10, description="How many at once, 1 to 100.")
    error_handle_mode: Text = Field(
        "terminated",
        description="What a failed round does: it ends the node, leaves null, or is left out.",
        json_schema_extra={"options": ["terminated", "continue-on-error", "remove-abnormal-output"]},
    )
    flatten_output: bool = Field(True, description="Whether a list of lists becomes one list.")

    @field_validator("is_parallel", "parallel_nums", "flatten_output", mode="before")
    @classmethod
    def _default(cls, value: Any, info: Any) -> Any:
        """Null stands for the default."""
        return cls.model_fields[info.field_name].default if value is None else value
