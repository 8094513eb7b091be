"""Operators' view of apps, versions, keys and end users."""

from typing import ClassVar

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import ApiToken, App, AppTemplate, AppVersion, EndUser, Site


@admin.register(App)
class AppAdmin(ReadMostlyAdmin):
    list_display = ("name", "mode", "workspace", "enable_site", "enable_api", "created_at")
    list_filter = ("mode",)
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name", "id")


@admin.register(AppVersion)
class AppVersionAdmin(ReadMostlyAdmin):
    list_display = ("app", "number", "is_release", "note", "created_at")
    list_select_related: ClassVar[tuple[str, ...]] = ("app",)


@admin.register(ApiToken)
class ApiTokenAdmin(ReadMostlyAdmin):
    secret = ("digest",)
    list_display = ("hint", "kind", "workspace", "app", "last_used_at", "created_at")
    list_filter = ("kind",)
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace", "app")


@admin.register(EndUser)
class EndUserAdmin(ReadMostlyAdmin):
    list_display = ("session_id", "kind", "app", "created_at")
    list_filter = ("kind",)
    list_select_related: ClassVar[tuple[str, ...]] = ("app",)
    search_fields = ("session_id",)


@admin.register(Site)
class SiteAdmin(ReadMostlyAdmin):
    list_display = ("app", "title", "default_language", "updated_at")
    list_select_related: ClassVar[tuple[str, ...]] = ("app",)


@admin.register(AppTemplate)
class AppTemplateAdmin(ReadMostlyAdmin):
    list_display = ("name", "category", "mode", "workspace", "created_at")
    list_filter = ("mode", "category")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name",)
