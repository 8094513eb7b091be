"""The settings of a start node (DSL 4.1)."""

from typing import Any

from pydantic import Field

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Text


class FormField(ConfigPart):
    """A field of the form."""

    variable: Text = Field("", description="Its name.")
    label: Text = Field("", description="What stands beside it.")
    type: Text = Field(
        "text-input",
        description="What it takes.",
        json_schema_extra={
            "options": ["text-input", "paragraph", "select", "number", "checkbox", "file", "file-list", "json_object"]
        },
    )
    required: Any = Field(False, description="Whether it must be filled in.")
    max_length: Any = Field(None, description="Of texts: the most characters; of lists of files: the most files.")
    options: list[Any] | None = Field(None, description="Of a select: what it may be.")
    default: Any = Field(None, description="What it is when it is left empty.")


class StartConfig(NodeConfig):
    """See `NodeConfig`."""

    variables: Rows[FormField] = Field(default_factory=list, description="The form.")
