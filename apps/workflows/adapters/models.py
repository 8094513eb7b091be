"""Models of the workspace, for nodes of flows."""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

from apps.billing.attribution import current
from apps.billing.errors import BudgetExceeded
from apps.billing.money import to_usd
from apps.common.errors import AppError
from apps.common.tokens import estimate_tokens
from apps.logs.holding import covered
from apps.models.contracts import ChatMessage, ChatRequest, Finish, Substitute, TextDelta, ToolCallDelta
from apps.models.counting import counter
from apps.models.handles import ModelHandle
from apps.models.reserving import most_usd
from apps.models.services.resolve import resolve_model
from apps.prompts.config import read_stand_ins
from apps.prompts.shapes import as_list, as_map
from apps.prompts.window import tokens_for_answer
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import ModelAnswer, ModelFacts, PromptMessage

from .files import RunFiles

MODEL_ERROR: Final = "ModelInvokeError"
MAX_STOP: Final = 4
# Ten times what the longest answer of a real model comes to: beyond it a model repeats itself for ever.
MAX_ANSWER_CHARACTERS: Final = 4_000_000


async def named_model(workspace_id: UUID, model: Mapping[str, Any]) -> ModelHandle:
    """The model that a file names, the default one where it names none; raises what `resolve_model` raises."""
    return await resolve_model(
        workspace_id=workspace_id,
        model_type="llm",
        provider=str(model.get("provider") or "") or None,
        name=str(model.get("name") or model.get("model") or "") or None,
        stand_ins=read_stand_ins(model),
    )


@dataclass(frozen=True, slots=True)
class WorkspaceModels:
    """See `engine.ports.Models`."""

    workspace_id: UUID
    files: RunFiles

    async def describe(self, model: Mapping[str, Any]) -> ModelFacts:
        """As the catalogue or the workspace has it."""
        spec = (await self.handle(model)).spec
        return ModelFacts(spec.mode, spec.context_tokens, spec.features, partial(counter, spec.name))

    async def handle(self, model: Mapping[str, Any]) -> ModelHandle:
        """A model of the workspace; the default one where the file names none. Raises NodeFailed."""
        try:
            return await named_model(self.workspace_id, model)
        except AppError as error:
            raise NodeFailed(error.message, MODEL_ERROR) from error

    async def ask(
        self,
        model: Mapping[str, Any],
        messages: Sequence[PromptMessage],
        *,
        functions: Sequence[Mapping[str, Any]] = (),
        detail: str = "high",
    ) -> AsyncIterator[str | ModelAnswer]:
        """Streams it; nothing is tried again: what came has been told."""
        began, first, pieces, finish, calls = time.monotonic(), None, list[str](), Finish(""), list[tuple[str, str]]()
        handle = await self.handle(model)
        request = await self._request(model, messages, functions, detail)
        length = 0
        asked = sum(estimate_tokens(one.text) for one in messages)
        answer_tokens = tokens_for_answer(request.parameters, handle.spec.context_tokens)
        hold, answering, has_begun = current().hold, handle.spec, False
        try:
            async with (
                covered(hold, most_usd(handle, prompt_tokens=asked, answer_tokens=answer_tokens)),
                aclosing(handle.stream_chat(request)) as stream,
            ):
                async for piece in stream:
                    has_begun = True
                    if isinstance(piece, TextDelta) and piece.text:
                        first = first or time.monotonic() - began
                        pieces.append(piece.text)
                        length += len(piece.text)
                        if length > MAX_ANSWER_CHARACTERS:
                            raise NodeFailed(f"[{handle.provider}] Error: the answer does not end.", MODEL_ERROR)
                        yield piece.text
                    elif isinstance(piece, ToolCallDelta):
                        calls += [(call.name, call.arguments) for call in piece.calls]
                    elif isinstance(piece, Finish):
                        finish = piece
                    elif isinstance(piece, Substitute):
                        answering = piece.spec
        except AppError as error:
            kind = error.code if isinstance(error, BudgetExceeded) else MODEL_ERROR
            raise NodeFailed(error.message, kind) from error
        finally:  # what came of an answer that broke off is paid for, too
            text = "".join(pieces)
            done = estimate_tokens(text) if finish.completion_tokens is None else finish.completion_tokens
            usage = handle.usage(
                prompt_tokens=asked if finish.prompt_tokens is None else finish.prompt_tokens,
                completion_tokens=done,
                latency_s=time.monotonic() - began,
                time_to_first_token_s=first,
                spec=answering,
            )
            if hold is not None and has_begun:
                hold.spent_usd += to_usd(usage.prompt_price + usage.completion_price, usage.prices.currency)
        yield ModelAnswer(text, usage.as_metadata(), finish.reason, calls)

    async def _request(
        self,
        model: Mapping[str, Any],
        messages: Sequence[PromptMessage],
        functions: Sequence[Mapping[str, Any]],
        detail: str,
    ) -> ChatRequest:
        parameters = dict(as_map(model.get("completion_params")))
        stop = [str(word) for word in as_list(parameters.pop("stop", None))]
        sent = [ChatMessage(one.role, await self._content(one, detail)) for one in messages]
        return ChatRequest(sent, parameters, stop[:MAX_STOP], functions)

    async def _content(self, message: PromptMessage, detail: str) -> str | Sequence[Mapping[str, Any]]:
        if not message.files:
            return message.text
        parts: list[Mapping[str, Any]] = [{"type": "text", "text": message.text}] if message.text else []
        for file in message.files:
            address = {"url": await self.files.address(file), "detail": detail}
            parts.append({"type": "image_url", "image_url": address})
        return parts
