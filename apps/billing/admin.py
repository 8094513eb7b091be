"""Operators' view of usage, budgets and trials.

What is spent and held has composite keys, which Django's admin does not show; the console's page of budgets does.
"""

from django.contrib import admin

from apps.common.admin import ReadMostlyAdmin

from .models import Budget, TrialUse, Usage


@admin.register(Usage)
class UsageAdmin(ReadMostlyAdmin):
    list_display = ("day", "workspace_id", "app_id", "provider", "model", "type", "calls", "failed", "cost", "currency")
    list_filter = ("type", "provider")
    search_fields = ("workspace_id", "app_id", "model")


@admin.register(Budget)
class BudgetAdmin(ReadMostlyAdmin):
    list_display = ("workspace", "scope", "subject_id", "period", "limit_usd", "action", "is_enabled")
    list_filter = ("scope", "period", "action", "is_enabled")
    list_select_related = ("workspace",)
    search_fields = ("id", "subject_id", "workspace__name")


@admin.register(TrialUse)
class TrialUseAdmin(ReadMostlyAdmin):
    list_display = ("workspace", "provider", "used", "granted")
    list_filter = ("provider",)
    list_select_related = ("workspace",)
    search_fields = ("id", "workspace__name")
