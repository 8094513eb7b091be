"""Operators' view of conversations, messages and what readers made of them."""

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import (
    Annotation,
    BigValue,
    Conversation,
    Feedback,
    HumanForm,
    Message,
    MessageFile,
    NodeRun,
    PausedRun,
    SavedMessage,
    WorkflowRun,
)


@admin.register(Conversation)
class ConversationAdmin(ReadMostlyAdmin):
    list_display = ("name", "invoke_from", "app_id", "status", "updated_at")
    list_filter = ("invoke_from", "status")
    search_fields = ("id", "app_id")


@admin.register(Message)
class MessageAdmin(ReadMostlyAdmin):
    list_display = ("id", "app_id", "status", "error_code", "provider", "model", "latency_s", "created_at")
    list_filter = ("status", "error_code", "provider")
    search_fields = ("id", "app_id", "conversation__id")


@admin.register(MessageFile)
class MessageFileAdmin(ReadMostlyAdmin):
    list_display = ("id", "app_id", "type", "transfer_method", "belongs_to", "created_at")
    list_filter = ("type", "belongs_to")
    search_fields = ("id", "message__id")


@admin.register(Feedback)
class FeedbackAdmin(ReadMostlyAdmin):
    list_display = ("message_id", "app_id", "rating", "source", "updated_at")
    list_filter = ("rating", "source")
    search_fields = ("message__id", "app_id")


@admin.register(SavedMessage)
class SavedMessageAdmin(ReadMostlyAdmin):
    list_display = ("message_id", "app_id", "end_user_id", "created_at")
    search_fields = ("message__id", "app_id")


@admin.register(Annotation)
class AnnotationAdmin(ReadMostlyAdmin):
    list_display = ("question", "app_id", "hit_count", "updated_at")
    search_fields = ("id", "question")


@admin.register(WorkflowRun)
class WorkflowRunAdmin(ReadMostlyAdmin):
    list_display = ("id", "app_id", "status", "error_code", "total_steps", "elapsed_s", "created_at")
    list_filter = ("status", "error_code")
    search_fields = ("id", "app_id", "task_id")


@admin.register(NodeRun)
class NodeRunAdmin(ReadMostlyAdmin):
    list_display = ("run_id", "index", "title", "node_type", "status", "elapsed_s")
    list_filter = ("status", "node_type")
    search_fields = ("id", "run__id", "app_id")


@admin.register(BigValue)
class BigValueAdmin(ReadMostlyAdmin):
    list_display = ("run_id", "node_index", "field", "characters", "created_at")
    search_fields = ("id", "run__id", "app_id")
    secret = ("content",)


@admin.register(PausedRun)
class PausedRunAdmin(ReadMostlyAdmin):
    list_display = ("run_id", "app_id", "created_at")
    search_fields = ("run__id", "app_id")
    secret = ("state",)


@admin.register(HumanForm)
class HumanFormAdmin(ReadMostlyAdmin):
    list_display = ("id", "app_id", "node_title", "status", "expires_at", "answered_at")
    list_filter = ("status",)
    search_fields = ("id", "run__id", "app_id")
    secret = ("token",)
