"""One turn of a chatflow: a run of its flow, and a message of a conversation (service API 3.1, 4.4)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.conf import settings
from psycopg.types.json import Jsonb

from apps.common.ids import new_id
from apps.common.run_events import Envelope, FlowEvent, Message, MessageEnd, RunError, RunEvent
from apps.common.text import storable, storable_json
from apps.logs.choices import FlowStatus, MessageStatus
from apps.logs.flow_records import FlowEnding, FlowPausing, Operations
from apps.logs.kept_values import masked
from apps.logs.statements import Beginning, Ending, Statement
from apps.prompts.blocks import fill
from apps.prompts.config import BasicConfig
from apps.prompts.errors import FlowNotPublished
from apps.prompts.flows import CONVERSATION, variables_of
from apps.workflows.engine.events import EngineEvent, Text
from apps.workflows.opening import opened

from .flow import Flow, launch_flow
from .flow_events import finished_data
from .flow_pause import Resumption
from .flow_usage import asked_model, resources_of, usage_of
from .intake import Intake, require_question, take_in
from .naming import initial_name, name_conversation
from .runs import Run
from .state import TurnRequest
from .trying import with_tried

_STATUSES = {FlowStatus.FAILED: MessageStatus.ERROR, FlowStatus.STOPPED: MessageStatus.STOPPED}


async def start_chatflow(request: TurnRequest) -> Run:
    """Checks the request and starts its turn; what fails later is told by the run.

    Raises:
        InvalidParam: the chatflow was never published, nothing was asked, or an input does not fit its form.
        NotFound: the conversation is not this caller's.
        CredentialsUnreadable: it has secrets, and SECRET_KEY has changed.
        UpstreamMissing: it is to begin at a node, too early.
    """
    app = request.app
    if app.config is None or app.flow is None:
        raise FlowNotPublished
    request = await with_tried(request)
    require_question(request)
    taken = await take_in(request, app.config)
    flow = await opened(app.flow, app.workspace_id)
    envelope = Envelope(new_id(), new_id(), request.conversation_id or new_id(), app.mode, int(time.time()))
    return launch_flow(Chatflow(request, flow, envelope, taken, app.config))


class Chatflow(Flow):
    """A turn while it goes on; run and message have one id."""

    def __init__(
        self,
        request: TurnRequest,
        flow: Mapping[str, Any],
        envelope: Envelope,
        taken: Intake,
        config: BasicConfig,
        resumption: Resumption | None = None,
    ) -> None:
        self.config = config
        self.began_at = time.perf_counter()
        self.first_at: float | None = None
        self.pieces: list[str] = [resumption.kept["answer"]] if resumption else []
        self.status = MessageStatus.NORMAL
        defaults = {str(row["name"]): row.get("value") for row in variables_of(flow, CONVERSATION)}
        # What the flow no longer declares is not read any more.
        changed = {name: value for name, value in (taken.variables or {}).items() if name in defaults}
        self.stored: Mapping[str, Any] = resumption.kept["conversation"] if resumption else {**defaults, **changed}
        super().__init__(request, flow, envelope, taken, resumption)

    def system_variables(self) -> dict[str, Any]:
        """The question and its conversation too."""
        before = super().system_variables()
        return {
            "query": self.request.query,
            **{name: value for name, value in before.items() if name != "query"},
            "conversation_id": str(self.envelope.conversation_id),
            "dialogue_count": self.taken.message_count or before.get("dialogue_count", 0),
        }

    def variables(self) -> dict[str, Mapping[str, Any]]:
        """Conversation variables, and what was said before."""
        past = [part for turn in self.taken.history for part in (("user", turn.query), ("assistant", turn.answer))]
        partway = self.request.tried.partway
        is_new = self.request.conversation_id is None
        conversation = partway.conversation if partway is not None and is_new else self.stored
        return {**super().variables(), "conversation": conversation, "past": {"messages": past}}

    async def tell(self, event: EngineEvent) -> RunEvent:
        """Pieces of the answer are messages."""
        if not isinstance(event, Text):
            return await super().tell(event)
        if self.first_at is None:
            self.first_at = time.perf_counter()
            assert self.begun is not None
            await asyncio.shield(self.begun)  # what a caller hears of is stored; a stop must not undo that
        self.pieces.append(event.text)
        return Message(event.text, event.selector or None)

    def first_operations(self) -> Operations:
        """The message beside the run."""
        app, envelope, request = self.request.app, self.envelope, self.request
        beginning = Beginning(
            message_id=envelope.message_id,
            task_id=envelope.task_id,
            workspace_id=app.workspace_id,
            app_id=app.app_id,
            version_id=app.version_id or envelope.message_id,
            conversation_id=envelope.conversation_id,
            is_new_conversation=request.conversation_id is None,
            parent_message_id=self.taken.parent_id,
            conversation_name=initial_name(request.query, wanted=request.auto_generate_name),
            introduction=fill(self.config.opening_statement, self.taken.inputs),
            caller=request.caller,
            inputs=self.taken.inputs,
            query=request.query,
            reserved_price=Decimal(0),
            lease_s=settings.RUN_LEASE_S,
            created_at=envelope.created_at,
            files=self.taken.files,
        )
        return [*beginning.operations(), *super().first_operations()]

    def last_operations(self, ending: FlowEnding) -> Operations:
        """The message's outcome and the conversation variables that were changed, beside the run's."""
        self.status = _STATUSES.get(FlowStatus(ending.status), MessageStatus.NORMAL)
        operations = [*self._outcome(ending).operations(), *super().last_operations(ending)]
        now = self.pool.all_of("conversation")
        changed = {name: value for name, value in now.items() if value != self.stored.get(name)}
        if changed:
            operations.append((Statement.VARIABLES, (Jsonb(storable_json(changed)), self.envelope.conversation_id)))
        return operations

    def kept(self) -> dict[str, Any]:
        """The question, the answer so far, the conversation's variables as they were."""
        about = {"query": self.request.query, "is_new": self.request.conversation_id is None}
        return {**super().kept(), **about, "answer": "".join(self.pieces), "conversation": self.stored}

    def pause_operations(self, pausing: FlowPausing) -> Operations:
        """The answer so far, too."""
        answer = storable("".join(self.pieces))
        return [*super().pause_operations(pausing), (Statement.PAUSE, (answer, self.envelope.message_id))]

    def last_events(self, ending: FlowEnding) -> Sequence[RunEvent]:
        """The run's end, then the message's."""
        finished = FlowEvent("workflow_finished", finished_data(ending, self.envelope, self.request))
        if self.status == MessageStatus.ERROR:
            return [finished, RunError(*self._failure(ending))]
        outcome = self._outcome(ending)
        return [finished, MessageEnd(outcome.metadata, "".join(self.pieces), self.status, files=[])]

    async def afterwards(self) -> None:
        """The conversation's name."""
        request = self.request
        if request.conversation_id is None and request.auto_generate_name and self.status == MessageStatus.NORMAL:
            await name_conversation(
                workspace_id=request.app.workspace_id,
                conversation_id=self.envelope.conversation_id,
                query=request.query,
            )

    def _outcome(self, ending: FlowEnding) -> Ending:
        latency_s = time.perf_counter() - self.began_at
        to_first_s = self.first_at - self.began_at if self.first_at is not None else None
        nodes = self.engine.all_finished()
        usage = usage_of(nodes, latency_s=latency_s, time_to_first_token_s=to_first_s)
        provider, model = asked_model(nodes)
        metadata: dict[str, Any] = {"usage": usage}
        if self.config.cite_sources and (resources := resources_of(nodes)):
            metadata["retriever_resources"] = resources
        code, message, _ = self._failure(ending)
        return Ending(
            message_id=self.envelope.message_id,
            conversation_id=self.envelope.conversation_id,
            status=self.status,
            answer=storable("".join(self.pieces)),
            error_code=code,
            error=message,
            prompt=[],
            provider=provider,
            model=model,
            prompt_tokens=usage["prompt_tokens"],
            completion_tokens=usage["completion_tokens"],
            total_price=Decimal(usage["total_price"]),
            currency=usage["currency"],
            latency_s=latency_s,
            time_to_first_token_s=to_first_s,
            metadata=metadata,
        )

    def _failure(self, ending: FlowEnding) -> tuple[str, str, int]:
        """Code, sentence and HTTP status; empty where the turn went well."""
        if self.status != MessageStatus.ERROR:
            return "", "", 0
        if ending.error_code:
            return ending.error_code, ending.error, 500 if ending.error_code == "internal_server_error" else 503
        return "invalid_param", str(masked(f"Run failed: {ending.error}", self.secrets)), 400
