"""The settings of an aggregator (DSL 4.12)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from apps.prompts.shapes import as_list
from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Text


def _selectors(value: object) -> list[tuple[str, ...]]:
    return [tuple(str(part) for part in row) for row in as_list(value) if isinstance(row, list | tuple)]


class Group(ConfigPart):
    """Variables of which one is taken."""

    group_name: Text = Field("", description="What the group is called in references.")
    output_type: Text = Field("", description="Its type.")
    variables: list[tuple[str, ...]] = Field(
        default_factory=list, description="The variables; the first that exists counts."
    )

    @field_validator("variables", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _selectors(value)


class Groups(ConfigPart):
    """Several groups."""

    group_enabled: bool = Field(False, description="Whether there are groups.")
    groups: Rows[Group] = Field(default_factory=list, description="The groups.")


class AggregatorConfig(NodeConfig):
    """See `NodeConfig`."""

    output_type: Text = Field("", description="The type of the output.")
    variables: list[tuple[str, ...]] = Field(
        default_factory=list, description="The variables; the first that exists counts."
    )
    advanced_settings: Groups = Field(Groups(), description="Several groups.")

    @field_validator("variables", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _selectors(value)

    @field_validator("advanced_settings", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}
