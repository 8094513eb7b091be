"""What a node's settings look like in app files: one schema for form, checklist, documentation and the run itself.

Forms are drawn of the schema, and of what `json_schema_extra` says besides (static/js/canvas/forms):

* `label` instead of the field's name; `place`: a number by which fields are ordered, 50 unless said
* `widget`: what it is written with; `options`, `option_labels`: what may be chosen; `minimum`, `maximum`
* `shown_when`: {path: [values]} of its neighbours, one of which each must be; `*` in a path is any row
* `is_advanced`: folded away; `is_hidden`: not in the form; `is_older`: only where a file has it; `modes` of apps
* `handles`: the rows are ways out; `row`: what one is called; `line`: a row's fields stand in one line;
  `in_head`: beside its name
* `types`: the beginnings of types a variable is to have; `scope`: "inner" of what stands inside, "writable"
* `sets`: {neighbour: what of the chosen variable's type it becomes: type, is_list, list_type, item_type}
* `names_variable`: the name of a variable of the node, which others refer to
* `gives_items`: the list whose items the rounds get; `blocks`: words in {{#…#}} that are no variables; `is_long`
"""

from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from apps.prompts.shapes import as_list, as_map


def _selector(value: object) -> tuple[str, ...]:
    return tuple(str(part) for part in as_list(value))


def _text(value: object) -> object:
    return "" if value is None else str(value) if isinstance(value, int | float) else value


def _maps(value: object) -> list[Mapping[str, Any]]:
    return [row for row in as_list(value) if isinstance(row, Mapping)]


Row = TypeVar("Row")
# Where a variable stands: node (or namespace), name, further keys. Empty: none is chosen.
Selector = Annotated[tuple[str, ...], BeforeValidator(_selector), Field(json_schema_extra={"widget": "variable"})]
# A text with references `{{#node.variable#}}`; null and numbers are read as text.
Template = Annotated[str, BeforeValidator(_text), Field(json_schema_extra={"widget": "template"})]
Text = Annotated[str, BeforeValidator(_text)]
# What is no map is not there.
Map = Annotated[Mapping[str, Any], BeforeValidator(as_map)]
Rows = Annotated[list[Row], BeforeValidator(_maps)]


class ConfigPart(BaseModel):
    """A map within a node's settings. Keys that nobody knows are kept."""

    model_config = ConfigDict(extra="allow", frozen=True, coerce_numbers_to_str=True)


class NodeConfig(ConfigPart):
    """The settings every node has. What a field is for stands in its `description`: forms and pages are made of it."""

    title: Text = Field("", description="What the node is called on the canvas and in traces.")
    desc: Text = Field("", description="What it is for, in the words of who made it.")


class NamedValue(ConfigPart):
    """A variable under a name of the node's own."""

    model_config = ConfigDict(json_schema_extra={"line": True})

    variable: Text = Field("", description="The name.", json_schema_extra={"label": "Name"})
    value_selector: Selector = Field(
        (),
        description="The variable it stands for.",
        json_schema_extra={"label": "Variable", "sets": {"value_type": "type"}},
    )
