"""Addresses below /v1."""

from django.urls import path

from . import flows, views

CONVERSATION = "conversations/<str:conversation_id>"

urlpatterns = [
    path("messages", views.MessagesView.as_view(), name="v1-messages"),
    path("messages/<str:message_id>/feedbacks", views.FeedbackView.as_view(), name="v1-feedback"),
    path("app/feedbacks", views.AppFeedbacksView.as_view(), name="v1-app-feedbacks"),
    path("conversations", views.ConversationsView.as_view(), name="v1-conversations"),
    path(CONVERSATION, views.ConversationView.as_view(), name="v1-conversation"),
    path(f"{CONVERSATION}/variables", views.VariablesView.as_view(), name="v1-variables"),
    path(f"{CONVERSATION}/variables/<str:variable_id>", views.VariableView.as_view(), name="v1-variable"),
    path("workflows/run/<str:run_id>", flows.RunView.as_view(), name="v1-workflow-run-detail"),
    path("workflows/logs", flows.RunsView.as_view(), name="v1-workflow-logs"),
    path("files/<str:file_id>/preview", views.FilePreviewView.as_view(), name="v1-file-preview"),
]
