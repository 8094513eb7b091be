"""What a member's earlier runs and edits of a draft give the next run of it: pinned nodes, and where it begins."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from channels.db import database_sync_to_async

from apps.common.errors import InvalidParam, NotFound
from apps.prompts.callers import Access
from apps.prompts.choices import InvokeFrom
from apps.prompts.inputs import unmarked
from apps.workflows.engine.graph import Graph, GraphNode
from apps.workflows.engine.partway import Brought, counted_for, lacks_of
from apps.workflows.engine.validation import START, STARTS, TRIGGERS, name_of
from apps.workflows.pinning import given_by
from apps.workflows.services.values import NO_NODE
from apps.workflows.value_selectors import LastValues, Whose, get_last_values, get_pins

from .errors import UpstreamMissing
from .flow_files import relinked
from .state import Partway, Tried, TurnRequest


async def with_tried(request: TurnRequest) -> TurnRequest:
    """The request with what it is given where a member tries a draft out; everybody else's stays as it is.

    Raises:
        NotFound: the draft has no node to begin with.
        InvalidParam: that node stands inside an iteration or a loop.
        UpstreamMissing: what will run refers to nodes that have brought nothing yet.
    """
    if whose_draft(Access(request.app, request.caller)) is None or request.app.flow is None:
        return request
    return await database_sync_to_async(_with_tried)(request)


def whose_draft(access: Access) -> Whose | None:
    """Whose draft a caller tries out; None where it is no member who does."""
    caller = access.caller
    if caller.invoke_from != InvokeFrom.DEBUGGER or caller.account_id is None:
        return None
    return Whose(access.app.workspace_id, access.app.app_id, caller.account_id)


def last_values(whose: Whose, flow: Mapping[str, Any]) -> LastValues:
    """The last values of a draft, whole, with links that are good."""
    last = get_last_values(whose, flow, whole=True)
    nodes = {
        node_id: replace(value, outputs=relinked(value.outputs, whose.workspace_id))
        for node_id, value in last.nodes.items()
    }
    return replace(last, nodes=nodes, system=relinked(last.system, whose.workspace_id))


def _with_tried(request: TurnRequest) -> TurnRequest:
    whose, flow = whose_draft(Access(request.app, request.caller)), request.app.flow
    assert whose is not None
    assert flow is not None
    graph = Graph.parse(flow)
    given = given_by(get_pins(whose), graph)
    if not request.from_node_id:
        return replace(request, tried=Tried(given))
    node = graph.nodes.get(request.from_node_id)
    if node is None:
        raise NotFound(NO_NODE)
    if node.inside:
        sentence = f"{name_of(node)} stands inside an iteration or a loop: begin with that one, or run the node alone."
        raise InvalidParam(sentence, params="from_node_id")
    last = last_values(whose, flow)
    query = request.query or str(last.system.get("query") or "")
    return replace(request, query=query, tried=Tried(given, _partway(request, graph, node, last)))


def _partway(request: TurnRequest, graph: Graph, node: GraphNode, last: LastValues) -> Partway:
    brought = {id: Brought(value.outputs, value.status == "exception") for id, value in last.nodes.items()}
    form = next((one.id for one in graph.of_type(START)), "")
    if form and (request.inputs or not graph.nodes[form].data.get("variables")):
        brought[form] = Brought(request.inputs)
    counted = counted_for(graph, node.id, brought)
    lack = next(lacks_of(graph, node.id, counted, brought), None)
    if lack is not None:
        raise _missing(lack.node, lack.source)
    values = {id: last.nodes[id].outputs for id in counted if id in last.nodes}
    if node.type in TRIGGERS:
        known = last.nodes[node.id].outputs if node.id in last.nodes else {}
        values[node.id] = {**known, **unmarked(dict(request.inputs))}
    inputs = last.nodes[form].outputs if form in last.nodes else None if node.id == form else {}
    return Partway(node.id, values, inputs, last.system, last.conversation)


def _missing(node: GraphNode, source: GraphNode) -> UpstreamMissing:
    name = name_of(source)
    first = "Run the flow from its beginning once" if source.type in STARTS else f"Run {name} first"
    sentence = f"{name_of(node)} refers to {name}, which has not brought that yet. {first}, or write its values."
    return UpstreamMissing(sentence, params=source.id)
