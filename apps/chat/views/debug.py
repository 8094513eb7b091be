"""What trying an app out needs beside its websocket: prompt logs, ratings, follow-up questions, sound, files."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from apps.chat.api.after import suggested_view
from apps.chat.api.audio import audio_to_text_view, text_to_audio_view
from apps.chat.debugging import draft_access
from apps.common.api import json_body
from apps.common.bodies import read_multipart, request_fields
from apps.common.pages import render_part
from apps.files.errors import FilePartMissing, TooManyFiles
from apps.files.kinds import limit_mb
from apps.files.names import extension_of
from apps.files.services.uploads import store_upload
from apps.logs.selectors import get_message
from apps.logs.services.feedback import rate_message
from apps.prompts.api.auth import Admission
from apps.prompts.callers import Access
from apps.prompts.selectors import get_app
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires


@require_safe
@requires(*BUILDERS)
def prompt_log(request: ConsoleRequest, app_id: UUID, message_id: UUID) -> HttpResponse:
    """What was sent to the model for an answer, and what it came to."""
    message = get_message(access=_access(request, app_id), message_id=message_id)
    app = get_app(workspace=request.workspace, app_id=app_id)
    context = {"app": app, "message": message, "total_tokens": message.prompt_tokens + message.completion_tokens}
    return render_part(request, "chat/prompt_log.html", "chat/_prompt_log.html", context)


@require_POST
@requires(*BUILDERS)
def rate(request: ConsoleRequest, app_id: UUID, message_id: UUID) -> HttpResponse:
    access = _access(request, app_id)
    message = get_message(access=access, message_id=message_id)
    rate_message(message=message, caller=access.caller, rating=json_body(request).get("rating"))
    return HttpResponse(status=204)


@require_safe
@requires(*BUILDERS)
def suggestions(request: ConsoleRequest, app_id: UUID, message_id: UUID) -> HttpResponseBase:
    answer = async_to_sync(suggested_view(_admission(request, app_id)))
    return answer(request, message_id=str(message_id))


@require_POST
@requires(*BUILDERS)
def speech(request: ConsoleRequest, app_id: UUID) -> HttpResponseBase:
    return async_to_sync(text_to_audio_view(_admission(request, app_id)))(request)


@require_POST
@requires(*BUILDERS)
def transcript(request: ConsoleRequest, app_id: UUID) -> HttpResponseBase:
    return async_to_sync(audio_to_text_view(_admission(request, app_id)))(request)


@require_POST
@requires(*BUILDERS)
def upload(request: ConsoleRequest, app_id: UUID) -> HttpResponse:
    """A file for a question, the member's own."""
    get_app(workspace=request.workspace, app_id=app_id)
    _, files = read_multipart(request)
    if not files:
        raise FilePartMissing
    if len(files) > 1:
        raise TooManyFiles
    [file] = files
    name = file.name or ""
    stored = store_upload(
        workspace=request.workspace,
        name=name,
        data=file,
        mime_type=file.content_type or "",
        user=request.user,
        limit_mb=limit_mb(extension_of(name)),
    )
    return JsonResponse({"id": str(stored.pk), "name": stored.name}, status=201)


def _access(request: ConsoleRequest, app_id: UUID) -> Access:
    return async_to_sync(draft_access)(app_id, request.membership)


def _admission(request: ConsoleRequest, app_id: UUID) -> Admission:
    """Lets a view that the APIs share answer a member: `requires` has let them in already."""

    async def admit(plain: HttpRequest) -> tuple[Access, Any]:
        return await draft_access(app_id, request.membership), await request_fields(plain)

    return admit
