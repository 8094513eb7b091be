"""One call of a model from the page of its provider, to see that it works and what it costs."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from apps.common import perloop
from apps.common.errors import InvalidParam
from apps.common.tokens import estimate_tokens
from apps.models.attempts import ONCE
from apps.models.contracts import ChatMessage, ChatRequest, Finish, ModelType, TextDelta, Usage
from apps.models.handles import ModelHandle
from apps.workspaces.models import Workspace

from .resolve import resolve_model

TRIED_TYPES: Final[tuple[ModelType, ...]] = ("llm", "text-embedding", "rerank")
_LONGEST_ANSWER_TOKENS: Final = 512


@dataclass(frozen=True, slots=True)
class Trial:
    """What came back.

    Args:
        text: of a model that writes.
        numbers: the vector of an embedding model.
        ranked: passages and their scores, best first, of a rerank model.
    """

    usage: Usage
    text: str = ""
    numbers: Sequence[float] = ()
    ranked: Sequence[tuple[str, float]] = ()


def try_model(*, workspace: Workspace, model_type: ModelType, provider: str, name: str, text: str) -> Trial:
    """Calls a model once.

    Args:
        text: the prompt, or the text to embed; for a rerank model the question and, below it, one passage a line.

    Raises:
        InvalidParam: models of this type cannot be tried here, or there is no passage to rank.
        ProviderNotInitialized, ModelNotFound: the workspace cannot use this model.
        ProviderError: the call failed; the provider's own words.
    """
    if model_type not in TRIED_TYPES:
        raise InvalidParam("Try this model in an app: it takes or gives sound.", params="model")

    async def call() -> Trial:
        handle = await resolve_model(
            workspace_id=workspace.pk, model_type=model_type, provider=provider, name=name, stand_ins=()
        )
        if model_type == "llm":
            return await _write(handle, text)
        return await (_embed(handle, text) if model_type == "text-embedding" else _rank(handle, text))

    return perloop.call(call())


async def _write(handle: ModelHandle, text: str) -> Trial:
    longest = min(_LONGEST_ANSWER_TOKENS, handle.spec.max_output_tokens or _LONGEST_ANSWER_TOKENS)
    request = ChatRequest([ChatMessage("user", text)], {"max_tokens": longest})
    start, first, pieces, finish = time.monotonic(), None, [], Finish("")
    async for piece in handle.stream_chat(request):
        if isinstance(piece, TextDelta):
            first = first or time.monotonic() - start
            pieces.append(piece.text)
        elif isinstance(piece, Finish):
            finish = piece
    answer = "".join(pieces)
    usage = handle.usage(
        prompt_tokens=handle.count_tokens(text) if finish.prompt_tokens is None else finish.prompt_tokens,
        completion_tokens=handle.count_tokens(answer) if finish.completion_tokens is None else finish.completion_tokens,
        latency_s=time.monotonic() - start,
        time_to_first_token_s=first,
    )
    return Trial(usage, text=answer)


async def _embed(handle: ModelHandle, text: str) -> Trial:
    start = time.monotonic()
    answer = await handle.embed([text])
    usage = handle.usage(prompt_tokens=answer.tokens, completion_tokens=0, latency_s=time.monotonic() - start)
    return Trial(usage, numbers=answer.vectors[0])


async def _rank(handle: ModelHandle, text: str) -> Trial:
    question, *passages = [line.strip() for line in text.splitlines() if line.strip()]
    if not passages:
        raise InvalidParam("Write the question on the first line and at least one passage below it.", params="text")
    start = time.monotonic()
    ranked = await handle.rerank(question, passages, len(passages), ONCE)
    usage = handle.usage(prompt_tokens=estimate_tokens(text), completion_tokens=0, latency_s=time.monotonic() - start)
    return Trial(usage, ranked=[(passages[item.index], item.score) for item in ranked])
