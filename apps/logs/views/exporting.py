"""The log as files; they are written while they are sent."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import tzinfo
from functools import partial
from uuid import UUID

from asgiref.sync import sync_to_async
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from apps.common.pages import wants_fragment
from apps.logs.entries import list_entries, list_logged_messages
from apps.logs.exports import batches_of, csv_lines, jsonl_lines, teachable
from apps.logs.log_filter import read_filter
from apps.prompts.models import App
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_safe
@requires(*BUILDERS)
def export_page(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    app = get_app(workspace=request.workspace, app_id=app_id)
    found = list_entries(app=app, wanted=read_filter(request.GET.dict())).count()
    context = {"app": app, "found": found, "query": list(request.GET.items())}
    return render(request, "logs/_export.html" if wants_fragment(request) else "logs/export.html", context)


@require_safe
@requires(*BUILDERS)
def export_csv(request: ConsoleRequest, app_id: UUID) -> HttpResponseBase:
    app = get_app(workspace=request.workspace, app_id=app_id)
    messages = list_logged_messages(app=app, wanted=read_filter(request.GET.dict()))
    return _file(app, "csv", "text/csv; charset=utf-8", csv_lines(batches_of(messages)))


@require_safe
@requires(*BUILDERS)
def export_jsonl(request: ConsoleRequest, app_id: UUID) -> HttpResponseBase:
    app = get_app(workspace=request.workspace, app_id=app_id)
    messages = list_logged_messages(app=app, wanted=read_filter(request.GET.dict()))
    messages = teachable(messages, only=request.GET.get("only", ""))
    return _file(app, "jsonl", "application/jsonl; charset=utf-8", jsonl_lines(batches_of(messages)))


def _file(app: App, extension: str, content_type: str, pieces: Iterator[str]) -> StreamingHttpResponse:
    read = partial(_next, pieces, translation.get_language(), timezone.get_current_timezone())
    response = StreamingHttpResponse(_sent(read), content_type=content_type)
    name = f"{slugify(app.name) or 'app'}-log-{timezone.localdate():%Y-%m-%d}.{extension}"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


async def _sent(read: Callable[[], str | None]) -> AsyncIterator[bytes]:
    """Piece by piece: under ASGI Django would write a plain iterator whole before it sends."""
    while (piece := await sync_to_async(read)()) is not None:
        yield piece.encode()


def _next(pieces: Iterator[str], language: str | None, zone: tzinfo) -> str | None:
    """The middleware has set language and time zone back by the time a piece is written."""
    with translation.override(language), timezone.override(zone):
        return next(pieces, None)
