"""One turn of a chat or text-generation app, as an async generator of run events."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import aclosing

from django.conf import settings

from apps.billing.holds import RunHold
from apps.billing.money import to_usd
from apps.common.errors import AppError, InternalError
from apps.common.ids import new_id
from apps.common.run_events import Envelope, Message, MessageEnd, RunError, RunEvent
from apps.knowledge.services.retrieve import count_hits
from apps.logs import writer
from apps.logs.choices import MessageStatus
from apps.logs.holding import begin, covered, settling
from apps.logs.statements import Beginning
from apps.models.contracts import ChatRequest, Finish, Substitute, TextDelta
from apps.models.errors import ProviderBadAnswer
from apps.models.services.resolve import resolve_model
from apps.prompts.blocks import fill
from apps.prompts.choices import AppMode

from .attributing import attribute_run
from .intake import require_question, take_in
from .naming import initial_name, name_conversation
from .outcome import Answer, outcome, reservation
from .pictures import with_pictures
from .preparing import BEFORE_MODEL
from .runs import Interrupted, Run, forget_cancellation, launch
from .state import TurnRequest, TurnState
from .stopping import cut_at

log = logging.getLogger(__name__)
# Ten times what the longest answer of a real model comes to: beyond it a model repeats itself for ever.
MAX_ANSWER_CHARACTERS = 4_000_000


async def start_turn(request: TurnRequest) -> Run:
    """Checks the request and starts its run; what fails later is an event of the run.

    Raises:
        AppError: unpublished app, bad inputs or files, unknown or ended conversation.
    """
    config = request.app.require_config()
    as_chat = request.app.mode == AppMode.CHAT
    if as_chat:
        require_question(request)
    taken = await take_in(request, config)
    conversation_id = (request.conversation_id or new_id()) if as_chat else None
    envelope = Envelope(new_id(), new_id(), conversation_id, request.app.mode, int(time.time()))
    about = (taken.inputs, taken.files, taken.input_files, taken.history, taken.parent_id)
    state = TurnState(request, config, envelope, *about)
    return launch(envelope, request.app.app_id, request.caller, Turn(state).events)


class Turn:
    """A turn while it runs: its state, and the answer as it comes."""

    def __init__(self, state: TurnState) -> None:
        self.state = state
        self.answer = Answer()
        self.begun: asyncio.Future[None] | None = None
        self.hold = RunHold(state.envelope.message_id)

    async def events(self, run: Run) -> AsyncIterator[RunEvent]:
        """The run: deltas, then one terminal event after its commit."""
        problem: AppError | None = None
        status = MessageStatus.NORMAL
        attribute_run(self.state.request, self.hold)
        try:
            async for text in self._answer():
                yield Message(text)
        except asyncio.CancelledError:
            forget_cancellation()
            status = MessageStatus.STOPPED if run.stopping else MessageStatus.ERROR
            problem = None if run.stopping else Interrupted()
        except AppError as error:
            status, problem = MessageStatus.ERROR, error
        except Exception:  # noqa: BLE001 - the run's boundary: it is logged, and ends in an error event
            log.exception("run %s failed", self.state.envelope.message_id)
            status, problem = MessageStatus.ERROR, InternalError()
        run.closing = True
        yield await self._end(status, problem)
        await self._afterwards(status)

    async def _answer(self) -> AsyncIterator[str]:
        state, answer = self.state, self.answer
        handle = state.handle = await resolve_model(
            workspace_id=state.request.app.workspace_id,
            model_type="llm",
            provider=state.config.provider or None,
            name=state.config.model or None,
            stand_ins=state.config.stand_ins,
        )
        begun = await self._begin()
        if self.hold.may_refuse:
            await asyncio.shield(begun)
        for step in BEFORE_MODEL:
            await step(state)
        assert state.prompt is not None
        messages = state.prompt.messages
        if state.prompt.pictures:
            messages = await with_pictures(state.prompt, state.config.files.detail)
        stop = state.config.stop
        pieces = handle.stream_chat(ChatRequest(messages, state.config.parameters, stop))
        async with (
            covered(self.hold, reservation(state)),
            aclosing(cut_at(pieces, stop) if stop else pieces) as stream,
        ):
            async for piece in stream:
                if type(piece) is TextDelta:
                    if answer.first_at is None:
                        answer.first_at = time.perf_counter()
                        await asyncio.shield(begun)  # what a caller hears of is stored; a stop must not undo that
                    answer.length += len(piece.text)
                    if answer.length > MAX_ANSWER_CHARACTERS:
                        raise ProviderBadAnswer(f"[{handle.provider}] Error: the answer does not end.")
                    answer.pieces.append(piece.text)
                    yield piece.text
                elif isinstance(piece, Finish):
                    answer.finish = piece
                elif isinstance(piece, Substitute):
                    answer.substitute = piece

    async def _begin(self) -> "asyncio.Future[None]":
        """Hands over the first write; it commits while the model's connection opens."""
        state, request = self.state, self.state.request
        app, envelope, most_usd = request.app, state.envelope, reservation(state)
        beginning = Beginning(
            message_id=envelope.message_id,
            task_id=envelope.task_id,
            workspace_id=app.workspace_id,
            app_id=app.app_id,
            version_id=app.version_id or envelope.message_id,
            conversation_id=envelope.conversation_id,
            is_new_conversation=state.is_new_conversation,
            parent_message_id=state.parent_message_id,
            conversation_name=initial_name(request.query, wanted=request.auto_generate_name),
            introduction=fill(state.config.opening_statement, state.inputs),
            caller=request.caller,
            inputs=state.inputs,
            query=request.query,
            reserved_price=most_usd,
            lease_s=settings.RUN_LEASE_S,
            created_at=envelope.created_at,
            files=state.files,
        )
        if most_usd:
            self.begun = await begin(self.hold, app.workspace_id, beginning.operations(), most_usd)
        else:  # what costs nothing passes every budget
            self.begun = await writer.submit(*beginning.operations())
        return self.begun

    async def _end(self, status: MessageStatus, problem: AppError | None) -> RunEvent:
        """Writes the outcome; the terminal event says what was written."""
        ending = outcome(self.state, self.answer, status, problem)
        try:
            begun = self.begun or await self._begin()
            await begun
            spent_usd = to_usd(ending.total_price, ending.currency)
            await writer.write(*ending.operations(), *settling(self.hold, spent_usd))
        except AppError as error:
            problem = problem or error
        except Exception:  # noqa: BLE001 - what cannot be stored is not told; the trace is logged
            log.exception("run %s could not be stored", self.state.envelope.message_id)
            problem = problem or InternalError()
        if problem is not None:
            return RunError(problem.code, problem.message, problem.http_status)
        return MessageEnd(ending.metadata, ending.answer, status)

    async def _afterwards(self, status: MessageStatus) -> None:
        """What nobody waits for: hit counts, the conversation's name."""
        state = self.state
        if state.hits and state.prompt is not None:
            await count_hits([hit.segment_id for hit in state.hits[: state.prompt.passages_used]])
        if state.is_new_conversation and state.request.auto_generate_name and status == MessageStatus.NORMAL:
            await name_conversation(
                workspace_id=state.request.app.workspace_id,
                conversation_id=state.envelope.conversation_id,
                query=state.request.query,
            )


__all__ = ["Turn", "TurnRequest", "start_turn"]
