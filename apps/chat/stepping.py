"""One node of a draft by itself, with variables its author gives it and those that were there last."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from channels.db import database_sync_to_async

from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import new_id
from apps.prompts.callers import Access
from apps.workflows.adapters import services_of
from apps.workflows.engine.events import NodeFinished, RoundsFinished
from apps.workflows.engine.graph import Graph
from apps.workflows.engine.runner import FlowRun
from apps.workflows.engine.validation import name_of
from apps.workflows.engine.variables import VariablePool
from apps.workflows.opening import environment_of, opened, secrets_of
from apps.workflows.services.values import NO_NODE, keep_step

from .flow_events import told_node
from .trying import last_values, whose_draft

_DETAILS: Final = ("inputs", "process_data", "elapsed_time")


async def run_node(access: Access, node_id: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Runs a node, and what stands inside it, within the limits of a run. What it brings becomes its last value.

    Args:
        values: variables by name, by node (or `sys`, `conversation`); the last values stand in for the others.

    Returns:
        What the service API's `node_finished` has as its data, and `is_kept`: whether it is the node's last value now.

    Raises:
        NotFound: the draft has no such node.
        InvalidParam: the values are no map of maps, or the node asks a person.
    """
    if access.app.flow is None:
        raise NotFound("This app has no nodes.")
    if not all(isinstance(named, Mapping) for named in values.values()):
        raise InvalidParam("values must hold a map of variables for each node.", params="values")
    flow = await opened(access.app.flow, access.app.workspace_id)
    graph = Graph.parse(flow)
    if node_id not in graph.nodes:
        raise NotFound(NO_NODE)
    alone = graph.alone(node_id)
    known = await _known(access, alone)
    run = FlowRun(
        alone,
        node_id,
        VariablePool({**_merged(known, values), "env": environment_of(flow)}),
        services_of(access.app.workspace_id, access.caller),
        templates=[],
        outputs=lambda _: {},
        new_id=lambda: str(new_id()),
    )
    async with aclosing(_finished(run)) as nodes:
        found = [node async for node in nodes if node.started.node.id == node_id]
    if not found:
        raise InvalidParam(f"{name_of(graph.nodes[node_id])} asks a person, which a node alone cannot. Run the flow.")
    told = told_node(found[-1], secrets_of(flow))
    return {**told, "is_kept": await _keep(access, alone, node_id, told)}


async def _known(access: Access, alone: Graph) -> dict[str, Mapping[str, Any]]:
    """The last values of what does not run now."""
    whose = whose_draft(access)
    if whose is None or access.app.flow is None:
        return {}
    last = await database_sync_to_async(last_values)(whose, access.app.flow)
    nodes = {node_id: value.outputs for node_id, value in last.nodes.items() if node_id not in alone.nodes}
    return {**nodes, "sys": last.system, "conversation": last.conversation}


def _merged(known: Mapping[str, Mapping[str, Any]], given: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {**known, **{name: {**known.get(name, {}), **named} for name, named in given.items()}}


async def _keep(access: Access, alone: Graph, node_id: str, told: Mapping[str, Any]) -> bool:
    whose, node = whose_draft(access), alone.nodes[node_id]
    if whose is None or node.inside or told["status"] != "succeeded":
        return False
    details = {**{name: told[name] for name in _DETAILS}, "metadata": told["execution_metadata"]}
    return await database_sync_to_async(keep_step)(
        whose=whose, node_id=node_id, node_type=node.type, outputs=told["outputs"] or {}, details=details
    )


async def _finished(run: FlowRun) -> AsyncGenerator[NodeFinished, None]:
    async with aclosing(run.events()) as events:
        async for event in events:
            if isinstance(event, RoundsFinished):
                yield event.finished
            elif isinstance(event, NodeFinished):
                yield event
