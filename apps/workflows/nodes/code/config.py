"""The settings of a code node."""

from pydantic import Field

from apps.workflows.engine.config import Map, NodeConfig, Text
from apps.workflows.nodes._configs import WithVariables


class CodeConfig(NodeConfig, WithVariables):
    """See `NodeConfig`."""

    code_language: Text = Field(
        "python3",
        description="The language.",
        json_schema_extra={
            "options": ["python3", "javascript"],
            "option_labels": {"python3": "Python", "javascript": "JavaScript"},
            "label": "Language",
            "place": 20,
        },
    )
    code: Text = Field(
        "",
        description="Has a function `main`, which gets the variables.",
        json_schema_extra={"widget": "code", "place": 30},
    )
    outputs: Map = Field(
        default_factory=dict,
        description="What `main` returns: name, and `type`. Empty: whatever it returns.",
        json_schema_extra={"widget": "outputs", "place": 40},
    )
