"""The settings of a loop (DSL 4.15)."""

from typing import Any

from pydantic import Field, field_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Text
from apps.workflows.nodes._configs import Condition


class LoopVariable(ConfigPart):
    """A variable that lasts over the rounds."""

    label: Text = Field("", description="Its name.")
    var_type: Text = Field("string", description="Its type; values of other types than text may be JSON in a text.")
    value_type: Text = Field(
        "constant",
        description="Where its first value comes from.",
        json_schema_extra={"options": ["constant", "variable"]},
    )
    value: Any = Field(None, description="The first value, or the selector of a variable.")


class LoopConfig(NodeConfig):
    """See `NodeConfig`."""

    loop_count: int = Field(1, description="The most rounds, 1 to 100.")
    break_conditions: Rows[Condition] = Field(default_factory=list, description="When it is over; none: never.")
    logical_operator: Text = Field(
        "and", description="Whether all conditions or one of them.", json_schema_extra={"options": ["and", "or"]}
    )
    loop_variables: Rows[LoopVariable] = Field(default_factory=list, description="Variables that last over the rounds.")
    start_node_id: Text = Field("", description="The node inside that each round begins with.")

    @field_validator("loop_count", mode="before")
    @classmethod
    def _count(cls, value: Any) -> Any:
        """Null stands for one round."""
        return 1 if value is None or value == "" else value
