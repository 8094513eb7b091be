"""The page an app is written on, and what its scripts ask for."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.api import json_body
from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.common.text import storable_json
from apps.prompts.choices import AppMode
from apps.prompts.config import read_config
from apps.prompts.editing import get_offer
from apps.prompts.initial import initial_prompt
from apps.prompts.models import App
from apps.prompts.selectors import get_app
from apps.prompts.services.designs import design_app
from apps.prompts.services.drafts import as_answer, draft_of, keep_draft
from apps.prompts.validation import model_mode_of
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_safe
@requires(*BUILDERS)
def orchestrate(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """An app with a graph is drawn, not written: its page is the canvas."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if not app.has_prompt:
        return redirect("workflows:canvas", app_id)
    addresses = {name: reverse(f"prompts:{name}", args=[app.pk]) for name in ("draft", "expert", "design")}
    editor = {
        "app": {"id": str(app.pk), "mode": app.mode, "name": app.name},
        "urls": addresses,
        "stored": as_answer(app, draft_of(app)),
        **get_offer(workspace=request.workspace),
    }
    return render(request, "prompts/orchestrate.html", {"app": app, "editor": editor})


@require_http_methods(["GET", "HEAD", "POST", "PUT"])
@requires(*BUILDERS)
def draft(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """GET: the draft. POST or PUT {config, base_version_id, overwrite}: stores it. Of flows too: their canvas."""
    app = get_app(workspace=request.workspace, app_id=app_id)
    if request.method in {"GET", "HEAD"}:
        return JsonResponse(as_answer(app, draft_of(app)))
    body = json_body(request)
    version = keep_draft(
        app=app,
        config=_config(body),
        base_version_id=parse_uuid(body.get("base_version_id")),
        user=request.user,
        overwrite=body.get("overwrite") is True,
    )
    answer = as_answer(app, version)
    del answer["config"]
    return JsonResponse(answer)


@require_POST
@requires(*BUILDERS)
def expert(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """What a switch to expert mode would begin with; nothing is stored."""
    app = _editable(request, app_id)
    config = _config(json_body(request))
    read = read_config(config)
    fields = initial_prompt(
        as_chat=app.mode != AppMode.COMPLETION,
        model_mode=model_mode_of(config),
        provider=read.provider,
        model=read.model,
        pre_prompt=read.pre_prompt,
        with_context=bool(read.context.dataset_ids),
    )
    return JsonResponse(fields)


@require_POST
@requires(*BUILDERS)
def design(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """What the workspace's model proposes for the app; nothing is stored."""
    app = _editable(request, app_id)
    instruction = json_body(request).get("instruction")
    if not isinstance(instruction, str):
        raise InvalidParam("Say what the app shall do.", params="instruction")
    proposal = design_app(app=app, instruction=instruction)
    return JsonResponse(proposal.as_config(as_chat=app.mode != AppMode.COMPLETION))


def _editable(request: ConsoleRequest, app_id: UUID) -> App:
    app = get_app(workspace=request.workspace, app_id=app_id)
    if not app.has_prompt:
        raise Http404
    return app


def _config(body: Mapping[str, Any]) -> Mapping[str, Any]:
    config = storable_json(body.get("config"))
    if not isinstance(config, dict):
        raise InvalidParam("`config` must be an object: the app's configuration.", params="config")
    return config
