"""The run endpoints of the service API: plain async views, no ORM, no middleware."""

from dataclasses import replace

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import answer
from apps.chat.asking import ask_chat, ask_completion, stop_run
from apps.chat.requests import read_streaming
from apps.common.api import json_response, service_view
from apps.prompts.api.auth import key_access
from apps.prompts.choices import AppMode
from apps.prompts.runtime import release_by_id


@service_view("POST")
async def chat_messages(request: HttpRequest) -> HttpResponseBase:
    """POST /v1/chat-messages (service API 3.1)."""
    access, body = await key_access(request)
    streaming = read_streaming(body)
    if body.get("workflow_id") and access.app.mode == AppMode.ADVANCED_CHAT:
        access = replace(access, app=await release_by_id(access.app, body["workflow_id"]))
    return await answer(await ask_chat(access, body), streaming=streaming)


@service_view("POST")
async def completion_messages(request: HttpRequest) -> HttpResponseBase:
    """POST /v1/completion-messages (service API 3.2)."""
    access, body = await key_access(request)
    streaming = read_streaming(body)
    return await answer(await ask_completion(access, body), streaming=streaming)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /v1/{chat,completion}-messages/{task_id}/stop (service API 3.4): always a success."""
    access, _ = await key_access(request)
    await stop_run(access, task_id)
    return json_response({"result": "success"})
