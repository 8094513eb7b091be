"""The settings of a start node (DSL 4.1)."""

from typing import Any

from pydantic import Field

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Text


class FormField(ConfigPart):
    """A field of the form."""

    variable: Text = Field("", description="Its name.", json_schema_extra={"label": "Name", "names_variable": True})
    label: Text = Field("", description="What stands beside it.")
    type: Text = Field(
        "text-input",
        description="What it takes.",
        json_schema_extra={
            "place": 0,
            "options": ["text-input", "paragraph", "select", "number", "checkbox", "file", "file-list", "json_object"],
            "option_labels": {
                "text-input": "Text",
                "paragraph": "Paragraph",
                "select": "Choice",
                "number": "Number",
                "checkbox": "Checkbox",
                "file": "File",
                "file-list": "Several files",
                "json_object": "JSON object",
            },
        },
    )
    required: Any = Field(
        False,
        description="Whether it must be filled in.",
        json_schema_extra={"label": "Must be filled in", "widget": "switch", "place": 60},
    )
    max_length: Any = Field(
        None,
        description="Of texts: the most characters; of lists of files: the most files.",
        json_schema_extra={
            "label": "At most",
            "widget": "number",
            "minimum": 1,
            "shown_when": {"type": ["text-input", "paragraph", "file-list"]},
        },
    )
    options: list[Any] | None = Field(
        None,
        description="Of a select: what it may be.",
        json_schema_extra={"widget": "texts", "row": "option", "shown_when": {"type": ["select"]}},
    )
    default: Any = Field(
        None,
        description="What it is when it is left empty.",
        json_schema_extra={
            "label": "Filled in beforehand",
            "widget": "form_default",
            "shown_when": {"type": ["text-input", "paragraph", "select", "number", "checkbox"]},
        },
    )
    allowed_file_types: list[str] | None = Field(
        None,
        description="Of files: image, document, audio, video or custom.",
        json_schema_extra={
            "label": "Kinds of files",
            "widget": "several",
            "options": ["image", "document", "audio", "video"],
            "option_labels": {"image": "Pictures", "document": "Documents", "audio": "Audio", "video": "Video"},
            "shown_when": {"type": ["file", "file-list"]},
        },
    )
    allowed_file_upload_methods: list[str] | None = Field(
        None,
        description="Of files: local_file for uploads, remote_url for addresses.",
        json_schema_extra={
            "label": "How they come",
            "widget": "several",
            "options": ["local_file", "remote_url"],
            "option_labels": {"local_file": "Uploaded", "remote_url": "By their address"},
            "shown_when": {"type": ["file", "file-list"]},
        },
    )


class StartConfig(NodeConfig):
    """See `NodeConfig`."""

    variables: Rows[FormField] = Field(
        default_factory=list, description="The form.", json_schema_extra={"label": "Form", "row": "field"}
    )
