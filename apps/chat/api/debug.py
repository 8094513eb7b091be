"""Follow-up questions and sound as both APIs have them, for members who try an app out."""

from typing import Any
from uuid import UUID

from asgiref.sync import async_to_sync
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_POST, require_safe

from apps.chat.debugging import draft_access
from apps.common.bodies import request_fields
from apps.prompts.api.auth import Admission
from apps.prompts.callers import Access
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

from .after import suggested_view
from .audio import audio_to_text_view, text_to_audio_view


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


def _admission(request: ConsoleRequest, app_id: UUID) -> Admission:
    """Lets a view that the APIs share answer a member: `requires` has let them in already."""

    async def admit(plain: HttpRequest) -> tuple[Access, Any]:
        return await draft_access(app_id, request.membership), await request_fields(plain)

    return admit
