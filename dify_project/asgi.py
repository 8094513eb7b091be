"""The ASGI application: websockets, the APIs without console middleware, everything else through Django's own."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dify_project.settings.prod")

import django

django.setup(set_prefix=False)

from asgiref.typing import ASGIReceiveCallable, ASGISendCallable, Scope
from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from channels.security.websocket import AllowedHostsOriginValidator, WebsocketDenier
from django.urls import get_resolver, re_path

from apps.chat import routing as chat_routing
from apps.common.handlers import BoundedHandler, ServiceHandler
from apps.common.lifespan import serve_lifespan
from apps.common.origins import same_origin
from apps.webapp import routing as webapp_routing

_ = get_resolver().url_patterns  # a broken address or view must stop the start, not the first request
console = BoundedHandler()
service = ServiceHandler()
nowhere = re_path("", WebsocketDenier.as_asgi())  # type: ignore[arg-type]  # as in apps.chat.routing
patterns = [*chat_routing.websocket_urlpatterns, *webapp_routing.websocket_urlpatterns, nowhere]
router = URLRouter(patterns)  # type: ignore[arg-type]  # its stubs know only their own pattern type
sockets = same_origin(AllowedHostsOriginValidator(AuthMiddlewareStack(router)))


async def application(scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
    """Hands each connection to its handler."""
    if scope["type"] == "http":
        path = scope["path"]
        # Health is asked for by the machine itself, by an address that ALLOWED_HOSTS need not name.
        handler = service if path.startswith(("/v1/", "/api/", "/triggers/")) or path == "/health" else console
        await handler(scope, receive, send)  # type: ignore[arg-type]  # Django types scopes as plain dicts
    elif scope["type"] == "websocket":
        await sockets(scope, receive, send)
    else:
        await serve_lifespan(receive, send)
