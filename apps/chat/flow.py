"""One run of a workflow, as an async generator of run events (service API 3.3, 4)."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import aclosing
from typing import Any

from django.conf import settings

from apps.common.errors import AppError, InternalError
from apps.common.ids import new_id
from apps.common.run_events import Envelope, FlowEnd, FlowEvent, RunError, RunEvent
from apps.logs import writer
from apps.logs.flow_records import FlowBeginning
from apps.prompts.inputs import read_inputs
from apps.workflows.adapters import services_of
from apps.workflows.engine.events import FlowFinished, NodeFinished
from apps.workflows.engine.graph import Graph, GraphNode
from apps.workflows.engine.runner import FlowRun
from apps.workflows.engine.validation import STARTS
from apps.workflows.engine.variables import VariablePool
from apps.workflows.opening import environment_of, opened, secrets_of
from apps.workflows.running import outputs_of, templates_of

from .errors import flow_refusal
from .flow_events import Teller, ending_of, finished_data
from .runs import Interrupted, Run, forget_cancellation, launch
from .state import TurnRequest

log = logging.getLogger(__name__)


async def start_flow(request: TurnRequest) -> Run:
    """Checks the request and starts its run; what fails later is told by the run.

    Raises:
        InvalidParam: the workflow was never published, or an input does not fit its form.
        CredentialsUnreadable: it has secrets, and SECRET_KEY has changed.
    """
    app = request.app
    if app.config is None or app.flow is None:
        raise flow_refusal(app)
    inputs = read_inputs(app.config.variables, request.inputs)
    config = await opened(app.flow, app.workspace_id)
    envelope = Envelope(new_id(), new_id(), None, app.mode, int(time.time()))
    return launch(envelope, app.app_id, request.caller, Flow(request, config, envelope, inputs).events)


class Flow:
    """A run while it goes on."""

    def __init__(
        self, request: TurnRequest, config: Mapping[str, Any], envelope: Envelope, inputs: Mapping[str, Any]
    ) -> None:
        self.request, self.envelope, self.inputs = request, envelope, inputs
        self.secrets = secrets_of(config)
        self.graph = Graph.parse(config)
        self.start = next(node for node in self.graph.of_type(*STARTS))
        self.finished: list[NodeFinished] = []
        self.engine = FlowRun(
            self.graph,
            self.start.id,
            VariablePool(self._values(config, self.start)),
            services_of(request.app.workspace_id, user_id=request.caller.session_id or ""),
            templates=templates_of(self.graph),
            outputs=outputs_of,
            new_id=lambda: str(new_id()),
        )
        self.begun: asyncio.Future[None] | None = None

    def _values(self, config: Mapping[str, Any], start: GraphNode) -> dict[str, Mapping[str, Any]]:
        app, caller = self.request.app, self.request.caller
        system = {
            "files": [],
            "user_id": caller.session_id or str(caller.account_id or ""),
            "app_id": str(app.app_id),
            "workflow_id": str(app.version_id),
            "workflow_run_id": str(self.envelope.message_id),
        }
        return {start.id: self.inputs, "sys": system, "env": environment_of(config)}

    async def events(self, run: Run) -> AsyncIterator[RunEvent]:
        """The run: its start, what its nodes do, one terminal event after its commit."""
        teller = Teller(self.envelope, self.request, self.secrets)
        yield FlowEvent("workflow_started", teller.started(self.inputs))
        ended: FlowFinished | None = None
        problem: AppError | None = None
        try:
            await self._begin()
            async with aclosing(self.engine.events()) as events:
                async for event in events:
                    if isinstance(event, FlowFinished):
                        ended = event
                        continue
                    self._note(event)
                    yield teller.tell(event)
        except asyncio.CancelledError:
            forget_cancellation()
            problem = None if run.stopping else Interrupted()
        except AppError as error:
            problem = error
        except Exception:  # noqa: BLE001 - the run's boundary: it is logged, and ends in an event
            log.exception("run %s failed", self.envelope.message_id)
            problem = InternalError()
        run.closing = True
        yield await self._end(ended or self.engine.stopped(), problem)

    def _note(self, event: object) -> None:
        finished = getattr(event, "finished", event)
        if isinstance(finished, NodeFinished):
            self.finished.append(finished)

    async def _begin(self) -> None:
        app, envelope = self.request.app, self.envelope
        beginning = FlowBeginning(
            run_id=envelope.message_id,
            task_id=envelope.task_id,
            workspace_id=app.workspace_id,
            app_id=app.app_id,
            version_id=app.version_id or envelope.message_id,
            caller=self.request.caller,
            inputs=self.inputs,
            lease_s=settings.RUN_LEASE_S,
            created_at=envelope.created_at,
            secrets=self.secrets,
        )
        self.begun = await writer.submit(*beginning.operations())

    async def _end(self, ended: FlowFinished, problem: AppError | None) -> RunEvent:
        """Writes the outcome; the terminal event says what was written."""
        ending = ending_of(self.request.app, self.envelope, ended, problem, self.finished, self.secrets)
        try:
            if self.begun is None:
                await self._begin()
            assert self.begun is not None
            await self.begun
            await writer.write(*ending.operations())
        except Exception as error:  # noqa: BLE001 - what cannot be stored is not told; the trace is logged
            if not isinstance(error, AppError):
                log.exception("run %s could not be stored", self.envelope.message_id)
            problem = error if isinstance(error, AppError) else InternalError()
            return RunError(problem.code, problem.message, problem.http_status)
        return FlowEnd(finished_data(ending, self.envelope, self.request))
