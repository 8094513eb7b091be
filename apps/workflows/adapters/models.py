"""Models of the workspace, for nodes of flows."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apps.common.errors import AppError
from apps.common.tokens import estimate_tokens
from apps.models.contracts import ChatMessage, ChatRequest, Finish, TextDelta
from apps.models.services.resolve import resolve_model
from apps.prompts.shapes import as_list, as_map
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import ModelAnswer, PromptMessage

MODEL_ERROR: Final = "ModelInvokeError"


@dataclass(frozen=True, slots=True)
class WorkspaceModels:
    """See `engine.ports.Models`."""

    workspace_id: UUID

    async def ask(
        self, model: Mapping[str, Any], messages: Sequence[PromptMessage]
    ) -> AsyncIterator[str | ModelAnswer]:
        """Streams a model of the workspace; the default one where the node names none."""
        began, first, pieces, finish = time.monotonic(), None, [], Finish("")
        parameters = dict(as_map(model.get("completion_params")))
        stop = [str(word) for word in as_list(parameters.pop("stop", None))]
        request = ChatRequest([ChatMessage(one.role, one.text) for one in messages], parameters, stop[:4])
        try:
            handle = await resolve_model(
                workspace_id=self.workspace_id,
                model_type="llm",
                provider=str(model.get("provider") or "") or None,
                name=str(model.get("name") or "") or None,
            )
            async with aclosing(handle.stream_chat(request)) as stream:
                async for piece in stream:
                    if isinstance(piece, TextDelta) and piece.text:
                        first = first or time.monotonic() - began
                        pieces.append(piece.text)
                        yield piece.text
                    elif isinstance(piece, Finish):
                        finish = piece
        except AppError as error:
            raise NodeFailed(error.message, MODEL_ERROR) from error
        text = "".join(pieces)
        asked = sum(estimate_tokens(one.text) for one in messages)
        usage = handle.usage(
            prompt_tokens=asked if finish.prompt_tokens is None else finish.prompt_tokens,
            completion_tokens=estimate_tokens(text) if finish.completion_tokens is None else finish.completion_tokens,
            latency_s=time.monotonic() - began,
            time_to_first_token_s=first,
        )
        yield ModelAnswer(text, usage.as_metadata(), finish.reason)
