"""The settings of a code node."""

from pydantic import Field

from apps.workflows.engine.config import Map, NodeConfig, Text
from apps.workflows.nodes._configs import WithVariables


class CodeConfig(NodeConfig, WithVariables):
    """See `NodeConfig`."""

    code_language: Text = Field(
        "python3", description="The language.", json_schema_extra={"options": ["python3", "javascript"]}
    )
    code: Text = Field(
        "", description="Has a function `main`, which gets the variables.", json_schema_extra={"widget": "code"}
    )
    outputs: Map = Field(
        default_factory=dict,
        description="What `main` returns: name, and `type`. Empty: whatever it returns.",
        json_schema_extra={"widget": "outputs"},
    )
