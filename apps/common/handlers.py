"""ASGI handlers: the console goes through Django's middleware, `/v1` through none of it."""

from collections.abc import Callable

from django.core.handlers.asgi import ASGIHandler, ASGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from .api import error_response, translate


class ServiceHandler(ASGIHandler):
    """Serves `/v1`: bearer keys only, so no sessions, CSRF or messages; errors as the contract's JSON."""

    def load_middleware(self, is_async: bool = False) -> None:
        """Replaces the configured middleware by the two headers and the error form `/v1` promises."""
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
        return response
