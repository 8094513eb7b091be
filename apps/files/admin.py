"""Uploads for operators."""

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import UploadFile


@admin.register(UploadFile)
class UploadFileAdmin(ReadMostlyAdmin):
    list_display = ("name", "workspace", "extension", "size_bytes", "created_at")
    list_filter = ("extension",)
    list_select_related = ("workspace",)
    search_fields = ("id", "name")
