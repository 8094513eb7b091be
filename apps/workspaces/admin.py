"""Operators' view of users, workspaces, members, audit and failed sign-ins."""

from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.common.admin import ReadMostlyAdmin

from .choices import WorkspaceStatus
from .models import AuditEvent, Installation, Invitation, Membership, SignInAttempt, Tag, TagBinding, User, Workspace
from .permissions import operator
from .services.accounts import set_active
from .services.workspaces import reopen_workspace

admin.site.unregister(Group)


@admin.register(User)
class UserAdmin(ReadMostlyAdmin):
    secret = ("password",)
    list_display = ("email", "name", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "name")
    actions = ("activate", "deactivate")

    @admin.action(description="Let the selected users in again")
    def activate(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        self._set(request, users, is_active=True)

    @admin.action(description="Lock the selected users out")
    def deactivate(self, request: HttpRequest, users: "QuerySet[User]") -> None:
        self._set(request, users.exclude(email=operator(request).email), is_active=False)

    def _set(self, request: HttpRequest, users: "QuerySet[User]", *, is_active: bool) -> None:
        for user in users:
            set_active(user=user, is_active=is_active, by=operator(request))
        self.message_user(request, f"{len(users)} users changed.", messages.SUCCESS)


@admin.register(Workspace)
class WorkspaceAdmin(ReadMostlyAdmin):
    secret = ("wrapped_private_key",)
    list_display = ("name", "status", "created_at")
    list_filter = ("status",)
    search_fields = ("name",)
    actions = ("reopen",)

    @admin.action(description="Open the selected workspaces again")
    def reopen(self, request: HttpRequest, workspaces: "QuerySet[Workspace]") -> None:
        closed = workspaces.filter(status=WorkspaceStatus.ARCHIVED)
        for workspace in closed:
            reopen_workspace(workspace=workspace, by=operator(request))
        self.message_user(request, f"{len(closed)} workspaces opened.", messages.SUCCESS)


@admin.register(Membership)
class MembershipAdmin(ReadMostlyAdmin):
    list_display = ("user", "workspace", "role", "last_used_at")
    list_filter = ("role",)
    list_select_related = ("user", "workspace")
    search_fields = ("user__email", "workspace__name")


@admin.register(Invitation)
class InvitationAdmin(ReadMostlyAdmin):
    secret = ("digest",)
    list_display = ("email", "workspace", "role", "created_at", "expires_at")
    list_filter = ("role",)
    list_select_related = ("workspace",)
    search_fields = ("email",)


@admin.register(AuditEvent)
class AuditEventAdmin(ReadMostlyAdmin):
    list_display = ("created_at", "action", "user", "workspace", "object_type", "object_id")
    list_filter = ("action",)
    list_select_related = ("user", "workspace")
    date_hierarchy = "created_at"
    search_fields = ("user__email", "object_id")


@admin.register(SignInAttempt)
class SignInAttemptAdmin(ReadMostlyAdmin):
    secret = ("device",)
    list_display = ("created_at", "account", "address")
    date_hierarchy = "created_at"
    search_fields = ("account", "address")


@admin.register(Installation)
class InstallationAdmin(ReadMostlyAdmin):
    list_display = ("completed_at",)


@admin.register(Tag)
class TagAdmin(ReadMostlyAdmin):
    list_display = ("name", "kind", "workspace", "created_at")
    list_filter = ("kind",)
    list_select_related = ("workspace",)
    search_fields = ("name",)


@admin.register(TagBinding)
class TagBindingAdmin(ReadMostlyAdmin):
    list_display = ("tag", "target_id", "created_at")
    list_select_related = ("tag",)
    list_filter = ("tag__kind",)
    search_fields = ("target_id", "tag__name")
