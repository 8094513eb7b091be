"""Django's middlewares without detours. Under ASGI it runs both halves of each in a thread, a quarter of a millisecond
a time and a dozen times a request, though most of them only look at headers.
"""

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.middleware.security import SecurityMiddleware
from django.utils.deprecation import MiddlewareMixin


class InLoop(MiddlewareMixin):
    """Goes to a thread only where it writes."""

    def writes(self, request: HttpRequest) -> bool:
        """Whether completing this request's response touches the database."""
        return False

    async def __acall__(self, request: HttpRequest) -> HttpResponseBase:
        begin, end = getattr(self, "process_request", None), getattr(self, "process_response", None)
        early = begin(request) if begin else None
        response: HttpResponseBase = early or await self.get_response(request)  # type: ignore[misc]  # it is awaitable here
        if end and self.writes(request):
            response = await sync_to_async(end)(request, response)
        elif end:
            response = end(request, response)
        return response


class Security(InLoop, SecurityMiddleware):
    """Transport security, content types, referrers."""


class Sessions(InLoop, SessionMiddleware):
    """The session, which is read when it is first asked for."""

    def writes(self, request: HttpRequest) -> bool:
        """Where it was changed."""
        return request.session.modified or settings.SESSION_SAVE_EVERY_REQUEST


class Common(InLoop, CommonMiddleware):
    """Slashes at the end of addresses, lengths of responses."""


class Csrf(InLoop, CsrfViewMiddleware):
    """The token's cookie; the check itself reads forms and keeps to a thread."""


class Authentication(InLoop, AuthenticationMiddleware):
    """The user, who is read when first asked for."""


class Messages(InLoop, MessageMiddleware):
    """What the next page tells."""

    def writes(self, request: HttpRequest) -> bool:
        """Where some were shown or added: they may be kept in the session."""
        messages = getattr(request, "_messages", None)
        return messages is not None and (messages.used or messages.added_new)


class FrameOptions(InLoop, XFrameOptionsMiddleware):
    """Who may show a page in a frame."""
