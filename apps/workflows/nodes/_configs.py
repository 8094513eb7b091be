"""Parts that the settings of several nodes have."""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field, field_validator

from apps.workflows.engine.config import ConfigPart, Map, NamedValue, Rows, Selector, Template, Text

_SINGLE: Final = ("string", "number", "boolean", "object", "file")
# What a variable may be declared as: one value, or a list of such.
VARIABLE_TYPES: Final = (*_SINGLE, *(f"array[{one}]" for one in _SINGLE))


class Condition(ConfigPart):
    """A comparison of a variable."""

    variable_selector: Selector = Field((), description="What is compared.")
    comparison_operator: Text = Field("", description="How.")
    value: Any = Field(None, description="With what: a text, which may hold references, or a list.")
    sub_variable_condition: Any = Field(None, description="Of a list of files: conditions on each of them.")


class WithVariables(ConfigPart):
    """Settings with variables under names of the node's own."""

    variables: Rows[NamedValue] = Field(
        default_factory=list,
        description="The variables it is given, by name.",
        json_schema_extra={"label": "Inputs", "row": "input", "place": 10},
    )


class Window(ConfigPart):
    """How many messages of the conversation a model is shown."""

    enabled: bool = Field(False, description="Off: as many as fit the model's window.")
    size: int = Field(
        50,
        description="The last so many messages.",
        json_schema_extra={"label": "Messages", "minimum": 1, "maximum": 500},
    )

    @field_validator("enabled", "size", mode="before")
    @classmethod
    def _default(cls, value: Any, info: Any) -> Any:
        """Null stands for the default."""
        return cls.model_fields[info.field_name].default if value in (None, "") else value


class RolePrefix(ConfigPart):
    """Who speaks, in the prompts of completion models."""

    user: Text = Field("", description="The user; empty: Human.")
    assistant: Text = Field("", description="The model; empty: Assistant.")


class Memory(ConfigPart):
    """What a model is shown of the conversation; only in chatflows."""

    window: Window = Field(
        Window(), description="How much of it.", json_schema_extra={"label": "Only the last messages"}
    )
    query_prompt_template: Template = Field(
        "", description="The last message; empty: the question.", json_schema_extra={"label": "Last message"}
    )
    role_prefix: RolePrefix = Field(
        RolePrefix(),
        description="Who speaks.",
        json_schema_extra={"is_advanced": True, "label": "Names of the speakers, for completion models"},
    )

    @field_validator("window", "role_prefix", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}


class VisionConfigs(ConfigPart):
    """Which pictures, and how closely."""

    detail: Text = Field(
        "high", description="How closely they are looked at.", json_schema_extra={"options": ["high", "low"]}
    )
    variable_selector: Selector = Field(
        ("sys", "files"),
        description="The files.",
        json_schema_extra={"label": "Pictures", "types": ["file", "array[file"]},
    )


class Vision(ConfigPart):
    """Whether a model is shown pictures."""

    enabled: bool = Field(False, description="Whether it is shown any.")
    configs: VisionConfigs = Field(VisionConfigs(), description="Which, and how closely.")

    @field_validator("configs", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}


class WithModel(ConfigPart):
    """Settings of nodes that ask a model."""

    model: Map = Field(
        default_factory=dict,
        description="`provider`, `name`, `mode` and `completion_params`; empty: the workspace's default model.",
        json_schema_extra={"widget": "model", "place": 0},
    )
    memory: Memory | None = Field(
        None,
        description="What it is shown of the conversation.",
        json_schema_extra={"place": 60, "modes": ["advanced-chat"]},
    )
    vision: Vision = Field(Vision(), description="Pictures it is shown.", json_schema_extra={"place": 70})

    @field_validator("memory", mode="before")
    @classmethod
    def _none(cls, value: Any) -> Any:
        """Files also switch it off by a key of its own."""
        is_on = isinstance(value, Mapping) and value.get("enabled") is not False
        return value if is_on or isinstance(value, Memory) else None

    @field_validator("vision", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        """What is no map is not there."""
        return value if isinstance(value, Mapping | ConfigPart) else {}
