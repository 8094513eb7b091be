"""Addresses below /api."""

from django.urls import path

from apps.prompts.api.views import InfoView, ParametersView

from . import events, views
from .auth import PassportAuthentication

behind_passport = {"authentication_classes": [PassportAuthentication]}
urlpatterns = [
    path("passport", views.passport, name="api-passport"),
    path("parameters", ParametersView.as_view(**behind_passport), name="api-parameters"),
    path("info", InfoView.as_view(**behind_passport), name="api-info"),
    path("chat-messages", views.chat_messages, name="api-chat-messages"),
    path("chat-messages/<str:task_id>/stop", views.stop, name="api-chat-stop"),
    path("messages/<uuid:message_id>/events", events.message_events, name="api-message-events"),
    path("completion-messages", views.completion_messages, name="api-completion-messages"),
    path("completion-messages/<str:task_id>/stop", views.stop, name="api-completion-stop"),
]
