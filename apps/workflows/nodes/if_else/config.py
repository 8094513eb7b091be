"""The settings of a branch (DSL 4.7)."""

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from apps.workflows.engine.config import ConfigPart, NodeConfig, Rows, Text
from apps.workflows.nodes._configs import Condition


class Case(ConfigPart):
    """A way and when it is taken; its id is the handle of its edges."""

    case_id: Text = Field("true", description="What its edges begin with.")
    logical_operator: Text = Field(
        "and", description="Whether all conditions or one of them.", json_schema_extra={"options": ["and", "or"]}
    )
    conditions: Rows[Condition] = Field(default_factory=list, description="The conditions.")


class BranchConfig(NodeConfig):
    """See `NodeConfig`."""

    cases: Rows[Case] = Field(
        default_factory=list,
        description="The ways, looked at in order; else it is `false`.",
        json_schema_extra={
            "widget": "cases",
            "handles": {"id": "case_id", "else": "false", "older": {"conditions": "true"}},
        },
    )

    @model_validator(mode="before")
    @classmethod
    def _one_case(cls, data: Any) -> Any:
        """Older files have one case, at the node itself."""
        if not isinstance(data, Mapping) or data.get("cases") or "conditions" not in data:
            return data
        case = {key: data[key] for key in ("logical_operator", "conditions") if data.get(key) is not None}
        return {**data, "cases": [{"case_id": "true", **case}]}
