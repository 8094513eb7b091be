"""The browser API's own views; the rest are the service API's behind a passport (contracts: extensions 5.5)."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final
from uuid import UUID

from channels.db import database_sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from apps.chat.answers import answer
from apps.chat.asking import ask_chat, ask_completion, stop_run
from apps.chat.errors import MoreLikeThisDisabled
from apps.chat.requests import read_streaming
from apps.chat.turn import TurnRequest, start_turn
from apps.common.api import json_response, service_view
from apps.common.errors import Unauthorized
from apps.common.text import storable
from apps.files.models import UploadFile
from apps.logs.api.views import MessagesView
from apps.logs.models import Message, MessageFile
from apps.logs.selectors import get_message
from apps.prompts.api.payloads import site_json
from apps.prompts.api.views import AppView
from apps.prompts.choices import AppMode
from apps.prompts.config import BasicConfig
from apps.prompts.errors import NotCompletionApp
from apps.prompts.runtime import app_of_site
from apps.prompts.selectors import get_public_app
from apps.webapp import passports
from apps.webapp.encoding import BrowserEncoder, public_resources

from .auth import passport_access, passport_reader

VARIANT_TEMPERATURE: Final = 0.9  # colder models give the same text again


@service_view("GET")
async def passport(request: HttpRequest) -> HttpResponseBase:
    """GET /api/passport: a passport for the page whose code stands in X-App-Code."""
    code = request.headers.get("X-App-Code", "")
    if not code:
        raise Unauthorized("X-App-Code header is missing.")
    app = await app_of_site(code)
    return json_response({"access_token": passports.issue(app, storable(request.GET.get("user_id", "")))})


@service_view("POST")
async def chat_messages(request: HttpRequest) -> HttpResponseBase:
    """POST /api/chat-messages."""
    access, body = await passport_access(request)
    streaming = read_streaming(body)
    return await answer(await ask_chat(access, body), streaming=streaming, encoder=BrowserEncoder)


@service_view("POST")
async def completion_messages(request: HttpRequest) -> HttpResponseBase:
    """POST /api/completion-messages."""
    access, body = await passport_access(request)
    streaming = read_streaming(body)
    return await answer(await ask_completion(access, body), streaming=streaming, encoder=BrowserEncoder)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /api/{chat,completion}-messages/{task_id}/stop."""
    access, _ = await passport_access(request)
    await stop_run(access, task_id)
    return json_response({"result": "success"})


@service_view("GET")
async def more_like_this(request: HttpRequest, message_id: str) -> HttpResponseBase:
    """GET /api/messages/{id}/more-like-this: another text from the same inputs, in a run of its own."""
    access, fields = await passport_reader(request)
    streaming = read_streaming(fields)
    message = await database_sync_to_async(get_message)(access=access, message_id=message_id)
    if access.app.mode != AppMode.COMPLETION:
        raise NotCompletionApp
    config = access.app.require_config()
    if not config.features["more_like_this"].get("enabled"):
        raise MoreLikeThisDisabled
    turn = TurnRequest(
        app=replace(access.app, config=_warmer(config)),
        caller=access.caller,
        inputs=message.inputs,
        query=message.query,
        files=[_named_again(file) for file in message.files.all()],
        parent_message_id=message.pk,
    )
    return await answer(await start_turn(turn), streaming=streaming, encoder=BrowserEncoder)


def _named_again(file: MessageFile) -> dict[str, Any]:
    upload_id = str(file.upload_file_id) if file.upload_file_id else None
    return {
        "type": file.type, "transfer_method": file.transfer_method, "url": file.url, "upload_file_id": upload_id,
    }  # fmt: skip


def _warmer(config: BasicConfig) -> BasicConfig:
    given = config.parameters.get("temperature")
    warmth = max(given, VARIANT_TEMPERATURE) if isinstance(given, int | float) else VARIANT_TEMPERATURE
    return replace(config, parameters={**config.parameters, "temperature": warmth})


class VisitorMessagesView(MessagesView):
    """A visitor's messages; of a citation only what the page shows."""

    def show(self, message: Message, uploads: Mapping[UUID, UploadFile]) -> dict[str, Any]:
        shown = super().show(message, uploads)
        return {**shown, "retriever_resources": public_resources(shown["retriever_resources"])}


class VisitorSiteView(AppView):
    """What the page of an app looks like, and who its visitor is."""

    def get(self, request: Request, **kwargs: Any) -> Response:
        app = get_public_app(workspace_id=self.app.workspace_id, app_id=self.app.app_id)
        return Response(
            {
                "app_id": str(app.pk),
                "end_user_id": str(self.caller.end_user_id),
                "enable_site": app.enable_site,
                "site": {**site_json(app, base_url=self.base_url), "prompt_public": False},
                "model_config": None,
                "plan": "basic",
                "can_replace_logo": False,
                "custom_config": None,
            }
        )
