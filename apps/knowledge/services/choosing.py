"""N-to-1 retrieval: a model reads names and descriptions of the bases and chooses the one to be searched."""

import logging
import re
from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apps.common.errors import AppError
from apps.common.tokens import estimate_tokens
from apps.knowledge.configs import BaseConfig, get_config
from apps.models.contracts import ChatMessage, ChatRequest, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.handles import ModelHandle

from .searches import QUERY_CHARACTERS

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
    answer = _Answer()
    try:
        await answer.read(handle, request)
    except AppError as error:
        log.info("no base was chosen: %s", error.code)
    number = answer.number
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


class _Answer:
    """What the model answers, as far as it is worth reading."""

    def __init__(self) -> None:
        self.text = ""
        self.calls: Sequence[ToolCall] = ()
        self.finish: Finish | None = None

    async def read(self, handle: ModelHandle, request: ChatRequest) -> None:
        async with aclosing(handle.stream_chat(request)) as stream:
            async for piece in stream:
                if isinstance(piece, TextDelta):
                    self.text += piece.text
                elif isinstance(piece, ToolCallDelta):
                    self.calls = [*self.calls, *piece.calls]
                else:
                    self.finish = piece
                if len(self.text) > _MAX_ANSWER:
                    break

    @property
    def number(self) -> int | None:
        """The base's number: of the first function called, else of an answer that is but a number or a name."""
        named = self.calls[0].name if self.calls else self.text
        match = _CALLED.search(named) or _NUMBER.fullmatch(named)
        return int(match[1]) if match else None

    def prompt_tokens(self, request: ChatRequest) -> int:
        """As the provider counted; estimated where it did not say."""
        if self.finish is not None and self.finish.prompt_tokens is not None:
            return self.finish.prompt_tokens
        texts = [str(message.content) for message in request.messages]
        texts += [str(tool) for tool in request.tools]
        return sum(map(estimate_tokens, texts)) if self.text or self.calls else 0

    def completion_tokens(self) -> int:
        """As the provider counted; estimated where it did not say."""
        if self.finish is not None and self.finish.completion_tokens is not None:
            return self.finish.completion_tokens
        return estimate_tokens(self.text) + sum(estimate_tokens(call.name + call.arguments) for call in self.calls)
