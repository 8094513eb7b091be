"""One run of a workflow, as an async generator of run events (service API 3.3, 4)."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Coroutine, Mapping, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from django.conf import settings

from apps.billing.holds import RunHold
from apps.common.errors import AppError, InternalError
from apps.common.ids import new_id
from apps.common.run_events import Envelope, FlowEnd, FlowEvent, RunError, RunEvent
from apps.logs import writer
from apps.logs.flow_records import FlowBeginning, FlowEnding, FlowPausing, Operations
from apps.logs.holding import begin, begin_again, settling
from apps.logs.kept_values import masked
from apps.prompts.errors import FlowNotPublished
from apps.workflows.adapters import services_of
from apps.workflows.adapters.estimates import most_of
from apps.workflows.engine.events import EngineEvent, FlowFinished, FlowPaused
from apps.workflows.engine.graph import Graph, GraphNode
from apps.workflows.engine.runner import FlowRun, pool_of
from apps.workflows.engine.validation import START
from apps.workflows.engine.variables import VariablePool
from apps.workflows.errors import StartedByTriggers
from apps.workflows.opening import environment_of, opened, secrets_of
from apps.workflows.running import outputs_of, templates_of

from .attributing import attribute_run
from .flow_events import Teller, ending_of, finished_data, record_of
from .flow_files import as_variables, file_object
from .flow_pause import Resumption, forms_of, sealed_state, told_pause
from .intake import Intake, take_in
from .runs import Interrupted, Run, forget_cancellation, launch
from .state import TurnRequest
from .trying import with_tried

log = logging.getLogger(__name__)


async def start_flow(request: TurnRequest) -> Run:
    """Checks the request and starts its run; what fails later is told by the run. Raises as `prepare_flow`."""
    return launch_flow(await prepare_flow(request))


def launch_flow(flow: "Flow") -> Run:
    """Lets a prepared run begin, in this process."""
    return launch(flow.envelope, flow.request.app.app_id, flow.request.caller, flow.events)


async def prepare_flow(request: TurnRequest, run_id: UUID | None = None) -> "Flow":
    """A run that has not begun yet.

    Raises:
        InvalidParam: the workflow was never published, or an input does not fit its form.
        StartedByTriggers: it begins with triggers, and the request is of none of them.
        CredentialsUnreadable: it has secrets, and SECRET_KEY has changed.
        NotFound, UpstreamMissing: it is to begin at a node that is not there, or too early.
    """
    app = request.app
    if app.config is None or app.flow is None:
        raise FlowNotPublished
    request = await with_tried(request)
    taken = await take_in(request, app.config) if request.trigger is None else Intake(request.trigger.values)
    flow = await opened(app.flow, app.workspace_id)
    return Flow(request, flow, Envelope(new_id(), run_id or new_id(), None, app.mode, int(time.time())), taken)


def _start_of(graph: Graph, request: TurnRequest) -> GraphNode:
    if request.tried.partway is not None:
        return graph.nodes[request.tried.partway.start_id]
    trigger = request.trigger
    found = graph.of_type(START) if trigger is None else [node for node in (graph.nodes.get(trigger.node_id),) if node]
    if not found:
        raise StartedByTriggers
    return found[0]


class Flow:
    """A run while it goes on; a chatflow's turn is one too and adds what belongs to its conversation.

    Args:
        flow: the `workflow` map with the texts of its secrets.
        resumption: what it goes on from, where it was paused.
    """

    def __init__(
        self,
        request: TurnRequest,
        flow: Mapping[str, Any],
        envelope: Envelope,
        taken: Intake,
        resumption: Resumption | None = None,
    ) -> None:
        self.request, self.flow, self.envelope, self.taken = request, flow, envelope, taken
        self.resumption = resumption
        self.secrets = secrets_of(flow)
        graph = Graph.parse(flow)
        self.start_id = resumption.kept["start"] if resumption else _start_of(graph, request).id
        self.system = self.system_variables()
        values = {**self._begun_with(graph), "sys": self.system, **self.variables()}
        again = {"env": environment_of(flow)}
        self.pool = pool_of(resumption.engine, again) if resumption else VariablePool(values)
        self.engine = FlowRun(
            graph,
            self.start_id,
            self.pool,
            services_of(request.app.workspace_id, request.caller),
            templates=templates_of(graph),
            outputs=outputs_of,
            new_id=lambda: str(new_id()),
            paused=resumption.engine if resumption else None,
            outcomes=resumption.outcomes if resumption else None,
            given=request.tried.given,
        )
        self.teller = Teller(envelope, request, self.secrets)
        self.begun: asyncio.Future[None] | None = None
        self.hold = RunHold(envelope.message_id)

    def _begun_with(self, graph: Graph) -> dict[str, Mapping[str, Any]]:
        """The form, or what starts the flow in its place; and what was before, where it begins in the middle."""
        form = as_variables(self.taken.inputs)
        partway = self.request.tried.partway
        if partway is None:
            return {self.start_id: form}
        return {**partway.values, **{node.id: form for node in graph.of_type(START)}}

    def system_variables(self) -> dict[str, Any]:
        """The variables of `sys`."""
        app, caller, partway = self.request.app, self.request.caller, self.request.tried.partway
        timestamp = {"timestamp": self.envelope.created_at} if self.request.trigger is not None else {}
        files = [file_object(file, app.workspace_id) for file in self.taken.files]
        before = partway.system if partway is not None else {}
        return {
            **before,
            **timestamp,
            "files": files or before.get("files") or [],
            "user_id": caller.session_id or str(caller.account_id or ""),
            "app_id": str(app.app_id),
            "workflow_id": str(app.version_id),
            "workflow_run_id": str(self.envelope.message_id),
        }

    def variables(self) -> dict[str, Mapping[str, Any]]:
        """The other namespaces."""
        return {"env": environment_of(self.flow)}

    async def events(self, run: Run) -> AsyncIterator[RunEvent]:
        """The run: its start, what its nodes do, one terminal event after its commit."""
        shown = {**self.taken.inputs, **{f"sys.{name}": value for name, value in self.system.items()}}
        yield FlowEvent("workflow_started", self.teller.started(shown, "resumption" if self.resumption else "initial"))
        ended: FlowFinished | FlowPaused | None = None
        problem: AppError | None = None
        attribute_run(self.request, self.hold)
        try:
            await self._begin()
            for told in self.resumption.told if self.resumption else ():
                yield told
            async with aclosing(self.engine.events()) as events:
                async for event in events:
                    if isinstance(event, FlowFinished | FlowPaused):
                        ended = event
                        continue
                    yield await self.tell(event)
        except asyncio.CancelledError:
            forget_cancellation()
            for event in self.engine.untold():
                yield await self.tell(event)
            problem = None if run.stopping else Interrupted()
        except AppError as error:
            problem = error
        except Exception:  # noqa: BLE001 - the run's boundary: it is logged, and ends in an event
            log.exception("run %s failed", self.envelope.message_id)
            problem = InternalError()
        run.closing = True
        if isinstance(ended, FlowPaused) and problem is None:
            for last in await self._written(self._pausing(ended)):
                yield last
            return
        outcome = ended if isinstance(ended, FlowFinished) else self.engine.stopped()
        for last in await self._written(self._ending(outcome, problem)):
            yield last
        await self.afterwards()

    async def tell(self, event: EngineEvent) -> RunEvent:
        """An event of the engine, as it is told."""
        return self.teller.tell(event)

    def first_operations(self) -> Operations:
        """What is written when the run begins."""
        app, envelope = self.request.app, self.envelope
        beginning = FlowBeginning(
            run_id=envelope.message_id,
            task_id=envelope.task_id,
            workspace_id=app.workspace_id,
            app_id=app.app_id,
            version_id=app.version_id or envelope.message_id,
            caller=self.request.caller,
            inputs=self.taken.inputs,
            lease_s=settings.RUN_LEASE_S,
            created_at=envelope.created_at,
            conversation_id=envelope.conversation_id,
            message_id=envelope.message_id if envelope.conversation_id else None,
            secrets=self.secrets,
        )
        return beginning.operations()

    def last_operations(self, ending: FlowEnding) -> Operations:
        """What is written when it has ended."""
        return ending.operations()

    def last_events(self, ending: FlowEnding) -> Sequence[RunEvent]:
        """What is told once that is written; the last one is terminal."""
        return [FlowEnd(finished_data(ending, self.envelope, self.request))]

    async def afterwards(self) -> None:
        """What nobody waits for."""

    def kept(self) -> dict[str, Any]:
        """What it keeps while it waits for people, besides the engine's state."""
        key_id = self.request.caller.api_key_id
        return {"inputs": self.taken.inputs, "start": self.start_id, "api_key": str(key_id) if key_id else None}

    def pause_operations(self, pausing: FlowPausing) -> Operations:
        """What is written when it waits."""
        return pausing.operations()

    async def _begin(self) -> "asyncio.Future[None]":
        workspace_id = self.request.app.workspace_id
        ended = {node.started.node.id for node in self.engine.ended_before}
        most_usd = await most_of(workspace_id, self.engine.graph, ended)
        if self.resumption is not None:  # its rows are there
            self.begun = asyncio.get_running_loop().create_future()
            self.begun.set_result(None)
            await begin_again(self.hold, workspace_id, most_usd)
        else:
            self.begun = await begin(self.hold, workspace_id, self.first_operations(), most_usd)
            if self.hold.may_refuse:
                await asyncio.shield(self.begun)
        return self.begun

    async def _written(self, outcome: Coroutine[Any, Any, tuple[Operations, Sequence[RunEvent]]]) -> Sequence[RunEvent]:
        """Writes the outcome; the events that follow say what was written."""
        try:
            begun = self.begun or await self._begin()
            await begun
            operations, events = await outcome
            await writer.write(*operations)
        except Exception as error:  # noqa: BLE001 - what cannot be stored is not told; the trace is logged
            outcome.close()
            if not isinstance(error, AppError):
                log.exception("run %s could not be stored", self.envelope.message_id)
            failure = error if isinstance(error, AppError) else InternalError()
            return [RunError(failure.code, failure.message, failure.http_status)]
        return events

    async def _ending(self, ended: FlowFinished, problem: AppError | None) -> tuple[Operations, Sequence[RunEvent]]:
        finished, before = self.engine.finished, self.engine.ended_before
        ending = ending_of(self.request.app, self.envelope, ended, problem, finished, before, self.secrets)
        operations = [*self.last_operations(ending), *settling(self.hold, self.hold.spent_usd)]
        return operations, self.last_events(ending)

    async def _pausing(self, paused: FlowPaused) -> tuple[Operations, Sequence[RunEvent]]:
        known = self.resumption.open_forms if self.resumption else frozenset()
        forms, outputs = forms_of(paused, known), outputs_of(self.engine.all_finished())
        pausing = FlowPausing(
            run_id=self.envelope.message_id,
            workspace_id=self.request.app.workspace_id,
            app_id=self.request.app.app_id,
            state=await sealed_state(self.request.app.workspace_id, paused, self.kept()),
            outputs=outputs,
            elapsed_s=paused.elapsed_s,
            total_tokens=paused.total_tokens,
            total_steps=paused.total_steps,
            nodes=[record_of(node) for node in self.engine.finished],
            forms=forms,
            secrets=self.secrets,
        )
        events = told_pause(self.envelope.message_id, paused, forms, masked(outputs, self.secrets))
        return [*self.pause_operations(pausing), *settling(self.hold, self.hold.spent_usd)], events
