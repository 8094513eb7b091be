"""The settings of a webhook."""

from collections.abc import Iterator
from typing import Annotated, Final

from pydantic import BeforeValidator, ConfigDict, Field

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Template, Text
from apps.workflows.nodes._configs import VARIABLE_TYPES

RAW: Final = "_webhook_raw"


def _kind(value: object) -> str:
    return str(value or "").partition(";")[0].strip().lower() or "application/json"


def _status(value: object) -> int:
    text = str(value)
    return int(text) if text.isdecimal() and 200 <= int(text[:4]) <= 599 else 200


def _truth(value: object) -> bool:
    return value is not False


class WebhookParameter(ConfigPart):
    """Something a request carries."""

    model_config = ConfigDict(json_schema_extra={"line": True})

    name: Text = Field(
        "", description="Its name; in variables `-` becomes `_`.", json_schema_extra={"names_variable": True}
    )
    type: Text = Field(
        "string",
        description="string, number, boolean, object, array[string] and so on.",
        json_schema_extra={"options": [kind for kind in VARIABLE_TYPES if kind != "array[file]"]},
    )
    required: bool | None = Field(False, description="Requests without it are refused.")

    @property
    def variable(self) -> str:
        """The variable it becomes."""
        return self.name.replace("-", "_")


class TriggerWebhookConfig(NodeConfig):
    """See `NodeConfig`."""

    method: Text = Field(
        "post",
        description="The method of requests.",
        json_schema_extra={"options": ["get", "post", "put", "patch", "delete", "head"]},
    )
    content_type: Annotated[str, BeforeValidator(_kind)] = Field(
        "application/json",
        description="What the body is.",
        json_schema_extra={
            "shown_when": {"method": ["post", "put", "patch", "delete"]},
            "options": [
                "application/json",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "text/plain",
                "application/octet-stream",
            ],
        },
    )
    headers: Rows[WebhookParameter] = Field(
        default_factory=list, description="Headers that become variables.", json_schema_extra={"row": "header"}
    )
    params: Rows[WebhookParameter] = Field(
        default_factory=list,
        description="Parameters of the address.",
        json_schema_extra={"label": "Parameters", "row": "parameter"},
    )
    body: Rows[WebhookParameter] = Field(
        default_factory=list,
        description="Fields of the body; of a text the one that gets it.",
        json_schema_extra={"row": "field"},
    )
    status_code: Annotated[int, BeforeValidator(_status)] = Field(
        200,
        description="The status of the answer.",
        json_schema_extra={"is_advanced": True, "minimum": 200, "maximum": 599},
    )
    response_body: Template = Field(
        "",
        description="The answer. Empty: the outputs, or a word that the run began.",
        json_schema_extra={"is_advanced": True, "label": "Answer", "is_long": True},
    )
    async_mode: Annotated[bool, BeforeValidator(_truth)] = Field(
        True,
        description="Answer at once, while the run goes on; else when it has ended.",
        json_schema_extra={"label": "Answer at once"},
    )

    def parameters(self) -> Iterator[WebhookParameter]:
        """All that requests may carry."""
        yield from (one for rows in (self.headers, self.params, self.body) for one in rows if one.name)
