"""The run endpoints of the service API: plain async views, no ORM, no middleware."""

from collections.abc import AsyncIterator

from django.conf import settings
from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.chat.requests import read_caller, read_conversation_id, read_inputs_map, read_query, read_streaming
from apps.chat.runs import Run, request_stop
from apps.chat.turn import TurnRequest, start_turn
from apps.common.api import bearer_token, json_body, json_response, service_view
from apps.common.encoding import PING, EventEncoder
from apps.common.ids import parse_uuid
from apps.common.run_events import RunError
from apps.prompts.choices import AppMode
from apps.prompts.errors import AppUnavailable, NotChatApp
from apps.prompts.runtime import app_of_key

CHAT_FAMILY = frozenset({AppMode.CHAT, AppMode.AGENT_CHAT, AppMode.ADVANCED_CHAT})


@service_view("POST")
async def chat_messages(request: HttpRequest) -> HttpResponseBase:
    """POST /v1/chat-messages (service API 3.1)."""
    app = await app_of_key(bearer_token(request))
    body = json_body(request)
    caller = read_caller(body, app.app_id)
    if app.mode not in CHAT_FAMILY:
        raise NotChatApp
    inputs, query, streaming = read_inputs_map(body), read_query(body), read_streaming(body)
    turn = TurnRequest(
        app=app,
        caller=caller,
        inputs=inputs,
        query=query,
        conversation_id=read_conversation_id(body),
        auto_generate_name=body.get("auto_generate_name") is not False,
    )
    return await answer(await start_turn(turn), streaming=streaming)


@service_view("POST")
async def completion_messages(request: HttpRequest) -> HttpResponseBase:
    """POST /v1/completion-messages (service API 3.2)."""
    app = await app_of_key(bearer_token(request))
    body = json_body(request)
    caller = read_caller(body, app.app_id)
    if app.mode != AppMode.COMPLETION:
        raise AppUnavailable
    inputs, streaming = read_inputs_map(body), read_streaming(body)
    query = read_query(body) if body.get("query") else ""
    turn = TurnRequest(app=app, caller=caller, inputs=inputs, query=query)
    return await answer(await start_turn(turn), streaming=streaming)


@service_view("POST")
async def stop(request: HttpRequest, task_id: str) -> HttpResponseBase:
    """POST /v1/{chat,completion}-messages/{task_id}/stop (service API 3.4): always a success."""
    app = await app_of_key(bearer_token(request))
    caller = read_caller(json_body(request), app.app_id)
    task = parse_uuid(task_id)
    if task is not None:
        await request_stop(task_id=task, caller=caller)
    return json_response({"result": "success"})


async def answer(run: Run, *, streaming: bool) -> HttpResponseBase:
    """The run as an event stream, or awaited and answered as one JSON object."""
    encoder = EventEncoder(run.envelope)
    if streaming:
        response = StreamingHttpResponse(_stream(run, encoder), content_type="text/event-stream; charset=utf-8")
        response["Cache-Control"] = "no-cache"
        response["X-Accel-Buffering"] = "no"  # nginx would hold the stream back
        return response
    event = await run.result()
    if isinstance(event, RunError):
        return json_response({"code": event.code, "message": event.message, "status": event.status}, event.status)
    return json_response(encoder.blocking(event))


async def _stream(run: Run, encoder: EventEncoder) -> AsyncIterator[bytes]:
    async for batch in run.follow(ping_interval_s=settings.PING_INTERVAL_S):
        yield b"".join([encoder.sse(event) for event in batch]) if batch else PING
