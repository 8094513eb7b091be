"""N-to-1 retrieval: a model reads names and descriptions of the bases and chooses the one to be searched."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apps.common.errors import AppError
from apps.knowledge.configs import BaseConfig, get_config
from apps.models.contracts import ChatMessage, ChatRequest
from apps.models.handles import ModelHandle

from .searches import QUERY_CHARACTERS
from .short_answers import ShortAnswer

log = logging.getLogger(__name__)
# Providers take no more functions in one request.
MAX_BASES: Final = 128
_MAX_ANSWER: Final = 200  # characters; a model that says more explains itself instead of choosing
_NAME: Final = "search_knowledge_{}"
_CALLED: Final = re.compile(r"search_knowledge_(\d{1,3})")
_NUMBER: Final = re.compile(r"\W*(\d{1,3})\W*")

INSTRUCTIONS: Final = (
    "Choose the one knowledge base in which the answer to the user's message is most likely to be found. Call its "
    "function. If you cannot call functions, answer with its number and nothing else.\n\n"
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The bases to be searched, and the tokens it took to choose them."""

    dataset_ids: Sequence[UUID]
    prompt_tokens: int = 0
    completion_tokens: int = 0


async def choose_base(*, workspace_id: UUID, handle: ModelHandle, dataset_ids: Sequence[UUID], query: str) -> Choice:
    """The base that a model calls, or names by its number.

    Where there is but one, no model is asked. Where the model chooses none or fails, all are searched: what it did
    not decide must not be lost.
    """
    found = [await get_config(workspace_id=workspace_id, dataset_id=id) for id in dict.fromkeys(dataset_ids)]
    bases = [base for base in found if base is not None]
    everything = [base.scope.dataset_id for base in bases]
    if len(bases) < 2:
        return Choice(everything)
    request = _request(handle, bases[:MAX_BASES], query)
    answer = ShortAnswer(_MAX_ANSWER)
    try:
        await answer.read(handle, request)
    except AppError as error:
        log.info("no base was chosen: %s", error.code)
    number = _number(answer)
    chosen = [everything[number - 1]] if number is not None and 1 <= number <= len(everything) else everything
    return Choice(chosen, answer.prompt_tokens(request), answer.completion_tokens())


def _request(handle: ModelHandle, bases: Sequence[BaseConfig], query: str) -> ChatRequest:
    """Functions for models that know them; the list of bases for all."""
    lines = [f"{number}. {_described(base)}" for number, base in enumerate(bases, 1)]
    calls = handle.spec.mode == "chat" and "tool-call" in handle.spec.features
    return ChatRequest(
        messages=[
            ChatMessage("system", INSTRUCTIONS + "\n".join(lines)),
            ChatMessage("user", query.strip()[:QUERY_CHARACTERS]),
        ],
        parameters={"temperature": 0, "max_tokens": 512},
        tools=[_function(number, base) for number, base in enumerate(bases, 1)] if calls else (),
    )


def _described(base: BaseConfig) -> str:
    return f"{base.scope.dataset_name}: {base.description}" if base.description else base.scope.dataset_name


def _function(number: int, base: BaseConfig) -> dict[str, Any]:
    return {
        "type": "function",
        "function": {
            "name": _NAME.format(number),
            "description": f"Searches the knowledge base {_described(base)}",
            "parameters": {"type": "object", "properties": {}},
        },
    }


def _number(answer: ShortAnswer) -> int | None:
    """The base's number: of the first function called, else of an answer that is but a number or a name."""
    named = answer.calls[0].name if answer.calls else answer.text
    match = _CALLED.search(named) or _NUMBER.fullmatch(named)
    return int(match[1]) if match else None
