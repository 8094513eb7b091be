"""Websocket addresses."""

from django.urls import path

from .consumers import ChatConsumer

websocket_urlpatterns = [
    path("ws/apps/<uuid:app_id>/chat", ChatConsumer.as_asgi(), name="ws-chat"),  # type: ignore[arg-type]  # Channels routes ASGI apps by Django's path
]
