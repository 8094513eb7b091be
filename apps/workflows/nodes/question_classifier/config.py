"""The settings of a question classifier (DSL 4.6)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Selector, Template, Text
from apps.workflows.nodes._configs import WithModel


class QuestionClass(ConfigPart):
    """A class; its id is the handle of its edges."""

    id: Text = Field("", description="What its edges begin with.", json_schema_extra={"is_hidden": True})
    name: Template = Field(
        "",
        description="What belongs to it, in words for the model.",
        json_schema_extra={"label": "What belongs to it", "is_long": True},
    )
    label: Text = Field("", description="What it is called on the canvas.", json_schema_extra={"is_older": True})


class ClassifierConfig(NodeConfig, WithModel):
    """See `NodeConfig`."""

    query_variable_selector: Selector = Field(
        (), description="The question.", json_schema_extra={"label": "Question", "place": 10, "types": ["string"]}
    )
    classes: Rows[QuestionClass] = Field(
        default_factory=list,
        description="The classes; the first is the fallback.",
        json_schema_extra={"row": "class", "handles": {"id": "id", "label": "name"}},
    )
    instruction: Template = Field(
        "", description="What the model should know besides.", json_schema_extra={"is_long": True}
    )

    @model_validator(mode="before")
    @classmethod
    def _older(cls, data: Any) -> Any:
        """The instruction has two names."""
        if isinstance(data, Mapping) and not data.get("instruction") and data.get("instructions"):
            return {**data, "instruction": data["instructions"]}
        return data
