"""One node of a draft by itself, with the variables its author gives it."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any

from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import new_id
from apps.prompts.callers import Access
from apps.workflows.adapters import services_of
from apps.workflows.engine.events import NodeFinished, RoundsFinished
from apps.workflows.engine.graph import Graph
from apps.workflows.engine.runner import FlowRun
from apps.workflows.engine.variables import VariablePool
from apps.workflows.opening import environment_of, opened, secrets_of

from .flow_events import told_node


async def run_node(access: Access, node_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Runs a node, and what stands inside it; nothing of it is stored.

    Args:
        values: variables by name, by node (or `sys`, `conversation`).

    Returns:
        What the service API's `node_finished` has as its data.

    Raises:
        NotFound: the draft has no such node.
        InvalidParam: the values are no map of maps.
    """
    if access.app.flow is None:
        raise NotFound("This app has no nodes.")
    if not all(isinstance(named, Mapping) for named in values.values()):
        raise InvalidParam("values must hold a map of variables for each node.", params="values")
    flow = await opened(access.app.flow, access.app.workspace_id)
    graph = Graph.parse(flow)
    if node_id not in graph.nodes:
        raise NotFound("The draft has no such node. Save it and try again.")
    run = FlowRun(
        graph.alone(node_id),
        node_id,
        VariablePool({**values, "env": environment_of(flow)}),
        services_of(access.app.workspace_id, access.caller),
        templates=[],
        outputs=lambda _: {},
        new_id=lambda: str(new_id()),
    )
    async with aclosing(_finished(run)) as nodes:
        found = [node async for node in nodes]
    return told_node(next(node for node in reversed(found) if node.started.node.id == node_id), secrets_of(flow))


async def _finished(run: FlowRun) -> AsyncGenerator[NodeFinished, None]:
    async with aclosing(run.events()) as events:
        async for event in events:
            if isinstance(event, RoundsFinished):
                yield event.finished
            elif isinstance(event, NodeFinished):
                yield event
