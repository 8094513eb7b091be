"""Builds the messages sent to the model, and trims them to its window."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.common.tokens import estimate_tokens
from apps.models.contracts import ChatMessage
from apps.models.errors import PromptTooLong

from .config import BasicConfig

# A name as the app file format allows it: letters, digits, underscore, CJK, emoji; no spaces, no braces, no #.
_PLACEHOLDER = re.compile(r"\{\{([^\s{}#]{1,100})\}\}")
_MESSAGE_OVERHEAD_TOKENS = 4  # role and separators, as OpenAI's counting guide has it
_DEFAULT_ANSWER_TOKENS = 1024

CONTEXT_RULES = (
    "Use the passages between the context tags to answer. Where they do not hold the answer, say that you do not "
    "know it. Speak neither of the passages nor of the tags, and answer in the language of the question."
)


@dataclass(frozen=True, slots=True)
class PastTurn:
    """An earlier question and its answer."""

    query: str
    answer: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages to send, and how many of the passages offered are among them."""

    messages: Sequence[ChatMessage]
    passages_used: int
    tokens: int


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Replaces each `{{name}}` whose name has a value; others stay as they are."""

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        return _as_text(values[name]) if name in values else match[0]

    return _PLACEHOLDER.sub(replace, template)


def assemble(
    config: BasicConfig,
    *,
    inputs: Mapping[str, Any],
    query: str,
    history: Sequence[PastTurn],
    passages: Sequence[str],
    context_tokens: int,
    as_chat: bool,
) -> Prompt:
    """The prompt of one turn in basic mode.

    First passages are left out from the least relevant, then turns from the oldest, until prompt and answer fit
    the window.

    Args:
        history: oldest first.
        passages: retrieved texts, most relevant first.
        context_tokens: the model's window, prompt and answer together.
        as_chat: a chat app (instructions, history, question) or a text generator (one message).

    Raises:
        PromptTooLong: instructions and question alone do not fit.
    """
    instructions = fill(config.pre_prompt, inputs)
    room = context_tokens - answer_tokens(config, context_tokens)
    room -= _cost(instructions) + _cost(query)
    if room < 0:
        raise PromptTooLong
    kept_passages, room = _fitting(passages, room - estimate_tokens(CONTEXT_RULES) if passages else room)
    kept_turns, room = _fitting_turns(history if as_chat else (), room)
    system = _with_context(instructions, kept_passages)
    messages = _chat(system, kept_turns, query) if as_chat else _single(system, query)
    used = sum(_cost(message.content) for message in messages if isinstance(message.content, str))
    return Prompt(messages, len(kept_passages), used)


def answer_tokens(config: BasicConfig, context_tokens: int) -> int:
    """Tokens kept free for the answer: `max_tokens`, else a quarter of a small window."""
    asked = config.parameters.get("max_tokens")
    if isinstance(asked, int) and not isinstance(asked, bool) and asked > 0:
        return asked
    return min(_DEFAULT_ANSWER_TOKENS, context_tokens // 4)


def _chat(system: str, history: Sequence[PastTurn], query: str) -> list[ChatMessage]:
    messages = [ChatMessage("system", system)] if system else []
    for turn in history:
        messages += [ChatMessage("user", turn.query), ChatMessage("assistant", turn.answer)]
    return [*messages, ChatMessage("user", query)]


def _single(text: str, query: str) -> list[ChatMessage]:
    return [ChatMessage("user", "\n\n".join(part for part in (text, query) if part))]


def _with_context(instructions: str, passages: Sequence[str]) -> str:
    if not passages:
        return instructions
    context = "\n\n".join(passages)
    block = f"{CONTEXT_RULES}\n\n<context>\n{context}\n</context>"
    return f"{block}\n\n{instructions}" if instructions else block


def _fitting(passages: Sequence[str], room: int) -> tuple[list[str], int]:
    kept: list[str] = []
    for passage in passages:
        cost = estimate_tokens(passage) + 1
        if cost > room:
            break
        kept.append(passage)
        room -= cost
    return kept, room


def _fitting_turns(history: Sequence[PastTurn], room: int) -> tuple[list[PastTurn], int]:
    kept: list[PastTurn] = []
    for turn in reversed(history):
        cost = _cost(turn.query) + _cost(turn.answer)
        if cost > room:
            break
        kept.append(turn)
        room -= cost
    return kept[::-1], room


def _cost(text: str) -> int:
    return estimate_tokens(text) + _MESSAGE_OVERHEAD_TOKENS if text else 0


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
