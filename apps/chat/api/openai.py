"""Chat apps for clients of OpenAI: POST /v1/chat/completions and GET /v1/models."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.chat.answers import event_stream
from apps.chat.asking import start
from apps.chat.given_pictures import as_files
from apps.chat.openai_wire import PING, CompletionEncoder, error_json, error_response, read_dialogue
from apps.chat.requests import read_conversation_id
from apps.chat.runs import Run
from apps.chat.state import TurnRequest
from apps.common import db
from apps.common.api import bearer_token, json_body, json_response, service_view
from apps.common.errors import InvalidParam, NotFound
from apps.common.run_events import FlowEnd, FlowPause, Message, MessageEnd, RunError, RunEvent
from apps.common.text import shown, storable_json
from apps.prompts.callers import Access, read_caller
from apps.prompts.choices import CHAT_FAMILY
from apps.prompts.errors import NotChatApp
from apps.prompts.runtime import AppRuntime, app_of_key

_CREATED_AT = (
    "select floor(extract(epoch from created_at))::bigint from prompts_app where id = %s and workspace_id = %s"
)


PAUSED = RunError("paused", "The app waits for a person; clients of this protocol cannot go on with it.", 409)


class ModelUnknown(NotFound):
    code = "model_not_found"


@service_view("GET", show_error=error_response)
async def models(request: HttpRequest) -> HttpResponseBase:
    """GET /v1/models: the key's app is the only model."""
    app = await _chat_app(request)
    row = await db.fetch_one(_CREATED_AT, app.app_id, app.workspace_id)
    about = {"object": "model", "created": row[0] if row else 0, "owned_by": settings.PRODUCT_NAME.lower()}
    return json_response({"object": "list", "data": [{"id": app.name, **about}]})


@service_view("POST", show_error=error_response)
async def chat_completions(request: HttpRequest) -> HttpResponseBase:
    """POST /v1/chat/completions: one turn, its history given by the caller.

    `inputs` and `conversation_id` may stand beside OpenAI's fields. The app's configuration decides the model and
    its parameters; those of the request are ignored.
    """
    app = await _chat_app(request)
    body = json_body(request)
    model = _read_model(body, app)
    access = Access(app, read_caller(body, app.app_id, required=False, api_key_id=app.api_key_id))
    run = await start(await _read_turn(access, body))
    encoder = CompletionEncoder(run.envelope, model, with_usage=_wants_usage(body))
    return await (_streamed(run, encoder) if body.get("stream") is True else _whole(run, encoder))


async def _chat_app(request: HttpRequest) -> AppRuntime:
    app = await app_of_key(bearer_token(request))
    if app.mode not in CHAT_FAMILY:
        raise NotChatApp
    return app


def _read_model(body: Mapping[str, Any], app: AppRuntime) -> str:
    """The name the caller uses for the app: its name or its id. Raises InvalidParam, ModelUnknown."""
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise InvalidParam("model must be the app's name or id.", params="model")
    if model not in (app.name, str(app.app_id)):
        raise ModelUnknown(f"The model {shown(model)} does not exist: this key opens {app.name}.", params="model")
    return model


async def _read_turn(access: Access, body: Mapping[str, Any]) -> TurnRequest:
    dialogue = read_dialogue(body.get("messages"))
    if body.get("n") not in (None, 1):
        raise InvalidParam("n must be 1: an app gives one answer.", params="n")
    inputs = body.get("inputs") or {}
    if not isinstance(inputs, dict):
        raise InvalidParam("inputs must be an object", params="inputs")
    return TurnRequest(
        app=access.app,
        caller=access.caller,
        inputs=storable_json(inputs),  # type: ignore[arg-type]  # a dict stays a dict
        query=dialogue.query,
        conversation_id=read_conversation_id(body),
        auto_generate_name=False,  # the caller keeps the conversation: no model need write a title for it
        files=await as_files(access, dialogue.pictures),
        history=dialogue.history,
    )


def _wants_usage(body: Mapping[str, Any]) -> bool:
    options = body.get("stream_options")
    return isinstance(options, Mapping) and options.get("include_usage") is True


async def _whole(run: Run, encoder: CompletionEncoder) -> HttpResponseBase:
    event = await run.result()
    assert not isinstance(event, FlowEnd)  # only chats come here
    if isinstance(event, FlowPause):
        return _refused(PAUSED)
    return _refused(event) if isinstance(event, RunError) else json_response(encoder.answer(event))


async def _streamed(run: Run, encoder: CompletionEncoder) -> HttpResponseBase:
    """An event stream; a run that fails before its first word is an HTTP error, which clients may try again."""
    batches = run.follow(ping_interval_s=settings.PING_INTERVAL_S)
    first = await anext(batches)
    if first and isinstance(first[-1], RunError) and not any(isinstance(event, Message) for event in first):
        return _refused(first[-1])
    return event_stream(_frames(first, batches, encoder))


def _refused(event: RunError) -> HttpResponseBase:
    return json_response({"error": error_json(event.code, event.message, event.status)}, event.status)


async def _frames(
    first: list[RunEvent], batches: AsyncIterator[list[RunEvent]], encoder: CompletionEncoder
) -> AsyncIterator[bytes]:
    yield encoder.opening() + _encoded(first, encoder)
    async for batch in batches:
        yield _encoded(batch, encoder) or PING


def _encoded(batch: list[RunEvent], encoder: CompletionEncoder) -> bytes:
    frames = []
    for event in batch:
        if isinstance(event, MessageEnd):
            frames.append(encoder.closing(event))
        elif isinstance(event, RunError | FlowPause):
            frames.append(encoder.failure(PAUSED if isinstance(event, FlowPause) else event))
        elif isinstance(event, Message) and event.answer:
            frames.append(encoder.delta(event.answer))
    return b"".join(frames)
