"""Operators' view of triggers, and of who tries drafts out with values of their own."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin import ReadMostlyAdmin
from apps.workspaces.permissions import operator

from .models import Firing, NodeValue, Trigger
from .services.triggers import set_trigger


@admin.register(Trigger)
class TriggerAdmin(ReadMostlyAdmin):
    secret = ("token", "debug_token", "secret")
    list_display = ("node_id", "title", "app", "kind", "is_enabled", "missed", "next_run_at")
    list_filter = ("kind", "is_enabled")
    list_select_related = ("app",)
    search_fields = ("id", "title", "app__name")
    actions = ("switch_off", "switch_on")

    @admin.action(description="Switch off")
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Trigger]) -> None:
        self._switch(request, queryset, False)

    @admin.action(description="Switch on")
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Trigger]) -> None:
        self._switch(request, queryset, True)

    def _switch(self, request: HttpRequest, queryset: QuerySet[Trigger], is_enabled: bool) -> None:
        user = operator(request)
        self.apply(request, queryset, lambda row: set_trigger(trigger=row, user=user, is_enabled=is_enabled))


@admin.register(Firing)
class FiringAdmin(ReadMostlyAdmin):
    list_display = ("id", "trigger", "key", "status", "error", "attempt", "created_at")
    list_filter = ("status",)
    list_select_related = ("trigger",)
    search_fields = ("id", "key", "trigger__id")


@admin.register(NodeValue)
class NodeValueAdmin(ReadMostlyAdmin):
    list_display = ("node_id", "app", "account", "source", "is_pinned", "updated_at")
    list_filter = ("source", "is_pinned")
    list_select_related = ("app", "account")
    search_fields = ("id", "app__name", "account__email")
    secret = ("outputs", "details")
