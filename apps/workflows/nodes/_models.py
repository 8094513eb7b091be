"""What nodes that ask a model have in common (DSL 4.4, 6)."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import json_repair

from apps.workflows.engine.contracts import NodeContext, NodeFailed
from apps.workflows.engine.ports import ModelAnswer, ModelFacts, PromptMessage
from apps.workflows.engine.variables import VariablePool, as_text, is_file
from apps.workflows.nodes._configs import Memory, WithModel

EMPTY: Final = "The model gave no answer."
ERROR: Final = "ModelInvokeError"
ANSWER_TOKENS: Final = 1024  # kept free where the node says no `max_tokens`
MESSAGE_TOKENS: Final = 4  # role and separators
_MARKER: Final = re.compile(r"\{\{(#?[^{}]+?#?)\}\}")


async def ask(context: NodeContext, config: WithModel, messages: Sequence[PromptMessage], **more: Any) -> ModelAnswer:
    """The whole answer of the node's model, told to nobody on the way. Raises NodeFailed."""
    async for piece in asking(context, config, messages, **more):
        if isinstance(piece, ModelAnswer):
            return piece
    raise NodeFailed(EMPTY, ERROR)


def asking(
    context: NodeContext, config: WithModel, messages: Sequence[PromptMessage], **more: Any
) -> AsyncIterator[str | ModelAnswer]:
    """The answer piece by piece. Raises NodeFailed."""
    return context.services.models.ask(
        model_of(config, context.pool), messages, detail=config.vision.configs.detail, **more
    )


def model_of(config: WithModel, pool: VariablePool) -> Mapping[str, Any]:
    """The model with its parameters; those that are texts may hold references."""
    parameters = config.model.get("completion_params")
    if not isinstance(parameters, Mapping):
        return config.model
    filled = {name: pool.fill(value) if isinstance(value, str) else value for name, value in parameters.items()}
    return {**config.model, "completion_params": filled}


def neutral(value: Any) -> str:
    """A value within a prompt: what looks like a marker in it is none."""
    return _MARKER.sub(r"{\1}", as_text(value))


def history_of(
    context: NodeContext, memory: Memory | None, facts: ModelFacts, config: WithModel, used: Sequence[PromptMessage]
) -> list[PromptMessage]:
    """What was said before, oldest first: as many messages as the window has, and as fit the model's.

    Args:
        used: what the prompt holds besides.
    """
    if memory is None or not has_conversation(context.pool):
        return []
    past = [PromptMessage(str(role), str(text)) for role, text in context.pool.all_of("past").get("messages") or ()]
    if memory.window.enabled:
        past = past[max(len(past) - max(memory.window.size, 0), 0) :]
    room = facts.context_tokens - _answer_tokens(config, facts)
    count = facts.counter([message.text for message in (*used, *past)], room)
    room -= sum(count(message.text) + MESSAGE_TOKENS for message in used)
    kept: list[PromptMessage] = []
    for message in reversed(past):
        room -= count(message.text) + MESSAGE_TOKENS
        if room < 0:
            break
        kept.append(message)
    return kept[::-1]


def has_conversation(pool: VariablePool) -> bool:
    """Whether the flow is a chatflow's."""
    return "query" in pool.all_of("sys")


def question(context: NodeContext, memory: Memory) -> str:
    """The last message of a prompt with memory."""
    return context.pool.fill(memory.query_prompt_template or "{{#sys.query#}}", neutral)


def with_pictures(
    context: NodeContext, config: WithModel, facts: ModelFacts, messages: Sequence[PromptMessage]
) -> list[PromptMessage]:
    """The messages with the pictures that the model is to see at the last one of the user."""
    found = context.pool.value(config.vision.configs.variable_selector) if config.vision.enabled else None
    given = found if isinstance(found, list) else [found]
    pictures = [file for file in given if isinstance(file, Mapping) and is_file(file) and file.get("type") == "image"]
    if not pictures or "vision" not in facts.features:
        return list(messages)
    place = next((place for place in reversed(range(len(messages))) if messages[place].role == "user"), None)
    if place is None:
        return [*messages, PromptMessage("user", "", pictures)]
    changed = PromptMessage("user", messages[place].text, pictures)
    return [*messages[:place], changed, *messages[place + 1 :]]


def json_in(text: str) -> Any:
    """The JSON object that stands in a model's answer, perhaps among words or slightly broken; None: there is none."""
    if "{" not in text:
        return None
    found = json_repair.loads(text[text.index("{") :])
    return found if isinstance(found, dict) and found else None


def metadata_of(*answers: ModelAnswer) -> dict[str, Any]:
    """Tokens and price, as the run adds them up."""
    usage = usage_of(*answers)
    return {
        "total_tokens": usage.get("total_tokens", 0),
        "total_price": str(usage.get("total_price", "0")),
        "currency": usage.get("currency", "USD"),
    }


def usage_of(*answers: ModelAnswer) -> Mapping[str, Any]:
    """The usage of several calls as one."""
    first, *others = answers
    usage = dict(first.usage)
    for other in others:
        for name, value in other.usage.items():
            if name.endswith("_tokens") or name == "latency":
                usage[name] = usage.get(name, 0) + value
            elif name in ("prompt_price", "completion_price", "total_price"):
                usage[name] = _added(usage.get(name, "0"), value)
    return usage


def process_data_of(
    model: Mapping[str, Any], messages: Sequence[PromptMessage], facts: ModelFacts, *answers: ModelAnswer
) -> dict[str, Any]:
    """The prompt as it was sent, and what it cost."""
    return {
        "model_mode": facts.mode,
        "prompts": [{"role": one.role, "text": one.text, "files": list(one.files)} for one in messages],
        "usage": usage_of(*answers),
        "finish_reason": answers[-1].finish_reason,
        "model_provider": model.get("provider"),
        "model_name": model.get("name"),
    }


def _answer_tokens(config: WithModel, facts: ModelFacts) -> int:
    parameters = config.model.get("completion_params")
    asked = parameters.get("max_tokens") if isinstance(parameters, Mapping) else None
    return asked if isinstance(asked, int) and asked > 0 else min(ANSWER_TOKENS, facts.context_tokens // 4)


def _added(one: Any, other: Any) -> str:
    return str(Decimal(str(one)) + Decimal(str(other)))
