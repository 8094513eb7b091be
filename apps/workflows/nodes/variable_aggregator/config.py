"""The settings of an aggregator (DSL 4.12)."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BeforeValidator, Field, field_validator
from pydantic.config import JsonDict

from apps.prompts.shapes import as_list
from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Text
from apps.workflows.nodes._configs import VARIABLE_TYPES


def _selectors(value: object) -> list[tuple[str, ...]]:
    return [tuple(str(part) for part in row) for row in as_list(value) if isinstance(row, list | tuple)]


_OutputType = Annotated[Text, Field(json_schema_extra={"label": "Type", "options": list(VARIABLE_TYPES)})]
_Variables = Annotated[
    list[tuple[str, ...]],
    BeforeValidator(_selectors),
    Field(
        description="The variables; the first that exists counts.",
        json_schema_extra={"widget": "selectors", "type_from": "output_type"},
    ),
]
_UNGROUPED: Final[JsonDict] = {"shown_when": {"advanced_settings.group_enabled": [False]}}


class Group(ConfigPart):
    """Variables of which one is taken."""

    group_name: Text = Field(
        "",
        description="What the group is called in references.",
        json_schema_extra={"label": "Name", "names_variable": True},
    )
    output_type: _OutputType = Field("", description="Its type.")
    variables: _Variables = Field(default_factory=list)


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

    output_type: _OutputType = Field("", description="The type of the output.", json_schema_extra=_UNGROUPED)
    variables: _Variables = Field(default_factory=list, json_schema_extra=_UNGROUPED)
    advanced_settings: Groups = Field(Groups(), description="Several groups.", json_schema_extra={"is_plain": True})

    @field_validator("advanced_settings", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}
