"""Console middleware: content security policy, and errors in the form the client asked for."""

import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeAlias, cast
from uuid import uuid4
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from asgiref.sync import iscoroutinefunction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from django.utils.decorators import sync_and_async_middleware

from .error_pages import error_response, translate
from .languages import COOKIE, language_of_console

Answer: TypeAlias = HttpResponseBase | Awaitable[HttpResponseBase]
Handler: TypeAlias = Callable[[HttpRequest], Answer]

# 'self' covers websockets of this origin (CSP level 3). Remote images are shut out: a URL can carry data away.
POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' data: blob: {files}; media-src 'self' blob:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors {ancestors}"
)


def policy(nonce: str, *, ancestors: str = "'none'", files: str = "") -> str:
    """The content security policy of a page.

    Args:
        nonce: what its inline import map and style sheet carry.
        ancestors: sources that may show the page in a frame.
        files: the origin of uploads where they come from another host.
    """
    return POLICY.format(nonce=nonce, ancestors=ancestors, files=files)


def around(
    get_response: Handler,
    before: Callable[[HttpRequest], None],
    after: Callable[[HttpRequest, HttpResponseBase], None] = lambda request, response: None,
) -> Handler:
    """A middleware that stays in the event loop or in the thread, as its neighbours do: no hop is added.

    Args:
        before: prepares the request; must not touch the database, it may run in the loop.
        after: completes the response; the same holds.
    """
    if iscoroutinefunction(get_response):

        async def in_loop(request: HttpRequest) -> HttpResponseBase:
            before(request)
            response: HttpResponseBase = await get_response(request)
            after(request, response)
            return response

        return in_loop

    def in_thread(request: HttpRequest) -> HttpResponseBase:
        before(request)
        response = cast(HttpResponseBase, get_response(request))  # not awaitable in this branch
        after(request, response)
        return response

    return in_thread


@sync_and_async_middleware
def content_security_policy(get_response: Handler) -> Handler:
    """Sets the policy, with `request.csp_nonce` for the one inline script (the import map)."""

    def before(request: HttpRequest) -> None:
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]

    def after(request: HttpRequest, response: HttpResponseBase) -> None:
        nonce = request.csp_nonce  # type: ignore[attr-defined]  # set above
        response.headers.setdefault("Content-Security-Policy", policy(nonce))

    return around(get_response, before, after)


# The APIs' sentences are part of their contracts, and public pages speak their app's language.
_OWN_LANGUAGE = ("/v1/", "/api/", "/chat/", "/chatbot/", "/completion/", "/static/")


@sync_and_async_middleware
def console_locale(get_response: Handler) -> Handler:
    """Language and time zone of the person, from cookies their settings write: nothing has to be read for them."""

    def before(request: HttpRequest) -> None:
        if request.path_info.startswith(_OWN_LANGUAGE):
            return
        cookie, accept = request.COOKIES.get(COOKIE, ""), request.headers.get("Accept-Language", "")
        translation.activate(language_of_console(cookie, accept))
        with suppress(ValueError, ZoneInfoNotFoundError):
            timezone.activate(ZoneInfo(request.COOKIES.get("time_zone", "") or "UTC"))

    def after(request: HttpRequest, response: HttpResponseBase) -> None:
        if not request.path_info.startswith(_OWN_LANGUAGE):
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
            translation.deactivate()
            timezone.deactivate()

    return around(get_response, before, after)


@sync_and_async_middleware
def console_errors(get_response: Handler) -> Handler:
    """Gives each request an id and shows known exceptions as a page or JSON; handler500 has the rest."""

    def before(request: HttpRequest) -> None:
        request.request_id = uuid4().hex  # type: ignore[attr-defined]

    def after(request: HttpRequest, response: HttpResponseBase) -> None:
        response.headers["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]  # set above

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        problem = translate(error)
        return None if problem is None else error_response(request, problem)

    middleware = around(get_response, before, after)
    middleware.process_exception = process_exception  # type: ignore[attr-defined]  # where Django looks for it
    return middleware
