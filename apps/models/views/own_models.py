"""The models of a provider: entered, changed, removed, switched, priced."""

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.common.errors import NotFound
from apps.common.forms import attempt
from apps.common.pages import done, render_part, wants_fragment
from apps.models.forms import ModelForm, PriceForm
from apps.models.selectors import (
    ListedModel,
    ProviderState,
    get_own_model,
    get_provider_state,
    list_provider_models,
    shown_own_values,
    spec_of,
)
from apps.models.services.models import add_model, change_model, remove_model, set_model_enabled, set_prices
from apps.models.showing import model_row, price_text
from apps.workspaces.permissions import MANAGERS, ConsoleRequest, requires

from .providers import PROVIDER, as_type


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def add(request: ConsoleRequest, provider: str) -> HttpResponse:
    found = get_provider_state(workspace=request.workspace, provider=provider).provider
    shown = shown_own_values(workspace=request.workspace, provider=found, model=None)
    form = ModelForm(found, shown, request.POST if request.method == "POST" else None)
    check = "unchecked" not in request.POST
    save = partial(add_model, workspace=request.workspace, user=request.user, provider=provider, check=check)
    if form.is_bound and attempt(form, lambda _values: save(spec=form.spec(), values=form.values())) is not None:
        model = form.spec()
        return done(request, PROVIDER, _("%(name)s is added.") % {"name": model.name}, provider=provider)
    context = {
        "form": form,
        "provider": found,
        "heading": _("Add a model"),
        "action": reverse("models:add_model", args=[provider]),
        "is_checked": True,
    }
    return render_part(request, "models/form.html", "models/_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def change(request: ConsoleRequest, model_id: UUID) -> HttpResponse:
    model = get_own_model(workspace=request.workspace, model_id=model_id)
    found = get_provider_state(workspace=request.workspace, provider=model.provider).provider
    shown = shown_own_values(workspace=request.workspace, provider=found, model=model)
    form = ModelForm(found, shown, request.POST if request.method == "POST" else None, spec=spec_of(model))
    save = partial(change_model, workspace=request.workspace, user=request.user, model_id=model_id)
    if form.is_bound and attempt(form, lambda _values: save(spec=form.spec(), values=form.values())) is not None:
        return done(request, PROVIDER, _("%(name)s is changed.") % {"name": model.name}, provider=model.provider)
    context = {
        "form": form,
        "provider": found,
        "heading": model.name,
        "action": reverse("models:change_model", args=[model_id]),
    }
    return render_part(request, "models/form.html", "models/_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires(*MANAGERS)
def remove(request: ConsoleRequest, model_id: UUID) -> HttpResponse:
    model = get_own_model(workspace=request.workspace, model_id=model_id)
    remove_model(workspace=request.workspace, user=request.user, model_id=model_id)
    return done(request, PROVIDER, _("%(name)s is removed.") % {"name": model.name}, provider=model.provider)


@require_POST
@requires(*MANAGERS)
def switch(request: ConsoleRequest, provider: str) -> HttpResponse:
    """A script gets the model's row back, so that the page stays where it is."""
    state = get_provider_state(workspace=request.workspace, provider=provider)
    model_type, name = as_type(request.POST.get("type", "")), request.POST.get("name", "")
    set_model_enabled(
        workspace=request.workspace,
        user=request.user,
        provider=state.provider.key,
        model_type=model_type,
        name=name,
        enabled=request.POST.get("enabled") == "on",
    )
    if not wants_fragment(request):
        return redirect(PROVIDER, provider=provider)
    row = model_row(_find(request, state, model_type, name))
    context = {"row": row, "state": state, "provider": state.provider, "is_manager": True}
    return render(request, "models/_model.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def price(request: ConsoleRequest, provider: str) -> HttpResponse:
    """What a model, named in the address, costs from now on; `reset` goes back to the catalogue's price."""
    state = get_provider_state(workspace=request.workspace, provider=provider)
    model = _find(request, state, request.GET.get("type", ""), request.GET.get("name", ""))
    spec = model.spec
    form = PriceForm(spec, request.POST if request.method == "POST" else None)
    where: dict[str, Any] = {"workspace": request.workspace, "user": request.user, "provider": provider}
    save = partial(set_prices, **where, model_type=spec.type, name=spec.name)
    sentence = _("The price of %(name)s is changed; what was used before stays as it was.") % {"name": spec.name}
    if "reset" in request.POST:
        save(prices=None)
        return done(request, PROVIDER, sentence, provider=provider)
    if form.is_bound and attempt(form, lambda _values: [save(prices=form.prices())]) is not None:
        return done(request, PROVIDER, sentence, provider=provider)
    context = {
        "form": form,
        "provider": state.provider,
        "spec": spec,
        "action": request.get_full_path(),
        "list_price": price_text(model.list_prices) if model.list_prices else "",
        "is_repriced": model.list_prices is not None,
    }
    status = 422 if form.is_bound else 200
    return render_part(request, "models/price.html", "models/_price.html", context, status=status)


def _find(request: ConsoleRequest, state: ProviderState, model_type: str, name: str) -> ListedModel:
    models = list_provider_models(workspace=request.workspace, provider=state.provider)
    found = next((model for model in models if (model.spec.type, model.spec.name) == (model_type, name)), None)
    if found is None:
        raise NotFound("There is no such model.")
    return found
