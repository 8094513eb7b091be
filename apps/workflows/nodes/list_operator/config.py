"""The settings of a list operator (DSL 4.18)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Selector, Template, Text


class ItemCondition(ConfigPart):
    """What an item must be like."""

    key: Text = Field("", description="Of files: what is compared, such as name, type or size.")
    comparison_operator: Text = Field("", description="How.")
    value: Any = Field(None, description="With what: a text, which may hold references, or a list.")


class FilterStep(ConfigPart):
    """Leaves out items."""

    enabled: bool = Field(False, description="Whether it is done.")
    conditions: Rows[ItemCondition] = Field(
        default_factory=list,
        description="What all that stay are like.",
        json_schema_extra={"widget": "item_conditions"},
    )


class ExtractStep(ConfigPart):
    """Takes one item."""

    enabled: bool = Field(False, description="Whether it is done.")
    serial: Template = Field("", description="Which: 1 is the first.", json_schema_extra={"label": "Place"})


class OrderStep(ConfigPart):
    """Puts items in order."""

    enabled: bool = Field(False, description="Whether it is done.")
    key: Text = Field(
        "",
        description="Of files: by what.",
        json_schema_extra={
            "label": "By",
            "options": ["", "name", "type", "size", "extension", "mime_type", "transfer_method", "url"],
        },
    )
    value: Text = Field(
        "asc",
        description="Which way.",
        json_schema_extra={
            "label": "Order",
            "options": ["asc", "desc"],
            "option_labels": {"asc": "Smallest first", "desc": "Largest first"},
        },
    )


class LimitStep(ConfigPart):
    """Keeps the first items."""

    enabled: bool = Field(False, description="Whether it is done.")
    size: Any = Field(
        None, description="How many.", json_schema_extra={"label": "Most items", "widget": "number", "minimum": 1}
    )


class ListConfig(NodeConfig):
    """See `NodeConfig`."""

    variable: Selector = Field(
        (),
        description="The list.",
        json_schema_extra={
            "label": "List",
            "types": ["array"],
            "sets": {"var_type": "type", "item_var_type": "item_type"},
        },
    )
    filter_by: FilterStep = Field(
        FilterStep(), description="First: leaves out items.", json_schema_extra={"label": "Filter"}
    )
    extract_by: ExtractStep = Field(
        ExtractStep(), description="Second: takes one item.", json_schema_extra={"label": "Take one item"}
    )
    order_by: OrderStep = Field(
        OrderStep(), description="Third: puts them in order.", json_schema_extra={"label": "Sort"}
    )
    limit: LimitStep = Field(
        LimitStep(), description="Last: keeps the first ones.", json_schema_extra={"label": "Keep the first ones"}
    )

    @field_validator("filter_by", "extract_by", "order_by", "limit", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}
