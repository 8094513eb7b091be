"""Parts that the settings of several nodes have."""

from typing import Literal

from pydantic import Field

from apps.workflows.engine.config import ConfigPart, NamedValue, Rows, Selector, Text

Logic = Literal["and", "or"]


class Condition(ConfigPart):
    """A comparison of a variable."""

    variable_selector: Selector = Field((), description="What is compared.")
    comparison_operator: Text = Field("", description="How.")
    value: object = Field(None, description="With what: a text, which may hold references, or a list.")
    sub_variable_condition: object = Field(None, description="Of a list of files: conditions on each of them.")


class WithVariables(ConfigPart):
    """Settings with variables under names of the node's own."""

    variables: Rows[NamedValue] = Field(default_factory=list, description="The variables it is given, by name.")
