"""The people of a workspace."""

import re
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.common import mail
from apps.common.forms import attempt
from apps.common.pages import done
from apps.common.text import storable
from apps.workspaces.choices import Role
from apps.workspaces.forms import ASSIGNABLE, InviteForm
from apps.workspaces.models import Invitation
from apps.workspaces.permissions import (
    APP_USERS,
    BUILDERS,
    KNOWLEDGE_BUILDERS,
    MANAGERS,
    MEMBERS,
    ConsoleRequest,
    requires,
)
from apps.workspaces.selectors import list_invitations, list_members, mail_states
from apps.workspaces.services import invitations, members

PER_PAGE = 50


@require_safe
@requires(*MEMBERS)
def member_list(request: ConsoleRequest) -> HttpResponse:
    return _page(request, InviteForm())


@require_POST
@requires(*MANAGERS)
def invite(request: ConsoleRequest) -> HttpResponse:
    form = InviteForm(request.POST)
    invited = attempt(form, lambda fields: _invite(request, fields))
    if invited is None:
        return _page(request, form)
    for email, reason in invited.failed:
        messages.warning(request, f"{email}: {reason}")
    count = len(invited.invitations)
    if not count:
        return done(request, "workspaces:members")
    sentence = ngettext("%(count)d person is invited.", "%(count)d people are invited.", count) % {"count": count}
    return done(request, "workspaces:members", f"{sentence} {_what_next()}")


def _invite(request: ConsoleRequest, fields: dict[str, Any]) -> invitations.Invited:
    emails = re.split(r"[\s,;]+", storable(fields["emails"]))
    return invitations.invite(workspace=request.workspace, emails=emails, role=fields["role"], by=request.user)


def _what_next() -> str:
    return _("A mail is on its way.") if mail.can_send() else _("Copy the link below and send it to them.")


@require_POST
@requires(*MANAGERS)
def change_role(request: ConsoleRequest, user_id: UUID) -> HttpResponse:
    role = storable(request.POST.get("role", ""))
    members.change_role(workspace=request.workspace, user_id=user_id, role=role, by=request.user)
    return done(request, "workspaces:members", _("The new role counts from now on."))


@require_POST
@requires(*MANAGERS)
def remove(request: ConsoleRequest, user_id: UUID) -> HttpResponse:
    members.remove_member(workspace=request.workspace, user_id=user_id, by=request.user)
    return done(request, "workspaces:members", _("The person was removed and is locked out from now on."))


@require_POST
@requires(*MANAGERS)
def renew(request: ConsoleRequest, invitation_id: UUID) -> HttpResponse:
    invitations.renew(workspace=request.workspace, invitation_id=invitation_id, by=request.user)
    return done(request, "workspaces:members", f"{_('The link is a new one.')} {_what_next()}")


@require_POST
@requires(*MANAGERS)
def withdraw(request: ConsoleRequest, invitation_id: UUID) -> HttpResponse:
    invitations.withdraw(workspace=request.workspace, invitation_id=invitation_id, by=request.user)
    return done(request, "workspaces:members", _("The invitation was withdrawn."))


def _page(request: ConsoleRequest, form: InviteForm) -> HttpResponse:
    query = storable(request.GET.get("q", "")).strip()[:200]
    people = Paginator(list_members(workspace=request.workspace, query=query), PER_PAGE)
    is_manager = request.membership.role in MANAGERS
    context = {
        "page": people.get_page(request.GET.get("page")),
        "query": query,
        "form": form,
        "roles": ASSIGNABLE,
        "is_manager": is_manager,
        "can_mail": mail.can_send(),
        "role_table": _role_table(),
        "pending": _pending(request) if is_manager else [],
    }
    return render(request, "workspaces/members.html", context, status=400 if form.errors else 200)


def _role_table() -> list[tuple[str, list[bool]]]:
    """Each role, and whether it may what the columns say."""
    columns = (APP_USERS, BUILDERS, KNOWLEDGE_BUILDERS, MANAGERS, (Role.OWNER,))
    return [(str(role.label), [role in column for column in columns]) for role in Role]


def _pending(request: ConsoleRequest) -> list[dict[str, Any]]:
    """The open invitations with their links, for those who may hand them out."""
    open_ones = list(list_invitations(workspace=request.workspace)[:200])
    states = mail_states(workspace=request.workspace, invitations=open_ones)
    return [_shown(request, invitation, states) for invitation in open_ones]


def _shown(request: ConsoleRequest, invitation: Invitation, states: dict[UUID, Any]) -> dict[str, Any]:
    event = states.get(invitation.pk)
    path = invitations.path_of(invitation)
    return {
        "invitation": invitation,
        "expired": invitation.expires_at <= timezone.now(),
        "link": request.build_absolute_uri(path) if path else "",
        "mailed": event is not None and event.action == "invitation.mail",
        "failure": event.data.get("reason", "") if event and event.action == "invitation.mail_failed" else "",
    }
