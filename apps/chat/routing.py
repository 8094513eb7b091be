"""Websocket addresses."""

from django.urls import path

from .consumers import ChatConsumer, DebugConsumer

websocket_urlpatterns = [
    path("ws/apps/<uuid:app_id>/chat", ChatConsumer.as_asgi(), name="ws-chat"),  # type: ignore[arg-type]  # Channels routes ASGI apps by Django's path
    path("ws/apps/<uuid:app_id>/debug", DebugConsumer.as_asgi(), name="ws-debug"),  # type: ignore[arg-type]  # as above
]
