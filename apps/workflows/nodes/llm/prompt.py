"""The prompt of a model node (DSL 4.4)."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from apps.workflows.engine.contracts import NodeContext
from apps.workflows.engine.ports import ModelFacts, PromptMessage
from apps.workflows.engine.variables import as_text
from apps.workflows.nodes._inputs import named_inputs
from apps.workflows.nodes._models import has_conversation, history_of, neutral, question, with_pictures
from apps.workflows.nodes.llm.config import LlmConfig, PromptRow

CONTEXT: Final = "{{#context#}}"
HISTORIES: Final = ("{{#histories#}}", "#histories#")
QUERY: Final = ("{{#query#}}", "#query#")
USER, ASSISTANT = "Human", "Assistant"


async def messages_of(
    config: LlmConfig, context: NodeContext, facts: ModelFacts, knowledge: Any
) -> list[PromptMessage]:
    """The messages to send; a completion model gets one."""
    rows = [await _filled(config, row, context, as_context(knowledge)) for row in config.prompt_template]
    rows = [row for row in rows if row.text]
    if facts.mode == "completion":
        return _as_one_text(config, context, facts, rows)
    if config.memory is not None and has_conversation(context.pool):
        asked = PromptMessage("user", question(context, config.memory))
        rows = [*rows, *history_of(context, config.memory, facts, config, [*rows, asked]), asked]
    return with_pictures(context, config, facts, rows)


def as_context(value: Any) -> str:
    """Knowledge as a text: of what a retrieval found its contents."""
    if isinstance(value, list):
        return "\n".join(
            str(item.get("content") or "") if isinstance(item, Mapping) else as_text(item) for item in value
        )
    return as_text(value)


async def _filled(config: LlmConfig, row: PromptRow, context: NodeContext, knowledge: str) -> PromptMessage:
    if row.edition_type == "jinja2":
        values = named_inputs(config.prompt_config.jinja2_variables, context.pool)
        plain = {name: _flat(value) for name, value in values.items()}
        text = await context.services.sandbox.render(row.jinja2_text or row.text, plain)
        return PromptMessage(row.role, text)
    # Markers of this prompt's own are taken care of last: a value must not bring one in.
    text = context.pool.fill(row.text.replace(CONTEXT, "\0context\0"), neutral)
    for name, value in named_inputs(config.variables, context.pool).items():
        text = text.replace(f"{{{{{name}}}}}", neutral(value))
    return PromptMessage(row.role, text.replace("\0context\0", knowledge))


def _flat(value: Any) -> Any:
    """What a knowledge retrieval found is a text to Jinja2."""
    is_found = (
        isinstance(value, list) and value and all(isinstance(one, Mapping) and "metadata" in one for one in value)
    )
    return as_context(value) if is_found else value


def _as_one_text(
    config: LlmConfig, context: NodeContext, facts: ModelFacts, rows: Sequence[PromptMessage]
) -> list[PromptMessage]:
    """History and question stand where the text has places for them, else before it."""
    text = "\n".join(row.text for row in rows)
    if config.memory is None or not has_conversation(context.pool):
        return [PromptMessage("user", text)] if text else []
    asked = question(context, config.memory)
    prefix = config.memory.role_prefix
    names = {"user": prefix.user or USER, "assistant": prefix.assistant or ASSISTANT}
    used = [PromptMessage("user", text), PromptMessage("user", asked)]
    past = history_of(context, config.memory, facts, config, used)
    history = "\n".join(f"{names.get(one.role, one.role)}: {one.text}" for one in past)
    text = _placed(text, HISTORIES, history)
    return [PromptMessage("user", _placed(text, QUERY, asked))]


def _placed(text: str, markers: Sequence[str], value: str) -> str:
    for marker in markers:
        if marker in text:
            return text.replace(marker, value)
    return f"{value}\n{text}" if value else text
