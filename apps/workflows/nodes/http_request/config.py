"""The settings of an HTTP request (DSL 4.10)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from apps.prompts.shapes import as_list, as_map
from apps.workflows.engine.config import ConfigPart, NodeConfig, Selector, Template, Text

METHODS = ("get", "post", "put", "patch", "delete", "head", "options")


class AuthorizationConfig(ConfigPart):
    """A key."""

    type: Text = Field(
        "bearer",
        description="How it is written.",
        json_schema_extra={"options": ["basic", "bearer", "custom"], "label": "Kind of key"},
    )
    api_key: Template = Field("", description="The key; of basic: user:password, or what they are in Base64.")
    header: Text = Field(
        "", description="The header; empty: Authorization.", json_schema_extra={"shown_when": {"type": ["custom"]}}
    )


class Authorization(ConfigPart):
    """Who asks."""

    type: Text = Field(
        "no-auth",
        description="Whether a key is sent.",
        json_schema_extra={
            "options": ["no-auth", "api-key"],
            "option_labels": {"no-auth": "No key", "api-key": "A key"},
            "label": "Authorization",
        },
    )
    config: AuthorizationConfig | None = Field(
        None, description="The key.", json_schema_extra={"shown_when": {"type": ["api-key"]}, "is_plain": True}
    )

    @field_validator("config", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        return value if isinstance(value, Mapping | ConfigPart) else None


class BodyRow(ConfigPart):
    """A part of the body: a field of a form, a text, a file."""

    key: Template = Field("", description="Of a form: the name.")
    type: Text = Field("text", description="What it is.", json_schema_extra={"options": ["text", "file"]})
    value: Template = Field("", description="The text.")
    file: Selector = Field((), description="The file, or a list of files.")


class Body(ConfigPart):
    """What is sent along."""

    type: Text = Field(
        "none",
        description="What kind.",
        json_schema_extra={"options": ["none", "form-data", "x-www-form-urlencoded", "raw-text", "json", "binary"]},
    )
    data: list[BodyRow] = Field(default_factory=list, description="Its parts; older files have one text.")

    @field_validator("data", mode="before")
    @classmethod
    def _rows(cls, value: Any, info: Any) -> Any:
        """One text is the body; of the two kinds of forms each of its lines is a field."""
        if not isinstance(value, str):
            return [row for row in as_list(value) if isinstance(row, Mapping | BodyRow)]
        if info.data.get("type") not in ("form-data", "x-www-form-urlencoded"):
            return [{"value": value}]
        lines = (line.partition(":") for line in value.splitlines())
        return [{"key": key.strip(), "value": text.strip()} for key, colon, text in lines if colon and key.strip()]


class Timeout(ConfigPart):
    """How long it may take, in seconds; 0 or null: as long as can be."""

    connect: Any = Field(
        None,
        description="Until there is a connection.",
        json_schema_extra={"widget": "number", "label": "To connect, in seconds"},
    )
    read: Any = Field(
        None,
        description="Until the answer is there.",
        json_schema_extra={"widget": "number", "label": "For the answer, in seconds"},
    )
    write: Any = Field(
        None,
        description="Until the request is sent.",
        json_schema_extra={"widget": "number", "label": "To send, in seconds"},
    )


class HttpConfig(NodeConfig):
    """See `NodeConfig`."""

    method: Text = Field(
        "get", description="In any case.", json_schema_extra={"widget": "method", "options": list(METHODS), "place": 0}
    )
    url: Template = Field("", description="The address.", json_schema_extra={"label": "Address", "place": 1})
    authorization: Authorization = Field(
        Authorization(), description="Who asks.", json_schema_extra={"is_plain": True, "place": 40}
    )
    headers: Template = Field(
        "",
        description="A header a line: `name: value`.",
        json_schema_extra={"widget": "pairs", "row": "header", "place": 20},
    )
    params: Template = Field(
        "",
        description="A parameter of the address a line: `name: value`.",
        json_schema_extra={"widget": "pairs", "label": "Parameters", "row": "parameter", "place": 10},
    )
    body: Body = Field(
        Body(), description="What is sent along.", json_schema_extra={"widget": "http_body", "place": 30}
    )
    timeout: Timeout = Field(
        Timeout(), description="How long it may take.", json_schema_extra={"label": "Longest wait", "is_advanced": True}
    )

    @field_validator("authorization", "body", "timeout", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, ConfigPart) else as_map(value)

    @field_validator("headers", "params", mode="before")
    @classmethod
    def _lines(cls, value: Any) -> Any:
        """Some files have them as lists of pairs, or as maps."""
        if isinstance(value, Mapping):
            return "\n".join(f"{name}: {text}" for name, text in value.items())
        if isinstance(value, list):
            rows = [row for row in value if isinstance(row, Mapping) and row.get("key")]
            return "\n".join(f"{row['key']}: {row.get('value') or ''}" for row in rows)
        return value
