"""A person's own settings."""

from typing import Any

from django import forms
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.common.addresses import peer_network
from apps.common.error_pages import theme_of
from apps.common.forms import attempt
from apps.common.pages import done
from apps.workspaces.forms import ChangePasswordForm, ProfileForm
from apps.workspaces.permissions import MEMBERS, ConsoleRequest, requires
from apps.workspaces.services import accounts
from apps.workspaces.time_zones import offered_zones

from .preferences import forget_time_zone, remember, remember_language, remember_theme


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MEMBERS)
def profile(request: ConsoleRequest) -> HttpResponse:
    if request.method != "POST":
        user = request.user
        initial = {"name": user.name, "language": user.language, "time_zone": user.time_zone}
        return _page(request, ProfileForm(initial={**initial, "theme": theme_of(request)}), ChangePasswordForm())
    form = ProfileForm(request.POST)
    saved = attempt(form, lambda fields: _save(request, fields))
    return saved or _page(request, form, ChangePasswordForm())


def _save(request: ConsoleRequest, fields: dict[str, Any]) -> HttpResponse:
    theme = fields.pop("theme")
    accounts.update_profile(user=request.user, **fields)
    with translation.override(fields["language"] or translation.get_language()):
        response = done(request, "workspaces:account", _("Saved."))
    remember(response, request.user)
    remember_theme(response, theme)
    if not fields["language"]:
        remember_language(response, "")
    if not fields["time_zone"]:
        forget_time_zone(response)
    return response


@sensitive_post_parameters("old", "new", "again")
@require_http_methods(["POST"])
@requires(*MEMBERS)
def change_password(request: ConsoleRequest) -> HttpResponse:
    form = ChangePasswordForm(request.POST)
    changed = attempt(form, lambda fields: _change(request, fields))
    if changed:
        return done(request, "workspaces:account", _("You have a new password. Everywhere else you were signed out."))
    initial = {"name": request.user.name, "language": request.user.language, "time_zone": request.user.time_zone}
    return _page(request, ProfileForm(initial={**initial, "theme": theme_of(request)}), form)


def _change(request: ConsoleRequest, fields: dict[str, Any]) -> bool:
    accounts.change_password(user=request.user, old=fields["old"], new=fields["new"], address=peer_network(request))
    update_session_auth_hash(request, request.user)  # this session stays
    return True


def _page(request: ConsoleRequest, form: forms.Form, password_form: forms.Form) -> HttpResponse:
    context = {"form": form, "password_form": password_form, "time_zones": offered_zones()}
    failed = form.errors or password_form.errors
    return render(request, "workspaces/account.html", context, status=400 if failed else 200)
