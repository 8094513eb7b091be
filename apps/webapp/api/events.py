"""A turn's events once more, from the first on, for visitors whose network lets no websocket through."""

from uuid import UUID

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.replay import attach
from apps.common.api import bearer_token, service_view
from apps.webapp import passports
from apps.webapp.encoding import BrowserEncoder


@service_view("GET")
async def message_events(request: HttpRequest, message_id: UUID) -> HttpResponseBase:
    """GET /api/messages/{message_id}/events."""
    access = await passports.read(bearer_token(request))
    run = await attach(message_id, access.app.workspace_id, access.app.app_id, access.caller)
    return await answer(run, streaming=True, encoder=BrowserEncoder)
