"""One turn of a chat or text-generation app, as an async generator of run events."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.common.errors import AppError, InternalError, InvalidParam
from apps.common.ids import new_id
from apps.common.run_events import Envelope, Message, MessageEnd, RunError, RunEvent
from apps.common.text import storable
from apps.common.tokens import estimate_tokens
from apps.knowledge.contracts import Hit
from apps.knowledge.services.retrieve import count_hits, retrieve
from apps.logs import writer
from apps.logs.choices import MessageStatus
from apps.logs.history import open_conversation
from apps.logs.statements import Beginning, Ending
from apps.models.contracts import ChatRequest, Finish, TextDelta
from apps.models.errors import ProviderBadAnswer
from apps.models.handles import ModelHandle
from apps.models.services.resolve import resolve_model
from apps.prompts.assembly import PastTurn, Prompt, answer_tokens, assemble, fill
from apps.prompts.callers import Caller
from apps.prompts.choices import AppMode
from apps.prompts.config import BasicConfig
from apps.prompts.inputs import read_inputs
from apps.prompts.runtime import AppRuntime

from .citations import as_resources
from .naming import initial_name, name_conversation
from .runs import Interrupted, Run, launch

log = logging.getLogger(__name__)
# Ten times what the longest answer of a real model comes to: beyond it a model repeats itself for ever.
MAX_ANSWER_CHARACTERS = 4_000_000


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a caller asks of an app; checked against the app's form by `start_turn`.

    Args:
        history: what was said before, where the caller keeps it; a stored conversation takes its place.
        parent_message_id: the message this one is a variant of.
    """

    app: AppRuntime
    caller: Caller
    inputs: Mapping[str, Any]
    query: str = ""
    conversation_id: UUID | None = None
    auto_generate_name: bool = True
    history: tuple[PastTurn, ...] = ()
    parent_message_id: UUID | None = None


async def start_turn(request: TurnRequest) -> Run:
    """Checks the request and starts its run; what fails later is an event of the run.

    Raises:
        AppError: unpublished app, bad inputs, unknown or ended conversation.
    """
    config = request.app.require_config()
    as_chat = request.app.mode == AppMode.CHAT
    if as_chat and not request.query.strip():
        raise InvalidParam("query is required")
    history = request.history
    given, parent_id = request.inputs, request.parent_message_id
    if request.conversation_id is not None:
        caller = request.caller
        conversation = await open_conversation(
            conversation_id=request.conversation_id,
            app_id=request.app.app_id,
            invoke_from=caller.invoke_from,
            end_user_id=caller.end_user_id,
            account_id=caller.account_id,
        )
        # A running conversation keeps its form; what the caller sends anew replaces it field by field.
        given = {**conversation.inputs, **{key: value for key, value in given.items() if value not in (None, "")}}
        history = tuple(PastTurn(turn.query, turn.answer) for turn in conversation.turns)
        parent_id = conversation.turns[-1].message_id if conversation.turns else None
    inputs = read_inputs(config.variables, given)
    conversation_id = (request.conversation_id or new_id()) if as_chat else None
    envelope = Envelope(new_id(), new_id(), conversation_id, request.app.mode, int(time.time()))
    turn = Turn(request, config, envelope, inputs, history, parent_id)
    return launch(envelope, request.app.app_id, request.caller, turn.events)


class Turn:
    """The state of one turn while it runs."""

    def __init__(
        self,
        request: TurnRequest,
        config: BasicConfig,
        envelope: Envelope,
        inputs: Mapping[str, Any],
        history: Sequence[PastTurn],
        parent_message_id: UUID | None,
    ) -> None:
        self.request, self.config, self.envelope = request, config, envelope
        self.inputs, self.history, self.parent_message_id = inputs, history, parent_message_id
        self.as_chat = envelope.conversation_id is not None
        self.is_new_conversation = self.as_chat and request.conversation_id is None
        self.handle: ModelHandle | None = None
        self.prompt: Prompt | None = None
        self.hits: Sequence[Hit] = ()
        self.pieces: list[str] = []
        self.length = 0
        self.finish: Finish | None = None
        self.began_at = time.perf_counter()
        self.first_at: float | None = None
        self.begun: asyncio.Future[None] | None = None

    async def events(self, run: Run) -> AsyncIterator[RunEvent]:
        """The run: deltas, then one terminal event after its commit."""
        problem: AppError | None = None
        status = MessageStatus.NORMAL
        try:
            async for text in self._answer():
                yield Message(text)
        except asyncio.CancelledError:
            _forget_cancellation()
            status = MessageStatus.STOPPED if run.stopping else MessageStatus.ERROR
            problem = None if run.stopping else Interrupted()
        except AppError as error:
            status, problem = MessageStatus.ERROR, error
        except Exception:  # noqa: BLE001 - the run's boundary: it is logged, and ends in an error event
            log.exception("run %s failed", self.envelope.message_id)
            status, problem = MessageStatus.ERROR, InternalError()
        run.closing = True
        yield await self._end(status, problem)
        await self._afterwards(status)

    async def _answer(self) -> AsyncIterator[str]:
        handle = self.handle = await resolve_model(
            workspace_id=self.request.app.workspace_id,
            model_type="llm",
            provider=self.config.provider or None,
            name=self.config.model or None,
        )
        begun = await self._begin()
        self.hits = await self._retrieve()
        self.prompt = self._assemble(handle)
        chat = ChatRequest(self.prompt.messages, self.config.parameters, self.config.stop)
        async with aclosing(handle.stream_chat(chat)) as stream:
            async for piece in stream:
                if type(piece) is TextDelta:
                    if self.first_at is None:
                        self.first_at = time.perf_counter()
                        await asyncio.shield(begun)  # what a caller hears of is stored; a stop must not undo that
                    self.length += len(piece.text)
                    if self.length > MAX_ANSWER_CHARACTERS:
                        raise ProviderBadAnswer(f"[{handle.provider}] Error: the answer does not end.")
                    self.pieces.append(piece.text)
                    yield piece.text
                elif isinstance(piece, Finish):
                    self.finish = piece

    async def _begin(self) -> "asyncio.Future[None]":
        """Hands over the first write; it commits while the model's connection opens."""
        request, app = self.request, self.request.app
        beginning = Beginning(
            message_id=self.envelope.message_id,
            task_id=self.envelope.task_id,
            workspace_id=app.workspace_id,
            app_id=app.app_id,
            version_id=app.version_id or self.envelope.message_id,
            conversation_id=self.envelope.conversation_id,
            is_new_conversation=self.is_new_conversation,
            parent_message_id=self.parent_message_id,
            conversation_name=initial_name(request.query, wanted=request.auto_generate_name),
            introduction=fill(self.config.opening_statement, self.inputs),
            caller=request.caller,
            inputs=self.inputs,
            query=request.query,
            reserved_price=self._reservation(),
            lease_s=settings.RUN_LEASE_S,
            created_at=self.envelope.created_at,
        )
        self.begun = await writer.submit(*beginning.operations())
        return self.begun

    def _reservation(self) -> Decimal:
        """About the most this turn may cost, held against the workspace's budget until its end is written."""
        if self.handle is None:
            return Decimal(0)
        prices = self.handle.spec.prices
        asked = estimate_tokens(self.config.pre_prompt) + estimate_tokens(self.request.query)
        answer = answer_tokens(self.config, self.handle.spec.context_tokens)
        return (asked * prices.prompt + answer * prices.completion) * prices.unit

    async def _retrieve(self) -> Sequence[Hit]:
        context = self.config.context
        query = self.request.query
        if context.query_variable:
            query = str(self.inputs.get(context.query_variable) or query)
        if not context.dataset_ids or not query.strip():
            return ()
        return await retrieve(
            workspace_id=self.request.app.workspace_id,
            dataset_ids=context.dataset_ids,
            query=query,
            top_k=context.top_k,
            score_threshold=context.score_threshold,
        )

    def _assemble(self, handle: ModelHandle) -> Prompt:
        return assemble(
            self.config,
            inputs=self.inputs,
            query=self.request.query,
            history=self.history,
            passages=[hit.content for hit in self.hits],
            context_tokens=handle.spec.context_tokens,
            as_chat=self.as_chat,
        )

    async def _end(self, status: MessageStatus, problem: AppError | None) -> RunEvent:
        """Writes the outcome; the terminal event says what was written."""
        answer = storable("".join(self.pieces))
        metadata, ending = self._outcome(status, problem, answer)
        try:
            begun = self.begun or await self._begin()
            await begun
            await writer.write(*ending.operations())
        except AppError as error:
            problem = problem or error
        except Exception:  # noqa: BLE001 - what cannot be stored is not told; the trace is logged
            log.exception("run %s could not be stored", self.envelope.message_id)
            problem = problem or InternalError()
        if problem is not None:
            return RunError(problem.code, problem.message, problem.http_status)
        return MessageEnd(metadata, answer, status)

    def _outcome(
        self, status: MessageStatus, problem: AppError | None, answer: str
    ) -> tuple[Mapping[str, Any], Ending]:
        now = time.perf_counter()
        latency_s = now - self.began_at
        to_first_s = self.first_at - self.began_at if self.first_at is not None else None
        prompt_tokens, completion_tokens = self._tokens(answer)
        metadata: dict[str, Any] = {}
        total_price, currency = Decimal(0), "USD"
        if self.handle is not None:
            usage = self.handle.usage(
                prompt_tokens=prompt_tokens,
                completion_tokens=completion_tokens,
                latency_s=latency_s,
                time_to_first_token_s=to_first_s,
            )
            metadata["usage"] = usage.as_metadata()
            total_price, currency = usage.prompt_price + usage.completion_price, usage.prices.currency
        if self.config.cite_sources and self.prompt is not None and self.prompt.passages_used:
            metadata["retriever_resources"] = as_resources(self.hits[: self.prompt.passages_used])
        ending = Ending(
            message_id=self.envelope.message_id,
            conversation_id=self.envelope.conversation_id,
            status=status,
            answer=answer,
            error_code=problem.code if problem else "",
            error=storable(problem.message) if problem else "",
            prompt=[{"role": item.role, "text": item.content} for item in self.prompt.messages] if self.prompt else [],
            provider=self.handle.provider if self.handle else self.config.provider[:64],
            model=self.handle.spec.name if self.handle else self.config.model[:255],
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            total_price=total_price,
            currency=currency,
            latency_s=latency_s,
            time_to_first_token_s=to_first_s,
            metadata=metadata,
        )
        return metadata, ending

    def _tokens(self, answer: str) -> tuple[int, int]:
        """As the provider counted; estimated where it did not say or the stream broke off."""
        finish = self.finish
        prompt = finish.prompt_tokens if finish and finish.prompt_tokens is not None else None
        completion = finish.completion_tokens if finish and finish.completion_tokens is not None else None
        if prompt is None:
            prompt = self.prompt.tokens if self.prompt else 0
        return prompt, estimate_tokens(answer) if completion is None else completion

    async def _afterwards(self, status: MessageStatus) -> None:
        """What nobody waits for: hit counts, the conversation's name."""
        if self.hits and self.prompt is not None:
            await count_hits([hit.segment_id for hit in self.hits[: self.prompt.passages_used]])
        if self.is_new_conversation and self.request.auto_generate_name and status == MessageStatus.NORMAL:
            await name_conversation(
                workspace_id=self.request.app.workspace_id,
                conversation_id=self.envelope.conversation_id,
                query=self.request.query,
            )


def _forget_cancellation() -> None:
    """The stop has been heard; what follows in this task must not be cancelled by it again."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()
