"""Addresses below /api."""

from typing import Any

from django.urls import path
from rest_framework.views import APIView

from apps.chat.api.after import rename_view, suggested_view
from apps.chat.api.audio import audio_to_text_view, text_to_audio_view
from apps.logs.api.views import (
    ConversationsView,
    ConversationView,
    FeedbackView,
    PinView,
    SavedMessagesView,
    SavedMessageView,
)
from apps.prompts.api.views import InfoView, MetaView, ParametersView, UploadView

from . import events, flows, views
from .auth import PassportAuthentication, passport_reader

CONVERSATION = "conversations/<str:conversation_id>"
MESSAGE = "messages/<str:message_id>"


def visited(view: type[APIView], **options: Any) -> Any:
    """A view of the service API behind a passport."""
    return view.as_view(authentication_classes=[PassportAuthentication], **options)


urlpatterns = [
    path("passport", views.passport, name="api-passport"),
    path("site", visited(views.VisitorSiteView), name="api-site"),
    path("parameters", visited(ParametersView), name="api-parameters"),
    path("meta", visited(MetaView), name="api-meta"),
    path("info", visited(InfoView), name="api-info"),
    path("chat-messages", views.chat_messages, name="api-chat-messages"),
    path("chat-messages/<str:task_id>/stop", views.stop, name="api-chat-stop"),
    path("messages/<str:message_id>/events", events.message_events, name="api-message-events"),
    path("completion-messages", views.completion_messages, name="api-completion-messages"),
    path("completion-messages/<str:task_id>/stop", views.stop, name="api-completion-stop"),
    path("workflows/run", flows.run, name="api-workflow-run"),
    path("workflows/tasks/<str:task_id>/stop", flows.stop, name="api-workflow-stop"),
    path("workflows/<str:run_id>/events", flows.events, name="api-workflow-events"),
    path("conversations", visited(ConversationsView, can_pin=True), name="api-conversations"),
    path(CONVERSATION, visited(ConversationView), name="api-conversation"),
    path(f"{CONVERSATION}/name", rename_view(passport_reader), name="api-conversation-name"),
    path(f"{CONVERSATION}/pin", visited(PinView), name="api-pin"),
    path(f"{CONVERSATION}/unpin", visited(PinView, pinned=False), name="api-unpin"),
    path("messages", visited(views.VisitorMessagesView), name="api-messages"),
    path(f"{MESSAGE}/feedbacks", visited(FeedbackView), name="api-feedback"),
    path(f"{MESSAGE}/more-like-this", views.more_like_this, name="api-more-like-this"),
    path(f"{MESSAGE}/suggested-questions", suggested_view(passport_reader), name="api-suggested"),
    path("saved-messages", visited(SavedMessagesView), name="api-saved-messages"),
    path("saved-messages/<str:message_id>", visited(SavedMessageView), name="api-saved-message"),
    path("files/upload", visited(UploadView), name="api-upload"),
    path("audio-to-text", audio_to_text_view(passport_reader), name="api-audio-to-text"),
    path("text-to-audio", text_to_audio_view(passport_reader), name="api-text-to-audio"),
]
