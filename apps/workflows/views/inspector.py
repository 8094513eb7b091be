"""The last values of a member's draft, as JSON for its canvas: shown, edited, pinned, reset."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.api import json_body
from apps.common.errors import InvalidParam
from apps.logs.kept_values import masked
from apps.prompts.models import App
from apps.prompts.secret_values import open_secrets
from apps.prompts.selectors import get_app
from apps.workflows.choices import ValueSource
from apps.workflows.engine.graph import Graph, GraphNode
from apps.workflows.opening import secrets_of
from apps.workflows.services.values import edit_outputs, edit_value, flow_of, pin_node, reset_node, reset_values
from apps.workflows.value_selectors import LastValue, Whose, get_last_values
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_http_methods(["GET", "HEAD", "DELETE"])
@requires(*BUILDERS)
def values(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """All of them; DELETE forgets them, and the runs that were before."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if request.method == "DELETE":
        reset_values(app=app, user=request.user)
    return JsonResponse(_told(request, app))


@require_http_methods(["POST", "DELETE"])
@requires(*BUILDERS)
def node_values(request: ConsoleRequest, app_id: UUID, node_id: str) -> HttpResponse:
    """{name, value} edits a variable, {outputs} all of them; DELETE forgets what was edited, pinned and kept."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if request.method == "DELETE":
        reset_node(app=app, user=request.user, node_id=node_id)
        return _node(request, app, node_id)
    body = json_body(request)
    if "outputs" in body:
        edit_outputs(app=app, user=request.user, node_id=node_id, outputs=body["outputs"])
    elif "value" in body:
        edit_value(app=app, user=request.user, node_id=node_id, name=body.get("name"), value=body["value"])
    else:
        raise InvalidParam("Send a name and its value, or outputs.", params="value")
    return _node(request, app, node_id)


@require_POST
@requires(*BUILDERS)
def pin(request: ConsoleRequest, app_id: UUID, node_id: str) -> HttpResponse:
    """{is_pinned}: a pinned node does not run, it brings what it brought last."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    pin_node(app=app, user=request.user, node_id=node_id, is_pinned=json_body(request).get("is_pinned"))
    return _node(request, app, node_id)


def _node(request: ConsoleRequest, app: App, node_id: str) -> HttpResponse:
    """The node as it stands now, null where it has brought nothing."""
    found = [node for node in _told(request, app)["nodes"] if node["node_id"] == node_id]
    return JsonResponse({"node": found[0] if found else None})


def _told(request: ConsoleRequest, app: App) -> dict[str, Any]:
    draft = flow_of(app)
    secrets = secrets_of(open_secrets(app.workspace, draft))
    last = get_last_values(Whose(app.workspace_id, app.pk, request.user.pk), draft)
    nodes = [node for node in Graph.parse(draft).nodes.values() if not node.inside and node.id in last.nodes]
    rest = {"sys": last.system, "conversation": last.conversation}
    return {"nodes": [_json(app, node, last.nodes[node.id], secrets) for node in nodes], **masked(rest, secrets)}


def _json(app: App, node: GraphNode, value: LastValue, secrets: Sequence[str]) -> dict[str, Any]:
    shown: Mapping[str, Any] = {
        "outputs": value.outputs,
        "inputs": value.inputs,
        "process_data": value.process_data,
        "execution_metadata": value.metadata,
        "error": value.error or None,
    }
    return {
        "node_id": node.id,
        "node_type": node.type,
        "title": node.title,
        **masked(shown, secrets),
        "status": value.status,
        "elapsed_time": value.elapsed_s,
        "source": value.source,
        "is_pinned": value.is_pinned,
        "is_edited": value.source == ValueSource.EDITED,
        "updated_at": int(value.updated_at.timestamp()),
        "run_id": str(value.run_id) if value.run_id else None,
        "whole": {name: reverse("logs:run_value", args=[app.pk, value.run_id, pk]) for name, pk in _big(value).items()},
    }


def _big(value: LastValue) -> Mapping[str, UUID]:
    """Fields of a run's node of which the start alone is shown."""
    return value.big if value.run_id else {}
