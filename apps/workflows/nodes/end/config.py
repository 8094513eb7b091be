"""The settings of an end node (DSL 4.2)."""

from pydantic import Field

from apps.workflows.engine.config import NamedValue, NodeConfig, Rows


class EndConfig(NodeConfig):
    """See `NodeConfig`."""

    outputs: Rows[NamedValue] = Field(
        default_factory=list, description="What the workflow brings, by name.", json_schema_extra={"row": "output"}
    )
