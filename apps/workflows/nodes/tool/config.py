"""The settings of a tool node."""

from typing import Any

from pydantic import Field

from apps.workflows.engine.config import Map, NodeConfig, Text


class ToolConfig(NodeConfig):
    """See `NodeConfig`."""

    provider_type: Text = Field(
        "builtin",
        description="Where the tool comes from.",
        json_schema_extra={"is_hidden": True, "options": ["builtin", "api", "workflow", "mcp", "plugin"]},
    )
    provider_id: Text = Field(
        "",
        description="Who offers it: a provider of tools, or the id of a workflow app.",
        json_schema_extra={"is_hidden": True},
    )
    provider_name: Text = Field(
        "", description="Its name, where the id is one of another workspace.", json_schema_extra={"is_hidden": True}
    )
    tool_name: Text = Field("", description="The tool.", json_schema_extra={"label": "Tool", "widget": "tool"})
    tool_label: Text = Field("", description="What it is called on the canvas.", json_schema_extra={"is_hidden": True})
    tool_configurations: Map = Field(
        default_factory=dict,
        description="Settings that do not change from run to run, by name: a value, or a map of `type` and `value`.",
        json_schema_extra={"is_hidden": True},
    )
    tool_parameters: Map = Field(
        default_factory=dict,
        description=(
            "Parameters by name: `type` is mixed (a text with references), variable (a selector) or constant; and "
            "`value`. A bare text counts as mixed."
        ),
        json_schema_extra={"is_hidden": True},
    )

    def given(self) -> dict[str, Any]:
        """Settings and parameters as they stand; what has no value is left out."""
        found = {**self.tool_configurations, **self.tool_parameters}
        return {str(name): value for name, value in found.items() if value is not None}
