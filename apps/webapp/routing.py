"""Websocket addresses of public pages."""

from django.urls import path

from .consumers import SiteConsumer

websocket_urlpatterns = [
    path("ws/site/<str:code>/chat", SiteConsumer.as_asgi(), name="ws-site-chat"),  # type: ignore[arg-type]  # as in apps.chat.routing
]
