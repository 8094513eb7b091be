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
        "bearer", description="How it is written.", json_schema_extra={"options": ["basic", "bearer", "custom"]}
    )
    api_key: Template = Field("", description="The key; of basic: user:password, or what they are in Base64.")
    header: Text = Field("", description="The header; empty: Authorization.")


class Authorization(ConfigPart):
    """Who asks."""

    type: Text = Field(
        "no-auth", description="Whether a key is sent.", json_schema_extra={"options": ["no-auth", "api-key"]}
    )
    config: AuthorizationConfig | None = Field(None, description="The key.")

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

    connect: Any = Field(None, description="Until there is a connection.")
    read: Any = Field(None, description="Until the answer is there.")
    write: Any = Field(None, description="Until the request is sent.")


class HttpConfig(NodeConfig):
    """See `NodeConfig`."""

    method: Text = Field("get", description="In any case.", json_schema_extra={"options": list(METHODS)})
    url: Template = Field("", description="The address.")
    authorization: Authorization = Field(Authorization(), description="Who asks.")
    headers: Template = Field("", description="A header a line: `name: value`.")
    params: Template = Field("", description="A parameter of the address a line: `name: value`.")
    body: Body = Field(Body(), description="What is sent along.")
    timeout: Timeout = Field(Timeout(), description="How long it may take.")

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
