"""A run as an HTTP answer: an event stream, or one JSON object."""

from collections.abc import AsyncIterator

from django.conf import settings
from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase

from apps.common.api import json_response
from apps.common.encoding import PING, EventEncoder
from apps.common.run_events import RunError

from .runs import Run


async def answer(run: Run, *, streaming: bool, encoder: type[EventEncoder] = EventEncoder) -> HttpResponseBase:
    """The run as an event stream, or awaited and answered as one JSON object."""
    encode = encoder(run.envelope)
    if streaming:
        return event_stream(_events(run, encode))
    event = await run.result()
    if isinstance(event, RunError):
        return json_response({"code": event.code, "message": event.message, "status": event.status}, event.status)
    return json_response(encode.blocking(event))


def event_stream(frames: AsyncIterator[bytes]) -> StreamingHttpResponse:
    """Frames as server-sent events (WHATWG HTML, section 9.2)."""
    response = StreamingHttpResponse(frames, content_type="text/event-stream; charset=utf-8")
    response["Cache-Control"] = "no-cache"
    response["X-Accel-Buffering"] = "no"  # nginx would hold the stream back
    return response


async def _events(run: Run, encoder: EventEncoder) -> AsyncIterator[bytes]:
    async for batch in run.follow(ping_interval_s=settings.PING_INTERVAL_S):
        yield b"".join([encoder.sse(event) for event in batch]) if batch else PING
