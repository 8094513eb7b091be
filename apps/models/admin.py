"""The operators' view of providers and models; no secret is readable."""

from typing import ClassVar

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import DefaultModel, ProviderCredential, WorkspaceModel


@admin.register(ProviderCredential)
class ProviderCredentialAdmin(ReadMostlyAdmin):
    list_display = ("provider", "workspace", "validated_at", "updated_at")
    list_filter = ("provider",)
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("provider", "workspace__name")
    secret: ClassVar[tuple[str, ...]] = ("encrypted",)


@admin.register(WorkspaceModel)
class WorkspaceModelAdmin(ReadMostlyAdmin):
    list_display = ("name", "type", "provider", "workspace", "is_enabled")
    list_filter = ("is_enabled", "type", "provider")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name", "workspace__name")


@admin.register(DefaultModel)
class DefaultModelAdmin(ReadMostlyAdmin):
    list_display = ("type", "provider", "name", "workspace")
    list_filter = ("type", "provider")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name", "workspace__name")
