"""The service API's edge: the handler in front of `/v1`, the decorator of its plain views, DRF's exception handler.

`/v1` is called with bearer keys only, so it runs without sessions, CSRF, messages and their thread hops.
"""

import logging
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import BadRequest as DjangoBadRequest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import DataError, IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from psycopg.errors import ForeignKeyViolation
from rest_framework import exceptions as drf
from rest_framework.response import Response
from rest_framework.views import set_rollback

from .encoding import dumps
from .errors import (
    AppError,
    BadRequest,
    InternalError,
    InvalidParam,
    MethodNotAllowed,
    NotFound,
    PayloadTooLarge,
    Unauthorized,
    Unavailable,
    UnsupportedMediaType,
)

log = logging.getLogger(__name__)
View = Callable[..., Coroutine[Any, Any, HttpResponseBase]]
ErrorForm = Callable[[AppError], HttpResponseBase]


def json_response(value: object, status: int = 200) -> HttpResponse:
    """JSON as the service API writes it."""
    return HttpResponse(dumps(value), status=status, content_type="application/json")


def error_response(error: AppError) -> HttpResponse:
    """The error body."""
    return json_response(error.body(), error.http_status)


def translate(error: Exception) -> AppError:
    """Any exception as something that may leave the server; unexpected ones are logged and hidden."""
    if isinstance(error, AppError):
        return error
    if isinstance(error, Http404 | drf.NotFound):
        return NotFound()
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLarge(f"The request body is over {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MB.")
    if isinstance(error, DjangoBadRequest | SuspiciousOperation):  # the latter: a host name that is none
        return BadRequest()
    if isinstance(error, DataError):  # a value that fits no column
        return InvalidParam()
    if isinstance(error, IntegrityError) and isinstance(error.__cause__, ForeignKeyViolation):
        return NotFound()  # what the row was to stand on was deleted since it was looked up
    if isinstance(error, OperationalError | InterfaceError):
        return Unavailable()
    if isinstance(error, drf.ParseError):
        return BadRequest("Invalid JSON payload received or JSON payload is empty.")
    if isinstance(error, drf.UnsupportedMediaType):
        return UnsupportedMediaType()
    if isinstance(error, drf.MethodNotAllowed):
        return MethodNotAllowed()
    if isinstance(error, drf.ValidationError):
        return _first_problem(error.detail)
    log.error("unexpected error", exc_info=error)
    return InternalError()


def _first_problem(detail: Any, field: str | None = None) -> InvalidParam:
    """DRF collects all problems; the contract names one field and its reason."""
    if isinstance(detail, dict):
        name, inner = next(iter(detail.items()))
        return _first_problem(inner, None if name == "non_field_errors" else str(name))
    if isinstance(detail, list):
        return _first_problem(next((item for item in detail if item), "is invalid"), field)
    if getattr(detail, "code", "") in {"required", "null"} and field:
        return InvalidParam("Missing required parameter in the JSON body", params=field)
    return InvalidParam(str(detail), params=field)


def exception_handler(error: Exception, context: dict[str, Any]) -> Response:
    """DRF's EXCEPTION_HANDLER setting."""
    set_rollback()
    problem = translate(error)
    return Response(problem.body(), status=problem.http_status)


def bearer_token(request: HttpRequest) -> str:
    """The token of the Authorization header.

    Raises:
        Unauthorized: with the contract's sentence for each malformed header.
    """
    header: str = request.META.get("HTTP_AUTHORIZATION", "")
    scheme, _, token = header.partition(" ")
    if not token:
        raise Unauthorized("Authorization header must be provided and start with 'Bearer'")
    if scheme.lower() != "bearer":
        raise Unauthorized("Authorization scheme must be 'Bearer'")
    return token.strip()


def base_url(request: HttpRequest) -> str:
    """Scheme and host under which the caller reached this server, for links it is to follow."""
    return f"{request.scheme}://{request.get_host()}"


def json_body(request: HttpRequest) -> dict[str, Any]:
    """The request's JSON object.

    Raises:
        UnsupportedMediaType, BadRequest, PayloadTooLarge.
    """
    if "json" not in (request.content_type or ""):
        raise UnsupportedMediaType
    try:
        body = orjson.loads(request.body)  # strict: no NaN, no lone surrogates, bounded depth
    except RequestDataTooBig as error:
        raise translate(error) from error
    except ValueError as error:
        raise BadRequest("Invalid JSON payload received or JSON payload is empty.") from error
    if not isinstance(body, dict):
        raise BadRequest("Invalid JSON payload received or JSON payload is empty.")
    return body


def service_view(*methods: str, show_error: ErrorForm = error_response) -> Callable[[View], View]:
    """Decorator of the plain async views of `/v1`: allowed methods, one error translation.

    Args:
        show_error: the error's form, where it is not the service API's.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        async def wrapped(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponseBase:
            try:
                if request.method not in methods:
                    raise MethodNotAllowed
                return await view(request, *args, **kwargs)
            except Exception as error:  # noqa: BLE001 - the edge; translate() logs what is unexpected
                return show_error(translate(error))

        wrapped.csrf_exempt = True  # type: ignore[attr-defined]  # Django reads the attribute
        return wrapped

    return decorate
