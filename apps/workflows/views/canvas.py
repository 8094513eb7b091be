"""The page a flow is drawn on, and what its scripts ask for."""

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
from apps.workflows.tool_choices import tools_of
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_safe
@requires(*BUILDERS)
def canvas(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """An app without a graph is written, not drawn: its page is another."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if app.mode not in FLOW_MODES:
        return redirect("prompts:orchestrate", app_id)
    version = draft_of(app)
    editor = {
        "app": {"id": str(app.pk), "mode": app.mode, "name": app.name},
        "urls": _addresses(app),
        "stored": as_answer(app, version),
        "types": types_of(app.mode),
        **all_variables(version.config),
        "tools": tools_of(request.workspace, app),
        **get_offer(workspace=request.workspace),
    }
    return render(request, "workflows/canvas.html", {"app": app, "editor": editor})


@require_POST
@requires(*BUILDERS)
def variables(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """{nodes: [{id, data}]}: the `variables` that nodes with these settings bring, and the `inner` ones of those that
    have rounds; nothing is stored."""
    get_app(workspace=request.workspace, app_id=app_id)
    nodes = json_body(request).get("nodes")
    if not isinstance(nodes, list) or len(nodes) > MAX_NODES:
        raise InvalidParam(f"nodes must be a list of at most {MAX_NODES} nodes with id and data.", params="nodes")
    return JsonResponse(all_variables({"graph": {"nodes": nodes}}))


def _addresses(app: App) -> dict[str, str]:
    """Pages and answers the scripts ask for, by name."""
    return {
        "draft": reverse("prompts:draft", args=[app.pk]),
        "variables": reverse("workflows:variables", args=[app.pk]),
        "knowledge": reverse("knowledge:picker"),
    }
