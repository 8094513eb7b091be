"""What trying an app out needs beside its websocket: prompt logs, ratings, files."""

from uuid import UUID

from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_POST, require_safe

from apps.chat.debugging import draft_access
from apps.chat.stepping import run_node
from apps.common.api import json_body
from apps.common.bodies import read_multipart
from apps.common.errors import InvalidParam
from apps.common.pages import render_part
from apps.common.perloop import call
from apps.common.text import storable_json
from apps.files.errors import FilePartMissing, TooManyFiles
from apps.files.services.uploads import store_by_kind
from apps.logs.selectors import get_message
from apps.logs.services.feedback import rate_message
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


@require_POST
@requires(*BUILDERS)
def step(request: ConsoleRequest, app_id: UUID, node_id: str) -> HttpResponse:
    """{values}: runs one node of the draft with these variables, by name, by node; last values are the others."""
    values = storable_json(json_body(request).get("values") or {})
    if not isinstance(values, dict):
        raise InvalidParam("values must be an object.", params="values")
    return JsonResponse(call(run_node(_access(request, app_id), node_id, values)))


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
    stored = store_by_kind(
        workspace=request.workspace,
        name=file.name or "",
        data=file,
        mime_type=file.content_type or "",
        user=request.user,
    )
    return JsonResponse({"id": str(stored.pk), "name": stored.name}, status=201)


def _access(request: ConsoleRequest, app_id: UUID) -> Access:
    return call(draft_access(app_id, request.membership))
