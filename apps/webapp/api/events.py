"""A turn's events once more, from the first on, for visitors whose network lets no websocket through."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.replay import attach
from apps.common.api import bearer_token, service_view
from apps.common.errors import NotFound
from apps.common.ids import parse_uuid
from apps.webapp import passports
from apps.webapp.encoding import BrowserEncoder


@service_view("GET")
async def message_events(request: HttpRequest, message_id: str) -> HttpResponseBase:
    """GET /api/messages/{message_id}/events."""
    access = await passports.read(bearer_token(request))
    found = parse_uuid(message_id)
    if found is None:
        raise NotFound("Message Not Exists.")
    run = await attach(found, access)
    return await answer(run, streaming=True, encoder=BrowserEncoder)
