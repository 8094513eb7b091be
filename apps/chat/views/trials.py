"""Sending a test to the webhook of a draft."""

import json
from typing import Any
from uuid import UUID

from django.http import HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.chat.webhooks import try_delivery
from apps.common.error_pages import wants_json
from apps.common.errors import AppError
from apps.common.pages import render_part
from apps.common.perloop import call
from apps.prompts.models import App
from apps.prompts.selectors import get_app
from apps.workflows.models import Trigger
from apps.workflows.selectors import get_trigger
from apps.workflows.triggers.deliveries import Delivery
from apps.workflows.webhooks import TriedWebhook, webhook_of
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

FORM = "application/x-www-form-urlencoded"


@require_POST
@requires(*BUILDERS)
def try_trigger(request: ConsoleRequest, app_id: UUID, trigger_id: UUID) -> HttpResponse:
    """A part of the triggers page; for scripts that ask for JSON, what `try_delivery` tells.

    A delivery that is refused is what the test has found, not an error of the request that asks for it.
    """
    app = get_app(workspace=request.workspace, app_id=app_id)
    trigger = get_trigger(app=app, trigger_id=trigger_id)
    if wants_json(request) and "HX-Request" not in request.headers:
        return _as_json(request, app, trigger)
    context: dict[str, Any] = {"app": app}
    try:
        context["told"] = _told(request, app, trigger)
        context["values"] = _values(context["told"])
    except AppError as error:
        context["problem"] = error.message
    return render_part(request, "workflows/trial.html", "workflows/_trial.html", context)


def _as_json(request: ConsoleRequest, app: App, trigger: Trigger) -> JsonResponse:
    try:
        return JsonResponse(_told(request, app, trigger))
    except AppError as error:
        return JsonResponse({"run_id": None, "status": "refused", "error": error.message})


def _told(request: ConsoleRequest, app: App, trigger: Trigger) -> dict[str, Any]:
    webhook = TriedWebhook(app.workspace_id, app.pk, trigger.node_id)
    config = webhook_of(app.draft.config if app.draft else {}, trigger.node_id)
    body = request.POST.get("body", "").encode(errors="replace")
    lines = [line.partition(":") for line in request.POST.get("headers", "").splitlines()]
    delivery = Delivery(
        method=config.method.upper(),
        content_type=config.content_type,
        headers={name.strip().lower(): value.strip() for name, _colon, value in lines if name.strip()},
        params=QueryDict(request.POST.get("query", "").lstrip("?")).dict(),
        body=body,
        form=QueryDict(body).dict() if config.content_type == FORM else {},
    )
    return call(try_delivery(webhook, delivery, request.user.pk))


def _values(told: dict[str, Any]) -> list[tuple[str, str]]:
    labels = {"variables": _("Variables"), "outputs": _("Outputs"), "answer": _("What the sender is answered")}
    return [
        (label, json.dumps(told[name], ensure_ascii=False, indent=2))
        for name, label in labels.items()
        if told.get(name) is not None
    ]
