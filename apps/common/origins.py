"""Keeps other sites' pages off our websockets, which browsers would open with our visitors' cookies."""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

from channels.security.websocket import WebsocketDenier
from django.conf import settings

Application = Callable[[Any, Any, Any], Awaitable[None]]


def same_origin(application: Any) -> Application:
    """Wraps a websocket application: a browser's `Origin` must be the host it asked, or in CSRF_TRUSTED_ORIGINS.

    The scheme is left out of account, since a proxy in front may end TLS. Programs that send no Origin pass: nobody
    can steer them with cookies. (RFC 6455 section 10.2; ALLOWED_HOSTS alone does not help while it is `*`.)
    """

    async def guarded(scope: Any, receive: Any, send: Any) -> None:
        headers = dict(scope["headers"])
        origin = headers.get(b"origin", b"").decode("latin-1")
        host = headers.get(b"host", b"").decode("latin-1")
        if _is_ours(origin, host) or origin in settings.CSRF_TRUSTED_ORIGINS:
            await application(scope, receive, send)
        else:
            await WebsocketDenier()(scope, receive, send)

    return guarded


def _is_ours(origin: str, host: str) -> bool:
    try:
        return not origin or urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:  # brackets that hold no IPv6 address
        return False
