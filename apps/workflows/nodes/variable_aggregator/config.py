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

    group_name: Text = Field(
        "",
        description="What the group is called in references.",
        json_schema_extra={"label": "Name", "names_variable": True},
    )
    output_type: Text = Field(
        "",
        description="Its type.",
        json_schema_extra={
            "label": "Type",
            "options": [
                "string",
                "number",
                "boolean",
                "object",
                "file",
                "array[string]",
                "array[number]",
                "array[boolean]",
                "array[object]",
                "array[file]",
            ],
        },
    )
    variables: list[tuple[str, ...]] = Field(
        default_factory=list,
        description="The variables; the first that exists counts.",
        json_schema_extra={"widget": "selectors", "type_from": "output_type"},
    )

    @field_validator("variables", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _selectors(value)


class Groups(ConfigPart):
    """Several groups."""

    group_enabled: bool = Field(
        False, description="Whether there are groups.", json_schema_extra={"label": "Several groups"}
    )
    groups: Rows[Group] = Field(
        default_factory=list,
        description="The groups.",
        json_schema_extra={"row": "group", "shown_when": {"group_enabled": [True]}},
    )


class AggregatorConfig(NodeConfig):
    """See `NodeConfig`."""

    output_type: Text = Field(
        "",
        description="The type of the output.",
        json_schema_extra={
            "label": "Type",
            "options": [
                "string",
                "number",
                "boolean",
                "object",
                "file",
                "array[string]",
                "array[number]",
                "array[boolean]",
                "array[object]",
                "array[file]",
            ],
            "shown_when": {"advanced_settings.group_enabled": [False]},
        },
    )
    variables: list[tuple[str, ...]] = Field(
        default_factory=list,
        description="The variables; the first that exists counts.",
        json_schema_extra={
            "widget": "selectors",
            "type_from": "output_type",
            "shown_when": {"advanced_settings.group_enabled": [False]},
        },
    )
    advanced_settings: Groups = Field(Groups(), description="Several groups.", json_schema_extra={"is_plain": True})

    @field_validator("variables", mode="before")
    @classmethod
    def _read(cls, value: Any) -> Any:
        return _selectors(value)

    @field_validator("advanced_settings", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}
