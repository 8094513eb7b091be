"""Operators' view of conversations and messages."""

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import Conversation, Message


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
