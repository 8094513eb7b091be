"""The keys of a provider: entered, changed, asked for again, taken into use and out of it, removed."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.errors import AppError
from apps.common.forms import attempt
from apps.common.pages import done, render_part
from apps.models.catalogue import Provider
from apps.models.forms import CredentialsForm
from apps.models.models import ProviderCredential
from apps.models.selectors import ShownKey, get_key, get_provider_state, no_values
from apps.models.services.credentials import add_key, remove_key, set_credentials, set_key_enabled
from apps.workspaces.permissions import MANAGERS, ConsoleRequest, requires

from .providers import PROVIDER, what_rests_on


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def add(request: ConsoleRequest, provider: str) -> HttpResponse:
    """A further key; its name tells it from the others."""
    found = get_provider_state(workspace=request.workspace, provider=provider).provider
    form = CredentialsForm(no_values(found), request.POST if request.method == "POST" else None, label="")
    check = "unchecked" not in request.POST
    save = partial(add_key, workspace=request.workspace, user=request.user, provider=provider, check=check)
    if form.is_bound and attempt(form, lambda values: save(values=form.values(), label=values["label"])) is not None:
        return done(request, PROVIDER, _said(found, is_checked=check), provider=provider)
    return _form(request, found, form, heading=_("Add a key"), action=reverse("models:add_key", args=[provider]))


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def change(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    row, found, shown = _find(request, key_id)
    data = request.POST if request.method == "POST" else None
    form = CredentialsForm(shown.fields, data, label=row.label)
    check = "unchecked" not in request.POST
    save = partial(_save, request, row, check=check)
    if form.is_bound and attempt(form, lambda values: save(values=form.values(), label=values["label"])) is not None:
        return done(request, PROVIDER, _said(found, is_checked=check), provider=row.provider)
    heading = row.label or _("Key of %(name)s") % {"name": found.label}
    return _form(request, found, form, heading=heading, action=reverse("models:change_key", args=[key_id]))


@require_POST
@requires(*MANAGERS)
def check(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    """Asks the provider for a stored key again, and ends its rest."""
    row, found, shown = _find(request, key_id)
    values = {one.field.name: one.value for one in shown.fields}
    try:
        _save(request, row, values=values)
    except AppError as problem:
        messages.error(request, problem.message)
        return redirect(PROVIDER, provider=row.provider)
    return done(request, PROVIDER, _said(found, is_checked=True), provider=row.provider)


@require_POST
@requires(*MANAGERS)
def switch(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    row, _found, _shown = _find(request, key_id)
    enabled = request.POST.get("enabled") == "on"
    set_key_enabled(workspace=request.workspace, user=request.user, key_id=key_id, enabled=enabled)
    return redirect(PROVIDER, provider=row.provider)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def remove(request: ConsoleRequest, key_id: UUID) -> HttpResponse:
    """Asks; names what would miss the provider if this is its last key."""
    row, found, shown = _find(request, key_id)
    if request.method == "POST":
        remove_key(workspace=request.workspace, user=request.user, key_id=key_id)
        sentence = _("The key of %(name)s is removed.") % {"name": found.label}
        return done(request, PROVIDER, sentence, provider=row.provider)
    state = get_provider_state(workspace=request.workspace, provider=row.provider)
    is_last = not any(key.is_enabled for key in state.keys if key.id != key_id)
    context = {
        "provider": found,
        "heading": _("Remove the key %(name)s?") % {"name": row.label or shown.hint},
        "action": reverse("models:remove_key", args=[key_id]),
        **(what_rests_on(request.workspace, row.provider) if is_last else {}),
    }
    return render_part(request, "models/remove.html", "models/_remove.html", context)


def _find(request: ConsoleRequest, key_id: UUID) -> tuple[ProviderCredential, Provider, ShownKey]:
    row = get_key(workspace=request.workspace, key_id=key_id)
    state = get_provider_state(workspace=request.workspace, provider=row.provider)
    return row, state.provider, next(key for key in state.keys if key.id == row.pk)


def _save(request: ConsoleRequest, row: ProviderCredential, **what: Any) -> ProviderCredential:
    return set_credentials(workspace=request.workspace, user=request.user, provider=row.provider, key_id=row.pk, **what)


def _form(
    request: ConsoleRequest, provider: Provider, form: CredentialsForm, *, heading: str, action: str
) -> HttpResponse:
    context = {"provider": provider, "form": form, "heading": heading, "action": action, "is_checked": True}
    status = 422 if form.is_bound else 200
    return render_part(request, "models/form.html", "models/_form.html", context, status=status)


def _said(provider: Provider, *, is_checked: bool) -> str:
    sentence = _("%(name)s accepted the key.") if is_checked else _("The key of %(name)s is stored, unchecked.")
    return sentence % {"name": provider.label}
