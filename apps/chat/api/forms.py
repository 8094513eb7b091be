"""Forms that runs wait for (service API 6.9)."""

from channels.db import database_sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone

from apps.chat.resuming import answer_form
from apps.common.api import json_response, service_view
from apps.logs.form_selectors import get_form, require_open
from apps.prompts.api.auth import key_access, key_reader


@service_view("GET", "POST")
async def form(request: HttpRequest, form_token: str) -> HttpResponseBase:
    """GET and POST /v1/form/human_input/{form_token}."""
    if request.method == "POST":
        access, body = await key_access(request)
        await answer_form(form_token, body.get("action"), body.get("inputs"), access.app.app_id)
        return json_response({})
    access, _ = await key_reader(request)
    found = await database_sync_to_async(get_form)(token=form_token, app_id=access.app.app_id)
    require_open(found, timezone.now())
    return json_response(
        {
            "form_content": found.content,
            "inputs": found.inputs,
            "resolved_default_values": found.defaults,
            "user_actions": found.actions,
            "expiration_time": int(found.expires_at.timestamp()),
        }
    )
