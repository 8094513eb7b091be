"""Errors of the console: a page for people, JSON for scripts; never a trace, a path or a statement."""

import logging

from django.conf import settings
from django.core.exceptions import BadRequest, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string

from .errors import AppError, Forbidden, InternalError, InvalidParam, NotFound, PayloadTooLarge, Unavailable

log = logging.getLogger(__name__)

TITLES = {
    400: "That did not work",
    401: "Please sign in",
    403: "Not allowed",
    404: "Not found",
    413: "Too large",
    429: "Too many attempts",
    500: "Something went wrong",
    503: "One moment, please",
}


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks: it accepts JSON but not HTML, or says so as htmx and fetch wrappers do."""
    accept = request.headers.get("Accept", "")
    return "HX-Request" in request.headers or ("json" in accept and "html" not in accept)


def translate(error: Exception) -> AppError | None:
    """A known exception as something that may be shown; None for the unexpected."""
    if isinstance(error, AppError):
        return error
    if isinstance(error, Http404):
        return NotFound("There is nothing at this address.")
    if isinstance(error, PermissionDenied):
        return Forbidden()
    if isinstance(error, RequestDataTooBig):
        return PayloadTooLarge(f"The request is over {settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 2**20} MB.")
    if isinstance(error, BadRequest | SuspiciousOperation | DataError):
        return InvalidParam()
    if isinstance(error, OperationalError):
        return Unavailable()
    return None


def error_response(request: HttpRequest, error: AppError) -> HttpResponse:
    """The error as a page or as JSON. Reads neither session nor database, either may be what failed."""
    request_id = getattr(request, "request_id", "")
    if wants_json(request):
        return JsonResponse({**error.body(), "request_id": request_id}, status=error.http_status)
    context = {
        "product_name": settings.PRODUCT_NAME,
        "theme": theme_of(request),
        "title": TITLES.get(error.http_status, TITLES[400]),
        "message": error.message,
        "status": error.http_status,
        "request_id": request_id,
    }
    return HttpResponse(render_to_string("base/error.html", context), status=error.http_status)


def theme_of(request: HttpRequest) -> str:
    """The colour theme the browser asked for by cookie: light, dark or auto."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in {"light", "dark"} else "auto"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler400."""
    return error_response(request, translate(exception) or InvalidParam())


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler403."""
    return error_response(request, Forbidden())


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's handler404."""
    return error_response(request, NotFound("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Django's handler500; the trace is in the log beside the request's id."""
    log.error("request %s ended in an unexpected error", getattr(request, "request_id", ""))
    return error_response(request, InternalError("This was not your fault. It has been written to the log."))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Django's CSRF_FAILURE_VIEW."""
    return error_response(request, Forbidden("This form has expired. Go back, reload the page and try again."))
