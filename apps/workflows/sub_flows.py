"""Workflow apps as tools of other flows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from apps.common.errors import AppError
from apps.common.ids import new_id, parse_uuid
from apps.logs.kept_values import masked
from apps.prompts.choices import AppMode
from apps.prompts.inputs import read_inputs
from apps.prompts.runtime import AppRuntime, app_by_id

from .engine.contracts import NodeFailed
from .engine.events import FlowFinished, NodeFinished
from .engine.graph import Graph
from .engine.ports import Services, ToolAnswer, ToolCall
from .engine.runner import FlowRun
from .engine.validation import START
from .engine.variables import VariablePool, as_text
from .opening import environment_of, opened, secrets_of
from .running import outputs_of

ERROR: Final = "WorkflowToolError"
MAX_DEPTH: Final = 5


@dataclass(frozen=True, slots=True)
class SubFlows:
    """Runs published workflows of the workspace inside a node of another.

    Args:
        services: makes the ports of a run that stands so many levels deep.
        user_id: the caller's own name for the end user.
        depth: how many workflows stand around this one.
    """

    workspace_id: UUID
    services: Callable[[int], Services]
    user_id: str = ""
    depth: int = 0

    async def run(self, call: ToolCall) -> ToolAnswer:
        """The outputs of the workflow that `providers` names by its app's id.

        Raises:
            NodeFailed: there is no such app, it is not published, the inputs do not fit its form, or it failed.
        """
        if self.depth >= MAX_DEPTH:
            raise NodeFailed(f"Workflows may be nested {MAX_DEPTH} levels deep.", ERROR, inputs=call.arguments)
        app = await self._app(call)
        assert app.config is not None
        assert app.flow is not None
        try:
            inputs = read_inputs(app.config.variables, call.arguments)
            flow = await opened(app.flow, self.workspace_id)
        except AppError as error:
            raise NodeFailed(f"{app.name}: {error.message}", ERROR, inputs=call.arguments) from error
        finished, ended = await self._walk(app, flow, inputs)
        told = masked(_told(finished), secrets_of(flow))
        if ended.status == "failed":
            raise NodeFailed(f"{app.name}: {ended.error}", ERROR, inputs=call.arguments, process_data=told)
        return _answer(ended, told, finished)

    async def _app(self, call: ToolCall) -> AppRuntime:
        for provider in call.providers:
            app_id = parse_uuid(provider)
            if app_id is None:
                continue
            try:
                app = await app_by_id(app_id, self.workspace_id)
            except AppError:
                continue
            if app.mode != AppMode.WORKFLOW or app.flow is None or app.config is None:
                raise NodeFailed(f"{app.name} is no published workflow. Publish it first.", ERROR)
            return app
        name = call.name or (call.providers[0] if call.providers else "?")
        raise NodeFailed(
            f"The workflow {name[:80]} does not exist in this workspace. Choose another in the node.", ERROR
        )

    async def _walk(
        self, app: AppRuntime, flow: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> tuple[list[NodeFinished], FlowFinished]:
        graph = Graph.parse(flow)
        start = next((node for node in graph.of_type(START)), None)
        if start is None:
            raise NodeFailed(f"{app.name} has no start node.", ERROR)
        system = {"files": [], "user_id": self.user_id, "app_id": str(app.app_id), "workflow_id": str(app.version_id)}
        pool = VariablePool({start.id: inputs, "sys": system, "env": environment_of(flow)})
        run = FlowRun(
            graph,
            start.id,
            pool,
            self.services(self.depth + 1),
            templates=[],
            outputs=outputs_of,
            new_id=lambda: str(new_id()),
        )
        finished: list[NodeFinished] = []
        async for event in run.events():
            found = getattr(event, "finished", event)
            if isinstance(found, NodeFinished):
                finished.append(found)
            elif isinstance(event, FlowFinished):
                return finished, event
        raise NodeFailed(f"{app.name} ended without a result.", ERROR)


def _answer(ended: FlowFinished, told: Mapping[str, Any], finished: Sequence[NodeFinished]) -> ToolAnswer:
    outputs = dict(ended.outputs)
    only = next(iter(outputs.values())) if len(outputs) == 1 else outputs
    price = sum((Decimal(str((node.metadata or {}).get("total_price") or 0)) for node in finished), Decimal(0))
    cost = {"total_tokens": ended.total_tokens, "total_price": str(price), "currency": "USD"}
    return ToolAnswer(as_text(only), [outputs], (), outputs, told, cost if ended.total_tokens else {})


def _told(finished: Sequence[NodeFinished]) -> dict[str, Any]:
    """The trace of the inner run, as the outer node shows it."""
    return {
        "nodes": [
            {
                "node_id": node.started.node.id,
                "node_type": node.started.node.type,
                "title": node.started.node.title,
                "status": node.status,
                "elapsed_time": node.elapsed_s,
                "error": node.error or None,
            }
            for node in finished
        ]
    }
