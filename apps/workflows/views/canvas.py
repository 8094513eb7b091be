"""The page a flow is drawn on, and what its scripts ask for."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from apps.common.api import json_body
from apps.common.errors import InvalidParam
from apps.prompts.choices import FLOW_MODES
from apps.prompts.editing import get_offer
from apps.prompts.models import App
from apps.prompts.selectors import get_app
from apps.prompts.services.drafts import as_answer, draft_of
from apps.workflows.catalogue import all_variables, types_of
from apps.workflows.engine.validation import MAX_NODES
from apps.workflows.tool_catalogue import tools_for
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_safe
@requires(*BUILDERS)
def canvas(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """An app without a graph is written, not drawn: its page is another."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if app.mode not in FLOW_MODES:
        return redirect("prompts:orchestrate", app_id)
    stored = as_answer(app, draft_of(app))
    editor = {
        "app": {"id": str(app.pk), "mode": app.mode, "name": app.name},
        "urls": _addresses(app),
        "stored": stored,
        "types": types_of(app.mode),
        "variables": all_variables(_rows(stored["config"])),
        **get_offer(workspace=request.workspace),
    }
    return render(request, "workflows/canvas.html", {"app": app, "editor": editor})


@require_POST
@requires(*BUILDERS)
def variables(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """{nodes: [{id, data}]}: the variables that nodes with these settings bring; nothing is stored."""
    get_app(workspace=request.workspace, app_id=app_id)
    nodes = json_body(request).get("nodes")
    if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
        raise InvalidParam(f"nodes must be a list of at most {MAX_NODES} nodes with id and data.", params="nodes")
    return JsonResponse({"variables": all_variables(_rows({"graph": {"nodes": nodes}}))})


@require_safe
@requires(*BUILDERS)
def tools(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """The tools that nodes may use: asked for once somebody is to choose one."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    return JsonResponse({"tools": tools_for(app)})


def _addresses(app: App) -> dict[str, str]:
    """Pages and answers the scripts ask for, by name."""
    return {
        "draft": reverse("prompts:draft", args=[app.pk]),
        "variables": reverse("workflows:variables", args=[app.pk]),
        "tools": reverse("workflows:tools", args=[app.pk]),
    }


def _rows(config: dict[str, Any]) -> list[dict[str, Any]]:
    graph = config.get("graph")
    nodes = graph.get("nodes") if isinstance(graph, dict) else None
    return [row for row in nodes if isinstance(row, dict) and row.get("id")] if isinstance(nodes, list) else []
