"""Addresses below /v1."""

from django.urls import path

from apps.prompts.api.auth import key_reader

from . import openai, views, workflows
from .after import rename_view, suggested_view
from .audio import audio_to_text_view, text_to_audio_view

urlpatterns = [
    path("chat-messages", views.chat_messages, name="v1-chat-messages"),
    path("chat-messages/<str:task_id>/stop", views.stop, name="v1-chat-stop"),
    path("completion-messages", views.completion_messages, name="v1-completion-messages"),
    path("completion-messages/<str:task_id>/stop", views.stop, name="v1-completion-stop"),
    path("workflows/run", workflows.run, name="v1-workflow-run"),
    path("workflows/<str:workflow_id>/run", workflows.run, name="v1-workflow-run-version"),
    path("workflows/tasks/<str:task_id>/stop", workflows.stop, name="v1-workflow-stop"),
    path("messages/<str:message_id>/suggested", suggested_view(key_reader), name="v1-suggested"),
    path("conversations/<str:conversation_id>/name", rename_view(key_reader), name="v1-conversation-name"),
    path("audio-to-text", audio_to_text_view(key_reader), name="v1-audio-to-text"),
    path("text-to-audio", text_to_audio_view(key_reader), name="v1-text-to-audio"),
    path("chat/completions", openai.chat_completions, name="v1-openai-chat"),
    path("models", openai.models, name="v1-openai-models"),
]
