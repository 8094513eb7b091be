"""Heartbeats for operators."""

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import Heartbeat


@admin.register(Heartbeat)
class HeartbeatAdmin(ReadMostlyAdmin):
    """Which processes said when that they work."""

    list_display = ("part", "host", "pid", "version", "beat_at")
    list_filter = ("part",)
    search_fields = ("host",)
