"""Asks a model for a text, piece by piece."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from apps.workflows.engine.config import NodeConfig
from apps.workflows.engine.contracts import Node, NodeContext, NodeFailed, NodeResult, nodes
from apps.workflows.engine.ports import ModelAnswer, PromptMessage
from apps.workflows.engine.variables import as_text
from apps.workflows.nodes._models import metadata_of, process_data_of

CONTEXT: Final = "{{#context#}}"
PAST: Final = 50  # messages of the conversation, where the window says no number


@nodes.register
class Llm(Node[NodeConfig]):
    """The prompt's messages in their order; with memory, the conversation and the question follow."""

    key: ClassVar[str] = "llm"
    label: ClassVar[str] = "LLM"
    streams: ClassVar[bool] = True

    async def run(self, config: NodeConfig, context: NodeContext) -> NodeResult:
        """See the base class."""
        data, pool = context.data, context.pool
        knowledge = pool.value((data.get("context") or {}).get("variable_selector") or ())
        inputs = {"#context#": _as_context(knowledge)} if knowledge else {}
        messages = [
            *[await _message(context, row, inputs.get("#context#", "")) for row in _rows(data)],
            *_memory(context),
        ]
        messages = [message for message in messages if message.text]
        if not messages:
            raise NodeFailed("The prompt is empty: write a message.", "LLMNodeError", inputs=inputs)
        model = data.get("model") or {}
        answer = None
        async for piece in context.services.models.ask(model, messages):
            if isinstance(piece, ModelAnswer):
                answer = piece
            else:
                context.emit(piece)
        if answer is None:
            raise NodeFailed("The model gave no answer.", "LLMNodeError", inputs=inputs)
        outputs = {"text": answer.text, "usage": answer.usage, "finish_reason": answer.finish_reason}
        return NodeResult(
            outputs,
            inputs,
            process_data_of(model, messages, answer),
            metadata=metadata_of(answer),
            citations=_passages(knowledge),
        )


def _rows(data: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The messages; a completion model's prompt is one text."""
    template = data.get("prompt_template")
    return [{"role": "user", **template}] if isinstance(template, Mapping) else template or ()


async def _message(context: NodeContext, row: Mapping[str, Any], knowledge: str) -> PromptMessage:
    role = str(row.get("role") or "user")
    if row.get("edition_type") == "jinja2":
        text = str(row.get("jinja2_text") or row.get("text") or "")
        config = context.data.get("prompt_config") or {}
        rows = {
            str(one.get("variable")): one.get("value_selector") or () for one in config.get("jinja2_variables") or ()
        }
        values = {name: context.pool.value(selector) for name, selector in rows.items()}
        return PromptMessage(role, await context.services.sandbox.render(text, values))
    text = str(row.get("text") or "").replace(CONTEXT, knowledge)
    for name, value in _named(context).items():
        text = text.replace(f"{{{{{name}}}}}", as_text(value))
    return PromptMessage(role, context.pool.fill(text))


def _memory(context: NodeContext) -> Iterator[PromptMessage]:
    """What was said before, and the question; only in chatflows."""
    memory = context.data.get("memory")
    if not isinstance(memory, Mapping) or "query" not in context.pool.all_of("sys"):
        return
    past = list(context.pool.all_of("past").get("messages") or ())
    window = memory.get("window") or {}
    size = int(window.get("size") or PAST) if window.get("enabled") else len(past)
    yield from (PromptMessage(role, text) for role, text in past[len(past) - min(size, len(past)) :])
    template = str(memory.get("query_prompt_template") or "{{#sys.query#}}")
    yield PromptMessage("user", context.pool.fill(template))


def _named(context: NodeContext) -> dict[str, Any]:
    rows = [row for row in context.data.get("variables") or () if isinstance(row, Mapping)]
    return {str(row.get("variable")): context.pool.value(row.get("value_selector") or ()) for row in rows}


def _passages(knowledge: Any) -> list[Mapping[str, Any]]:
    """What of a context came from knowledge bases."""
    rows = [row for row in knowledge if isinstance(row, Mapping)] if isinstance(knowledge, list) else []
    return [row for row in rows if isinstance(row.get("metadata"), Mapping)]


def _as_context(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(
            str(item.get("content") or "") if isinstance(item, Mapping) else as_text(item) for item in value
        )
    return as_text(value)
