"""Asks a person: the run pauses until a form is filled in (DSL 4.20)."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Final

from apps.workflows.engine.contracts import Family, Form, Node, NodeContext, NodeFailed, NodeResult, NodeWaits, nodes
from apps.workflows.engine.variables import as_markdown, as_text
from apps.workflows.nodes.human_input.config import Action, HumanConfig, HumanField

TIMEOUT: Final = "__timeout__"
FIELD: Final = re.compile(r"\{\{#\$output\.([a-zA-Z_][a-zA-Z0-9_]{0,29})#\}\}")
DONE: Final = Action(id="done", title="Done", button_style="primary")


@nodes.register
class HumanInput(Node[HumanConfig]):
    """The button that is pressed is the way that is taken; without an answer in time it is `__timeout__`."""

    key: ClassVar[str] = "human-input"
    label: ClassVar[str] = "Human input"
    family: ClassVar[Family] = "logic"
    icon: ClassVar[str] = "user-round"
    fresh: ClassVar[Mapping[str, Any]] = {
        "form_content": "",
        "inputs": [],
        "user_actions": [{"id": "yes", "title": "Yes", "button_style": "primary"}],
        "timeout": 36,
    }
    Config = HumanConfig
    branches: ClassVar[bool] = True
    way_output: ClassVar[str] = "__action_id"

    async def run(self, config: HumanConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        names = [field.output_variable_name for field in config.inputs]
        if len(set(names)) != len(names) or not all(names):
            raise NodeFailed("Each field of the form needs a name of its own.", "HumanInputError")
        actions = config.user_actions or [DONE]
        raise NodeWaits(
            Form(
                content=context.pool.fill(config.form_content, as_markdown),
                inputs=[_told(field, context) for field in config.inputs],
                actions=[{"id": one.id, "title": one.title, "button_style": one.button_style} for one in actions],
                defaults={field.output_variable_name: _default(field, context) for field in config.inputs},
                timeout_s=config.timeout_s,
            )
        )

    @classmethod
    def variables(cls, config: HumanConfig) -> Mapping[str, str]:
        """See the base class."""
        kinds = {"file": "file", "file-list": "array[file]"}
        own = {"__action_id": "string", "__action_value": "string", "__rendered_content": "string"}
        return {**{one.output_variable_name: kinds.get(one.type, "string") for one in config.inputs}, **own}

    @classmethod
    def missing(cls, config: HumanConfig) -> Iterator[str]:
        """See the base class."""
        if not config.form_content.strip() and not config.inputs:
            yield "the form is empty."
        if not config.user_actions:
            yield "it has no button: one to be done is added."


def outcome_of(form: Mapping[str, Any], action_id: str, values: Mapping[str, Any]) -> NodeResult:
    """What a form that was filled in brings.

    Args:
        form: its content and actions.
        action_id: the button; `__timeout__` where nobody answered in time.
        values: of the fields, by name.
    """
    titles = {str(one["id"]): str(one.get("title") or one["id"]) for one in form["actions"]}
    rendered = FIELD.sub(lambda match: as_text(values.get(match[1])), str(form["content"]))
    outputs = {
        **values,
        "__action_id": action_id,
        "__action_value": titles.get(action_id, ""),
        "__rendered_content": rendered,
    }
    return NodeResult(outputs, dict(values), handle=action_id)


def _told(field: HumanField, context: NodeContext) -> dict[str, Any]:
    told: dict[str, Any] = {"type": field.type, "output_variable_name": field.output_variable_name}
    if field.type == "select":
        told["options"] = _options(field.option_source, context)
    return told


def _options(source: Any, context: NodeContext) -> list[str]:
    """What may be chosen: a list, or where it comes from."""
    if isinstance(source, Mapping):
        is_variable = source.get("type") == "variable"
        source = context.pool.value(source.get("selector") or ()) if is_variable else source.get("value")
    return [as_text(one) for one in source] if isinstance(source, list) else []


def _default(field: HumanField, context: NodeContext) -> Any:
    if field.default is None:
        return None
    return context.pool.value(field.default.selector) if field.default.type == "variable" else field.default.value
