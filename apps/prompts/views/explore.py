"""The gallery: templates of the team and of the product, by category; each is looked at and made an app of."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.pages import done, render_part
from apps.common.text import storable
from apps.prompts import dsl
from apps.prompts.config import read_config
from apps.prompts.forms import NewLookForm, attempt
from apps.prompts.icons import DEFAULT_COLOUR
from apps.prompts.models import AppTemplate
from apps.prompts.selectors import get_template, list_templates
from apps.prompts.services.templates import create_from_template
from apps.prompts.services.transfer import ImportResult
from apps.prompts.shipped import ShippedTemplate
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

Template = AppTemplate | ShippedTemplate


@require_safe
@requires(*BUILDERS)
def explore(request: ConsoleRequest) -> HttpResponse:
    query = storable(request.GET.get("q", "")).strip()[:200]
    category = request.GET.get("category", "")
    templates = list_templates(workspace=request.workspace)
    found = [one for one in templates if _is_like(one, query) and category in ("", one.category)]
    context = {
        "sections": sections(found),
        "count": len(found),
        "categories": sorted({one.category for one in templates if one.category}),
        "category": category,
        "query": query,
    }
    return render(request, "prompts/explore.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@requires(*BUILDERS)
def template(request: ConsoleRequest, template_id: str) -> HttpResponse:
    """What is in it, and a form that makes an app of it under a name and icon of one's own."""
    chosen = get_template(workspace=request.workspace, template_id=template_id)
    face = {"name": chosen.name, "icon_background": chosen.icon_background or DEFAULT_COLOUR}
    form = NewLookForm(request.POST if request.method == "POST" else None, initial=face)
    at_once = request.POST.get("way") == "use"

    def create(fields: dict[str, Any]) -> ImportResult:
        return create_from_template(
            workspace=request.workspace, template_id=template_id, user=request.user, publish_now=at_once, **fields
        )

    if form.is_bound and (result := attempt(form, create)) is not None:
        sentence = " ".join([_("The app is there."), *result.warnings])
        return done(request, f"prompts:{'overview' if at_once else 'orchestrate'}", sentence, app_id=result.app_id)
    config = read_config(dsl.parse(chosen.content).config)
    context = {"template": chosen, "form": form, "config": config}
    status = 422 if form.is_bound else 200
    return render_part(request, "prompts/template.html", "prompts/_template.html", context, status=status)


def sections(templates: Sequence[Template]) -> list[tuple[str, bool, list[Template]]]:
    """Headings with their templates: the team's own first, then those that come with the product."""
    own: list[Template] = [one for one in templates if isinstance(one, AppTemplate)]
    shipped: list[Template] = [one for one in templates if isinstance(one, ShippedTemplate)]
    found = [(_("Your team's"), True, own), (_("Ready made"), False, shipped)]
    return [section for section in found if section[2]]


def _is_like(one: Template, query: str) -> bool:
    return query.casefold() in f"{one.name} {one.description} {one.category}".casefold()
