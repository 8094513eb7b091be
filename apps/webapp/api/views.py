"""The browser API's own views; the rest are the service API's behind a passport (contracts: extensions 5.5)."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.asking import ask_chat, ask_completion, stop_run
from apps.chat.requests import read_streaming
from apps.common.api import json_response, service_view
from apps.common.encoding import VisitorEncoder
from apps.common.errors import Unauthorized
from apps.common.text import storable
from apps.prompts.runtime import app_of_site
from apps.webapp import passports

from .auth import passport_access


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
    return await answer(await ask_chat(access, body), streaming=streaming, encoder=VisitorEncoder)


@service_view("POST")
async def completion_messages(request: HttpRequest) -> HttpResponseBase:
    """POST /api/completion-messages."""
    access, body = await passport_access(request)
    streaming = read_streaming(body)
    return await answer(await ask_completion(access, body), streaming=streaming, encoder=VisitorEncoder)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /api/{chat,completion}-messages/{task_id}/stop."""
    access, _ = await passport_access(request)
    await stop_run(access, task_id)
    return json_response({"result": "success"})
