"""All providers, one provider's page, default models, and a box to try one."""

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import AppError
from apps.common.forms import attempt
from apps.common.pages import done, render_part, wants_fragment
from apps.models.contracts import MODEL_TYPES, ModelSpec, ModelType
from apps.models.forms import TYPE_NAMES, CredentialsForm, TrialForm
from apps.models.models import DefaultModel
from apps.models.selectors import (
    ListedModel,
    ProviderState,
    get_provider_state,
    list_defaults,
    list_models_by_type,
    list_provider_models,
    list_providers,
    no_values,
)
from apps.models.services.credentials import remove_credentials, set_credentials
from apps.models.services.models import clear_default, set_default
from apps.models.services.trying import TRIED_TYPES, Trial, try_model
from apps.models.showing import card, key_rows, option, rows_by_type, types_of
from apps.models.uses import list_dependent_defaults, list_uses
from apps.workspaces.models import Workspace
from apps.workspaces.permissions import BUILDERS, MANAGERS, ConsoleRequest, requires

PAGE, PROVIDER = "models:providers", "models:provider"


@require_safe
@requires(*BUILDERS)
def provider_list(request: ConsoleRequest) -> HttpResponse:
    wanted = request.GET.get("type", "")
    states = list_providers(workspace=request.workspace)
    shown = [state for state in states if wanted not in TYPE_NAMES or wanted in types_of(state)]
    context = {
        "groups": [
            (_("Ready to use"), [card(state) for state in shown if state.is_configured]),
            (_("More providers"), [card(state) for state in shown if not state.is_configured]),
        ],
        "types": [
            (key, TYPE_NAMES[key], key == wanted) for key in MODEL_TYPES if any(key in types_of(s) for s in states)
        ],
        "is_filtered": wanted in TYPE_NAMES,
        "defaults": _defaults(request),
        "is_manager": request.membership.role in MANAGERS,
    }
    return render(request, "models/providers.html", context)


def provider_page(request: HttpRequest, provider: str) -> HttpResponseBase:
    """The page, and where the form of the first key is sent."""
    return save_first_key(request, provider) if request.method == "POST" else show_provider(request, provider)


@require_safe
@requires(*BUILDERS)
def show_provider(request: ConsoleRequest, provider: str) -> HttpResponse:
    return _page(request, get_provider_state(workspace=request.workspace, provider=provider))


@require_POST
@requires(*MANAGERS)
def save_first_key(request: ConsoleRequest, provider: str) -> HttpResponse:
    """Asks the provider first, unless told not to."""
    state = get_provider_state(workspace=request.workspace, provider=provider)
    form = CredentialsForm(state.keys[0].fields if state.keys else no_values(state.provider), request.POST)
    check = "unchecked" not in request.POST
    save = partial(set_credentials, workspace=request.workspace, user=request.user, provider=provider, check=check)
    if attempt(form, lambda _values: save(values=form.values())) is None:
        return _page(request, state, status=422, more={"form": form})
    sentence = _("%(name)s accepted the key.") if check else _("The key of %(name)s is stored, unchecked.")
    return done(request, PROVIDER, sentence % {"name": state.provider.label}, provider=provider)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*MANAGERS)
def remove_provider(request: ConsoleRequest, provider: str) -> HttpResponse:
    """All keys of a provider at once. Names what would miss it, and asks."""
    state = get_provider_state(workspace=request.workspace, provider=provider)
    if request.method == "POST":
        remove_credentials(workspace=request.workspace, user=request.user, provider=provider)
        return done(request, PAGE, _("The keys of %(name)s are removed.") % {"name": state.provider.label})
    context = {
        "provider": state.provider,
        "heading": _("Remove all keys of %(name)s?") % {"name": state.provider.label},
        **what_rests_on(request.workspace, provider),
    }
    return render_part(request, "models/remove.html", "models/_remove.html", context)


def what_rests_on(workspace: Workspace, provider: str) -> dict[str, Any]:
    """What would miss a provider, for the page that asks: `uses` by kind, names of types in `defaults`."""
    defaults = list_dependent_defaults(workspace=workspace, provider=provider)
    return {
        "is_last": True,
        "uses": [(_(label), names) for label, names in list_uses(workspace=workspace, provider=provider)],
        "defaults": [TYPE_NAMES[row.type] for row in defaults],
    }


@require_POST
@requires(*MANAGERS)
def set_default_model(request: ConsoleRequest) -> HttpResponse:
    """The model of a type, or none: then the first usable one."""
    model_type = as_type(request.POST.get("type", ""))
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
    models = list_provider_models(workspace=request.workspace, provider=state.provider)
    form = TrialForm(_triable(state, models), request.POST)

    def call(values: dict[str, Any]) -> Trial:
        model_type, _space, name = values["model"].partition(" ")
        which = {"provider": provider, "name": name}
        return try_model(workspace=request.workspace, model_type=as_type(model_type), text=values["text"], **which)

    trial = attempt(form, call)
    problems = [str(problem) for found in form.errors.values() for problem in found]
    context = {"trial": trial, "problem": " ".join(problems)}
    if wants_fragment(request):
        return render(request, "models/_trial.html", context, status=200 if trial else 422)
    return _page(request, state, status=200 if trial else 422, more={"trial_form": form, **context})


def _page(
    request: ConsoleRequest, state: ProviderState, *, status: int = 200, more: Mapping[str, Any] | None = None
) -> HttpResponse:
    models = list_provider_models(workspace=request.workspace, provider=state.provider)
    context = {
        "state": state,
        "provider": state.provider,
        "keys": key_rows(state),
        "groups": rows_by_type(models),
        "model_count": len(models),
        "form": None if state.keys else CredentialsForm(no_values(state.provider)),
        "trial_form": TrialForm(specs) if (specs := _triable(state, models)) else None,
        "is_manager": request.membership.role in MANAGERS,
        **(more or {}),
    }
    return render(request, "models/provider.html", context, status=status)


def _triable(state: ProviderState, models: Iterable[ListedModel]) -> list[ModelSpec]:
    """Those that can be called here; on a trial, those that belong to it."""
    specs = [model.spec for model in models if model.is_enabled and model.spec.type in TRIED_TYPES]
    trial = state.provider.trial if state.trial else None
    return [spec for spec in specs if spec.name in trial.models] if trial else specs


def _defaults(request: ConsoleRequest) -> list[dict[str, Any]]:
    """A line for each type that has a model: what is chosen, what is used, what there is."""
    chosen = {row.type: (row.provider, row.name) for row in DefaultModel.objects.filter(workspace=request.workspace)}
    choices = list_models_by_type(workspace=request.workspace)
    lines = []
    for model_type, used in list_defaults(workspace=request.workspace).items():
        own = chosen.get(model_type)
        lines.append(
            {
                "type": model_type,
                "label": TYPE_NAMES[model_type],
                "chosen": " ".join(own) if own else "",
                "used": " ".join(used),
                "options": [option(choice) for choice in choices[model_type]],
            }
        )
    return lines


def as_type(text: str) -> ModelType:
    """As it came: the services refuse unknown ones."""
    return text  # type: ignore[return-value]
