"""Which models stand in for one that does not answer."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import AppError, InvalidParam
from apps.common.pages import done, render_part
from apps.models.chains import MAX_STAND_INS
from apps.models.configured import WITHOUT_STAND_INS
from apps.models.contracts import MODEL_TYPES
from apps.models.forms import TYPE_NAMES
from apps.models.selectors import ChainLink, describe_chain, list_chains, list_substitutes
from apps.models.services.models import set_chain
from apps.models.showing import option
from apps.workspaces.permissions import BUILDERS, MANAGERS, ConsoleRequest, requires

from .providers import as_type

PAGE = "models:chains"


@require_safe
@requires(*BUILDERS)
def chain_list(request: ConsoleRequest) -> HttpResponse:
    chains = list_chains(workspace=request.workspace)
    lists = [
        found
        for model_type, links in chains.items()
        if model_type not in WITHOUT_STAND_INS and ((found := _shown(request, model_type, links))["options"] or links)
    ]
    return render(request, "models/chains.html", {"lists": lists, **_rights(request)})


@require_POST
@requires(*MANAGERS)
def arrange(request: ConsoleRequest, model_type: str) -> HttpResponse:
    """`do` says what happens to the list that was sent: `save`, `add` what was chosen, or `up|down|remove PLACE`.

    Only `save` stores it; the others give it back as it would be.
    """
    if model_type not in MODEL_TYPES:
        raise InvalidParam("There is no such type of models.", params="type")
    names = [_name(value) for value in request.POST.getlist("model")]
    do, problem = request.POST.get("do", ""), ""
    if do == "save":
        where: dict[str, Any] = {
            "workspace": request.workspace,
            "user": request.user,
            "model_type": as_type(model_type),
        }
        try:
            set_chain(**where, names=names)
            return done(request, PAGE, _("What stands in is saved."))
        except AppError as error:
            problem = error.message
    else:
        names = _moved(names, do, request.POST.get("added", ""))
    links = describe_chain(workspace=request.workspace, model_type=as_type(model_type), names=names)
    shown = {**_shown(request, model_type, links), "problem": problem, "is_changed": True}
    context = {"list": shown, "lists": [shown], **_rights(request)}
    return render_part(request, "models/chains.html", "models/_chain.html", context, status=422 if problem else 200)


def _shown(request: ConsoleRequest, model_type: str, links: Sequence[ChainLink]) -> dict[str, Any]:
    """A type's list, and what could be added to it."""
    taken = {f"{link.provider} {link.name}" for link in links}
    choices = map(option, list_substitutes(workspace=request.workspace, model_type=as_type(model_type)))
    return {
        "type": model_type,
        "label": TYPE_NAMES[model_type],
        "links": links,
        "options": [(value, label) for value, label in choices if value not in taken],
        "is_full": len(links) >= MAX_STAND_INS,
    }


def _rights(request: ConsoleRequest) -> dict[str, Any]:
    return {"is_manager": request.membership.role in MANAGERS, "most": MAX_STAND_INS}


def _name(value: str) -> tuple[str, str]:
    provider, _space, name = value.partition(" ")
    return provider, name


def _moved(names: list[tuple[str, str]], do: str, added: str) -> list[tuple[str, str]]:
    """The list after one step; as it was where the step makes no sense."""
    verb, _space, text = do.partition(" ")
    if verb == "add":
        return [*names, _name(added)] if added else names
    place = int(text) if text.isdecimal() and len(text) < 4 else len(names)
    if place >= len(names):
        return names
    name = names.pop(place)
    if verb != "remove":
        names.insert(max(0, place + (1 if verb == "down" else -1)), name)
    return names
