"""Model providers of a workspace: keys, models, defaults, and a box to try one."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import AppError
from apps.common.forms import attempt
from apps.common.pages import done, render_part
from apps.workspaces.permissions import BUILDERS, MANAGERS, ConsoleRequest, requires

from .contracts import MODEL_TYPES, ModelSpec, ModelType
from .forms import TYPE_NAMES, CredentialsForm, ModelForm, TrialForm
from .models import DefaultModel
from .selectors import (
    ListedModel,
    ProviderState,
    get_own_model,
    get_provider_state,
    list_defaults,
    list_models_by_type,
    list_provider_models,
    list_providers,
    spec_of,
)
from .services.credentials import remove_credentials, set_credentials
from .services.models import (
    add_model,
    change_model,
    clear_default,
    remove_model,
    set_default,
    set_model_enabled,
)
from .services.trying import TRIED_TYPES, Trial, try_model
from .uses import list_uses

PAGE, PROVIDER = "models:providers", "models:provider"


@require_safe
@requires(*BUILDERS)
def provider_list(request: ConsoleRequest) -> HttpResponse:
    wanted = request.GET.get("type", "")
    states = list_providers(workspace=request.workspace)
    shown = [state for state in states if wanted not in TYPE_NAMES or wanted in _types(state)]
    context = {
        "groups": [
            (_("Ready to use"), [_card(state) for state in shown if state.is_configured]),
            (_("More providers"), [_card(state) for state in shown if not state.is_configured]),
        ],
        "types": [
            (key, TYPE_NAMES[key], key == wanted) for key in MODEL_TYPES if any(key in _types(s) for s in states)
        ],
        "is_filtered": wanted in TYPE_NAMES,
        "defaults": _defaults(request),
        "is_manager": request.membership.role in MANAGERS,
    }
    return render(request, "models/providers.html", context)


def provider_page(request: HttpRequest, provider: str) -> HttpResponseBase:
    """The page, and where its key form is sent."""
    return save_credentials(request, provider) if request.method == "POST" else show_provider(request, provider)


@require_safe
@requires(*BUILDERS)
def show_provider(request: ConsoleRequest, provider: str) -> HttpResponse:
    return _page(request, get_provider_state(workspace=request.workspace, provider=provider))


@require_POST
@requires(*MANAGERS)
def save_credentials(request: ConsoleRequest, provider: str) -> HttpResponse:
    """Asks the provider first, unless told not to."""
    state = get_provider_state(workspace=request.workspace, provider=provider)
    form = CredentialsForm(state, request.POST)
    check = "unchecked" not in request.POST
    save = partial(set_credentials, workspace=request.workspace, user=request.user, provider=provider, check=check)
    if attempt(form, lambda _values: save(values=form.values())) is None:
        return _page(request, state, status=422, more={"form": form})
    sentence = _("%(name)s accepted the key.") if check else _("The key of %(name)s is stored, unchecked.")
    return done(request, PROVIDER, sentence % {"name": state.provider.label}, provider=provider)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def remove_provider(request: ConsoleRequest, provider: str) -> HttpResponse:
    """Names what would miss it, and asks."""
    state = get_provider_state(workspace=request.workspace, provider=provider)
    if request.method == "POST":
        remove_credentials(workspace=request.workspace, user=request.user, provider=provider)
        sentence = _("The key of %(name)s is removed.") % {"name": state.provider.label}
        return done(request, PAGE, sentence)
    chosen = DefaultModel.objects.filter(workspace=request.workspace, provider=provider)
    context = {
        "provider": state.provider,
        "uses": [(_(label), names) for label, names in list_uses(workspace=request.workspace, provider=provider)],
        "defaults": [TYPE_NAMES[row.type] for row in chosen.order_by("type")],
    }
    return render_part(request, "models/remove.html", "models/_remove.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def add_own_model(request: ConsoleRequest, provider: str) -> HttpResponse:
    state = get_provider_state(workspace=request.workspace, provider=provider)
    form = ModelForm(request.POST if request.method == "POST" else None)
    check = "unchecked" not in request.POST
    add = partial(add_model, workspace=request.workspace, user=request.user, provider=provider, check=check)
    if form.is_bound and (model := attempt(form, lambda _values: add(spec=form.spec()))) is not None:
        return done(request, PROVIDER, _("%(name)s is added.") % {"name": model.name}, provider=provider)
    context = {
        "form": form,
        "provider": state.provider,
        "heading": _("Add a model"),
        "action": reverse("models:add_model", args=[provider]),
        "is_new": True,
    }
    return render_part(request, "models/form.html", "models/_form.html", context, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def change_own_model(request: ConsoleRequest, model_id: UUID) -> HttpResponse:
    model = get_own_model(workspace=request.workspace, model_id=model_id)
    form = ModelForm(request.POST if request.method == "POST" else None, spec=spec_of(model))
    change = partial(change_model, workspace=request.workspace, user=request.user, model_id=model_id)
    if form.is_bound and attempt(form, lambda _values: change(spec=form.spec())) is not None:
        return done(request, PROVIDER, _("%(name)s is changed.") % {"name": model.name}, provider=model.provider)
    context = {
        "form": form,
        "provider": get_provider_state(workspace=request.workspace, provider=model.provider).provider,
        "heading": model.name,
        "action": reverse("models:change_model", args=[model_id]),
    }
    return render_part(request, "models/form.html", "models/_form.html", context, status=422 if form.is_bound else 200)


@require_POST
@requires(*MANAGERS)
def remove_own_model(request: ConsoleRequest, model_id: UUID) -> HttpResponse:
    model = get_own_model(workspace=request.workspace, model_id=model_id)
    remove_model(workspace=request.workspace, user=request.user, model_id=model_id)
    return done(request, PROVIDER, _("%(name)s is removed.") % {"name": model.name}, provider=model.provider)


@require_POST
@requires(*MANAGERS)
def switch_model(request: ConsoleRequest, provider: str) -> HttpResponse:
    set_model_enabled(
        workspace=request.workspace,
        user=request.user,
        provider=get_provider_state(workspace=request.workspace, provider=provider).provider.key,
        model_type=_type(request.POST.get("type", "")),
        name=request.POST.get("name", ""),
        enabled=request.POST.get("enabled") == "on",
    )
    return redirect(PROVIDER, provider=provider)


@require_POST
@requires(*MANAGERS)
def set_default_model(request: ConsoleRequest) -> HttpResponse:
    """The model of a type, or none: then the first usable one."""
    model_type = _type(request.POST.get("type", ""))
    provider, _space, name = request.POST.get("model", "").partition(" ")
    choose = partial(set_default, provider=provider, name=name) if name else clear_default
    try:
        choose(workspace=request.workspace, user=request.user, model_type=model_type)
    except AppError as problem:
        messages.error(request, problem.message)
        return redirect(PAGE)
    return done(request, PAGE, _("The default is set."))


@require_POST
@requires(*MANAGERS)
def try_one(request: ConsoleRequest, provider: str) -> HttpResponse:
    state = get_provider_state(workspace=request.workspace, provider=provider)
    form = TrialForm(_triable(list_provider_models(workspace=request.workspace, provider=state.provider)), request.POST)

    def call(values: dict[str, Any]) -> Trial:
        model_type, _space, name = values["model"].partition(" ")
        which = {"provider": provider, "name": name}
        return try_model(workspace=request.workspace, model_type=_type(model_type), text=values["text"], **which)

    trial = attempt(form, call)
    problems = [str(problem) for found in form.errors.values() for problem in found]
    context = {"trial": trial, "problem": " ".join(problems)}
    if "HX-Request" in request.headers:
        return render(request, "models/_trial.html", context, status=200 if trial else 422)
    return _page(request, state, status=200 if trial else 422, more={"trial_form": form, **context})


def _page(
    request: ConsoleRequest, state: ProviderState, *, status: int = 200, more: Mapping[str, Any] | None = None
) -> HttpResponse:
    models = list_provider_models(workspace=request.workspace, provider=state.provider)
    context = {
        "state": state,
        "provider": state.provider,
        "models": [(model, TYPE_NAMES[model.spec.type]) for model in models],
        "form": CredentialsForm(state),
        "trial_form": TrialForm(specs) if (specs := _triable(models)) else None,
        "is_manager": request.membership.role in MANAGERS,
        **(more or {}),
    }
    return render(request, "models/provider.html", context, status=status)


def _triable(models: Iterable[ListedModel]) -> list[ModelSpec]:
    return [model.spec for model in models if model.is_enabled and model.spec.type in TRIED_TYPES]


def _types(state: ProviderState) -> set[str]:
    types = {model.type for model in state.own_models} | {model_type for model_type, _name in state.provider.specs}
    return types | (set(MODEL_TYPES[:5]) if state.provider.custom_models and not types else set())


def _card(state: ProviderState) -> dict[str, Any]:
    models = {(model.type, model.name) for model in state.own_models} | set(state.provider.specs)
    return {
        "state": state,
        "count": len(models),
        "types": [TYPE_NAMES[key] for key in MODEL_TYPES if key in _types(state)],
    }


def _defaults(request: ConsoleRequest) -> list[dict[str, Any]]:
    """A line for each type that has a model: what is chosen, what is used, what there is."""
    chosen = {row.type: (row.provider, row.name) for row in DefaultModel.objects.filter(workspace=request.workspace)}
    choices = list_models_by_type(workspace=request.workspace)
    lines = []
    for model_type, used in list_defaults(workspace=request.workspace).items():
        options = [
            (f"{one.provider.key} {one.spec.name}", f"{one.spec.label or one.spec.name} · {one.provider.label}")
            for one in choices[model_type]
        ]
        own = chosen.get(model_type)
        lines.append(
            {
                "type": model_type,
                "label": TYPE_NAMES[model_type],
                "chosen": " ".join(own) if own else "",
                "used": " ".join(used),
                "options": options,
            }
        )
    return lines


def _type(text: str) -> ModelType:
    """As it came: the services refuse unknown ones."""
    return text  # type: ignore[return-value]
