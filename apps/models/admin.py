"""The operators' view of providers and models; no secret is readable."""

from typing import ClassVar

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import DefaultModel, FallbackChain, KeyTrouble, ProviderCredential, WorkspaceModel


@admin.register(ProviderCredential)
class ProviderCredentialAdmin(ReadMostlyAdmin):
    list_display = ("provider", "label", "workspace", "is_enabled", "validated_at", "updated_at")
    list_filter = ("is_enabled", "provider")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("provider", "workspace__name")
    secret: ClassVar[tuple[str, ...]] = ("encrypted",)


@admin.register(KeyTrouble)
class KeyTroubleAdmin(ReadMostlyAdmin):
    list_display = ("credential", "model", "kind", "since", "until")
    list_filter = ("kind",)
    list_select_related: ClassVar[tuple[str, ...]] = ("credential",)
    search_fields = ("model", "credential__workspace__name")


@admin.register(WorkspaceModel)
class WorkspaceModelAdmin(ReadMostlyAdmin):
    list_display = ("name", "type", "provider", "workspace", "is_enabled")
    list_filter = ("is_enabled", "type", "provider")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name", "workspace__name")
    secret: ClassVar[tuple[str, ...]] = ("encrypted",)


@admin.register(FallbackChain)
class FallbackChainAdmin(ReadMostlyAdmin):
    list_display = ("type", "workspace")
    list_filter = ("type",)
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("workspace__name",)


@admin.register(DefaultModel)
class DefaultModelAdmin(ReadMostlyAdmin):
    list_display = ("type", "provider", "name", "workspace")
    list_filter = ("type", "provider")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name", "workspace__name")
