"""ASGI handlers: the console goes through Django's middleware, `/v1` through none of it."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase

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
    """Serves `/v1`: bearer keys only, so no sessions, CSRF or messages; errors as the contract's JSON."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Replaces the configured middleware by the headers and the error form `/v1` promises."""
        self._view_middleware: list[Callable[..., object]] = []
        self._template_response_middleware: list[Callable[..., object]] = []
        self._exception_middleware: list[Callable[..., object]] = []
        self._middleware_chain = self._answer

    async def _answer(self, request: ASGIRequest) -> HttpResponseBase:
        if request.method == "OPTIONS":
            response: HttpResponseBase = HttpResponse(status=204)
            response["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
            response["Access-Control-Allow-Methods"] = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
        else:
            try:
                response = await self._get_response_async(request)  # type: ignore[attr-defined]  # not in the stubs
            except Exception as error:  # noqa: BLE001 - the edge; translate() logs what is unexpected
                response = error_response(translate(error))
        response["Access-Control-Allow-Origin"] = "*"
        response["X-Version"] = settings.VERSION
        response["X-Env"] = settings.DEPLOY_ENV
        return response
