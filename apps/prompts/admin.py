"""Operators' view of apps, versions, keys and end users."""

from typing import ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin import ReadMostlyAdmin
from apps.workspaces.permissions import operator

from .models import ApiToken, App, AppTemplate, AppVersion, EndUser, Site
from .services.apps import update_app
from .services.keys import revoke_key


@admin.register(App)
class AppAdmin(ReadMostlyAdmin):
    list_display = ("name", "mode", "workspace", "enable_site", "enable_api", "created_at")
    list_filter = ("mode", "enable_site", "enable_api")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name", "id")
    actions = ("close", "reopen")

    @admin.action(description="Close page and API of the selected apps")
    def close(self, request: HttpRequest, apps: "QuerySet[App]") -> None:
        self._switch(request, apps, is_open=False)

    @admin.action(description="Open page and API of the selected apps")
    def reopen(self, request: HttpRequest, apps: "QuerySet[App]") -> None:
        self._switch(request, apps, is_open=True)

    def _switch(self, request: HttpRequest, apps: "QuerySet[App]", *, is_open: bool) -> None:
        user, fields = operator(request), {"enable_site": is_open, "enable_api": is_open}
        self.apply(request, apps, lambda app: update_app(app=app, user=user, **fields))


@admin.register(AppVersion)
class AppVersionAdmin(ReadMostlyAdmin):
    list_display = ("app", "number", "is_release", "note", "created_at")
    list_filter = ("is_release",)
    list_select_related: ClassVar[tuple[str, ...]] = ("app",)
    search_fields = ("app__name", "app__id", "note")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadMostlyAdmin):
    secret = ("digest",)
    list_display = ("hint", "kind", "workspace", "app", "last_used_at", "created_at")
    list_filter = ("kind",)
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace", "app")
    search_fields = ("hint", "app__name", "workspace__name")
    actions = ("revoke",)

    @admin.action(description="Revoke the selected keys for good")
    def revoke(self, request: HttpRequest, tokens: "QuerySet[ApiToken]") -> None:
        user = operator(request)
        self.apply(
            request, tokens, lambda token: revoke_key(workspace=token.workspace, token_id=token.pk, user=user)
        )  # fmt: skip


@admin.register(EndUser)
class EndUserAdmin(ReadMostlyAdmin):
    list_display = ("session_id", "kind", "app", "created_at")
    list_filter = ("kind",)
    list_select_related: ClassVar[tuple[str, ...]] = ("app",)
    search_fields = ("session_id",)


@admin.register(Site)
class SiteAdmin(ReadMostlyAdmin):
    list_display = ("app", "title", "default_language", "updated_at")
    list_filter = ("default_language",)
    list_select_related: ClassVar[tuple[str, ...]] = ("app",)
    search_fields = ("title", "app__name")


@admin.register(AppTemplate)
class AppTemplateAdmin(ReadMostlyAdmin):
    list_display = ("name", "category", "mode", "workspace", "created_at")
    list_filter = ("mode", "category")
    list_select_related: ClassVar[tuple[str, ...]] = ("workspace",)
    search_fields = ("name",)
