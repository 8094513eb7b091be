"""Settings of the workspace: its name, further ones, leaving, handing over, closing."""

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.errors import Forbidden
from apps.common.forms import attempt
from apps.common.pages import done
from apps.workspaces.choices import Role
from apps.workspaces.forms import TransferForm, TypedForm, WorkspaceForm
from apps.workspaces.permissions import MANAGERS, MEMBERS, SESSION_KEY, ConsoleRequest, requires
from apps.workspaces.selectors import list_members
from apps.workspaces.services import members, workspaces


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MEMBERS)
def settings_page(request: ConsoleRequest) -> HttpResponse:
    form = WorkspaceForm(request.POST or None, initial={"name": request.workspace.name})
    if request.method == "POST":
        if request.membership.role not in MANAGERS:
            raise Forbidden("Only owners and admins rename a workspace.")
        if attempt(form, lambda fields: _rename(request, fields)):
            return done(request, "workspaces:workspace", _("Saved."))
    context = {
        "form": form,
        "may_rename": request.membership.role in MANAGERS,
        "is_owner": request.membership.role == Role.OWNER,
        "may_create": settings.ALLOW_CREATE_WORKSPACE,
    }
    return render(request, "workspaces/workspace.html", context, status=400 if form.errors else 200)


def _rename(request: ConsoleRequest, fields: dict[str, Any]) -> bool:
    workspaces.rename_workspace(workspace=request.workspace, by=request.user, **fields)
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MEMBERS)
def create(request: ConsoleRequest) -> HttpResponse:
    form = WorkspaceForm(request.POST or None)
    if request.method == "POST":
        made = attempt(form, lambda fields: workspaces.create_own_workspace(user=request.user, **fields))
        if made:
            request.session[SESSION_KEY] = str(made.pk)
            return done(request, settings.LOGIN_REDIRECT_URL, _("This is your new workspace."))
    context = {
        "form": form,
        "title": _("New workspace"),
        "text": _("You will own it. Apps, knowledge, keys and members of other workspaces stay where they are."),
        "action": _("Create workspace"),
    }
    return _confirm_page(request, context)


@require_POST
@requires(*(role for role in MEMBERS if role != Role.OWNER))
def leave(request: ConsoleRequest) -> HttpResponse:
    name = request.workspace.name
    members.leave_workspace(membership=request.membership)
    request.session.pop(SESSION_KEY, None)
    return done(request, settings.LOGIN_REDIRECT_URL, _("You left %(name)s.") % {"name": name})


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Role.OWNER)
def transfer(request: ConsoleRequest) -> HttpResponse:
    heirs = list_members(workspace=request.workspace).exclude(role=Role.OWNER)
    form = TransferForm(request.POST or None, heirs=heirs)
    if request.method == "POST" and attempt(form, lambda fields: _transfer(request, fields)):
        return done(request, "workspaces:workspace", _("The workspace has a new owner; you are an admin now."))
    context = {
        "form": form,
        "title": _("Hand the workspace over"),
        "text": _("The new owner may do everything, also remove you. You stay as an admin."),
        "action": _("Hand over"),
        "danger": True,
    }
    return _confirm_page(request, context)


def _transfer(request: ConsoleRequest, fields: dict[str, Any]) -> bool:
    members.transfer_ownership(owner=request.membership, user_id=fields["heir"], typed=fields["typed"])
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@requires(Role.OWNER)
def archive(request: ConsoleRequest) -> HttpResponse:
    form = TypedForm(request.POST or None)
    if request.method == "POST" and attempt(form, lambda fields: _archive(request, fields)):
        request.session.pop(SESSION_KEY, None)
        return done(request, "workspaces:home", _("The workspace is closed."))
    context = {
        "form": form,
        "title": _("Close the workspace"),
        "text": _("Nobody, you included, can open it in the console any more. Only an operator can open it again."),
        "action": _("Close the workspace"),
        "danger": True,
    }
    return _confirm_page(request, context)


def _archive(request: ConsoleRequest, fields: dict[str, Any]) -> bool:
    workspaces.archive_workspace(owner=request.membership, typed=fields["typed"])
    return True


def _confirm_page(request: ConsoleRequest, context: dict[str, Any]) -> HttpResponse:
    failed = bool(context["form"].errors)
    return render(request, "workspaces/workspace_form.html", context, status=400 if failed else 200)
