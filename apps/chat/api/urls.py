"""Addresses below /v1."""

from django.urls import path

from . import views

urlpatterns = [
    path("chat-messages", views.chat_messages, name="v1-chat-messages"),
    path("chat-messages/<str:task_id>/stop", views.stop, name="v1-chat-stop"),
    path("completion-messages", views.completion_messages, name="v1-completion-messages"),
    path("completion-messages/<str:task_id>/stop", views.stop, name="v1-completion-stop"),
]
