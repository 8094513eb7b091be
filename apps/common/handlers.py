"""ASGI handlers: the console goes through Django's middleware, `/v1` and `/api` through none of it."""

import asyncio
from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.core.exceptions import RequestAborted
from django.core.handlers.asgi import ASGIHandler, ASGIRequest, get_script_prefix
from django.core.signals import request_finished, request_started
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import set_script_prefix

from .api import error_response, translate
from .encoding import dumps
from .errors import PayloadTooLarge

Scope = dict[str, Any]
Receive = Callable[[], Any]
Send = Callable[[Any], Any]


class BoundedHandler(ASGIHandler):
    """Refuses a body over the largest upload before or while it arrives, instead of writing it to disk first."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request; one that is too large is answered 413 and not read on."""
        limit = settings.LARGEST_BODY_BYTES
        if _declared_length(scope) > limit:
            await _refuse(send)
            return
        arrived = 0

        async def bounded() -> Any:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > limit:
                await _refuse(send)
                return {"type": "http.disconnect"}
            return message

        await super().__call__(scope, bounded, send)


def _declared_length(scope: Scope) -> int:
    value = next((value for name, value in scope["headers"] if name == b"content-length"), b"")
    return int(value) if value.isdigit() else 0


async def _refuse(send: Send) -> None:
    error = PayloadTooLarge(f"The request is larger than {settings.LARGEST_BODY_BYTES // 2**20} MB.")
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": error.http_status, "headers": headers})
    await send({"type": "http.response.body", "body": dumps(error.body()).encode()})


class ServiceHandler(BoundedHandler):
    """Serves `/v1` and `/api`: bearer tokens only, so no sessions, CSRF or messages; errors as the contract's JSON."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Replaces the configured middleware by the headers and the error form the APIs promise."""
        self._view_middleware: list[Callable[..., object]] = []
        self._template_response_middleware: list[Callable[..., object]] = []
        self._exception_middleware: list[Callable[..., object]] = []
        self._middleware_chain = self._answer

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Django's own, less its two hops into a thread: its signals go with the views that need them."""
        try:
            body = await self.read_body(receive)
        except RequestAborted:
            return
        with body:
            set_script_prefix(get_script_prefix(scope))
            request, refusal = self.create_request(scope, body)
            if refusal is not None:
                await self.send_response(refusal, send)
                return
            assert request is not None  # Django makes one of the two
            serving = asyncio.create_task(self._serve(request, send))
            leaving = asyncio.create_task(receive())  # the body is read: what comes now is the disconnect
            await asyncio.wait((serving, leaving), return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            if leaving.done() and not leaving.cancelled():
                serving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            try:
                await serving
            except asyncio.CancelledError:
                if not serving.cancelled():
                    raise

    async def _serve(self, request: ASGIRequest, send: Send) -> None:
        response = await self.run_get_response(request)
        try:
            await self.send_response(response, send)
        finally:
            for close in response._resource_closers:  # type: ignore[attr-defined]  # what close() calls, less its signal
                close()

    def make_view_atomic(self, view: Callable[..., Any]) -> Callable[..., Any]:
        """A sync view gets the request signals in its own thread, where its connections are; an async view has none."""
        view = super().make_view_atomic(view)
        return view if iscoroutinefunction(view) else _between_signals(view)

    async def _answer(self, request: ASGIRequest) -> HttpResponseBase:
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=204)
            response["Access-Control-Allow-Headers"] = "Authorization, Content-Type, X-App-Code, X-App-Passport"
            response["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
        else:
            try:
                response = await self._get_response_async(request)  # type: ignore[attr-defined]  # not in the stubs
            except Exception as error:  # noqa: BLE001 - the edge; translate() logs what is unexpected
                response = error_response(translate(error))
        response["Access-Control-Allow-Origin"] = "*"
        response["X-Version"] = settings.VERSION
        response["X-Env"] = settings.DEPLOY_ENV
        if isinstance(response, HttpResponse) and response.status_code != HTTPStatus.NO_CONTENT:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return response


def _between_signals(view: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(view)
    def wrapped(*args: object, **kwargs: object) -> Any:
        request_started.send(sender=ServiceHandler)
        try:
            return view(*args, **kwargs)
        finally:
            request_finished.send(sender=ServiceHandler)

    return wrapped
