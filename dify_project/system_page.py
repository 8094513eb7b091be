"""The operators' system page, within their admin."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import AppError, NotFound
from apps.common.ids import parse_uuid
from apps.common.perloop import call
from apps.workspaces.permissions import operator

from . import system
from .health import report


@require_safe
def show(request: HttpRequest) -> HttpResponse:
    """How the installation does."""
    health = call(report())
    context = {
        **admin.site.each_context(request),
        "title": "System",
        "health": health,
        "parts": [(name, part, _detail(name, part)) for name, part in health["parts"].items()],
        "queues": system.queues(),
        "failures": system.failures(),
        "storage": system.storage(),
        "sections": system.settings_in_force(),
    }
    return render(request, "admin/system.html", context)


@require_POST
def retry(request: HttpRequest) -> HttpResponse:
    """Begins work again that was given up."""
    try:
        table, begin = system.RETRIES[request.POST.get("kind", "")]
    except KeyError:
        raise NotFound("There is no such kind of work.") from None
    row = table._default_manager.filter(pk=parse_uuid(request.POST.get("id", ""))).first()
    if row is None:
        raise NotFound("It is not there any more.")
    try:
        begin(row, operator(request))
    except AppError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, f"{row} is tried again.")
    return redirect("system")


def _detail(name: str, part: dict[str, object]) -> str:
    """What a part's report says beside its status."""
    if name == "sandbox":
        return f"level {part['level']}" if "level" in part else ""
    if name == "worker":
        beats = part.get("heartbeats") or []
        assert isinstance(beats, list)
        return ", ".join(f"{beat['host']}, process {beat['pid']}, {beat['age_s']} s ago" for beat in beats)
    return f"process {part['pid']}" if "pid" in part else ""
