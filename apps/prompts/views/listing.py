"""The list of apps."""

from typing import TypeVar

from django.core.paginator import Paginator
from django.db.models import TextChoices
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.common.ids import parse_uuid
from apps.common.text import storable
from apps.models.selectors import has_own_model
from apps.prompts.choices import AppMode, AppOrder
from apps.prompts.selectors import list_apps
from apps.prompts.services.transfer import RUNNABLE_MODES
from apps.workspaces.choices import Role, TagKind
from apps.workspaces.permissions import BUILDERS, MEMBERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_tags, list_tags_of

from .first_steps import steps_for

C = TypeVar("C", bound=TextChoices)
APPS_PER_PAGE = 24


@require_safe
@requires(*MEMBERS)
def app_list(request: ConsoleRequest) -> HttpResponse:
    query = storable(request.GET.get("q", "")).strip()[:200]
    tag_id = parse_uuid(request.GET.get("tag", ""))
    mode = _chosen(AppMode, request.GET.get("mode"))
    mine = "mine" in request.GET
    order = _chosen(AppOrder, request.GET.get("order")) or AppOrder.NEWEST
    apps = list_apps(
        workspace=request.workspace,
        query=query,
        tag_id=tag_id,
        mode=mode,
        created_by=request.user if mine else None,
        order=order,
    )
    may_use = request.membership.role != Role.DATASET_OPERATOR
    page = Paginator(apps if may_use else apps.none(), APPS_PER_PAGE).get_page(request.GET.get("page"))
    tags_of = list_tags_of(workspace=request.workspace, target_ids=[app.id for app in page])
    may_build = request.membership.role in BUILDERS
    steps = steps_for(request)
    context = {
        "page": page,
        "cards": [(app, tags_of.get(app.id, [])) for app in page],
        "tags": list_tags(workspace=request.workspace, kind=TagKind.APP) if may_use else [],
        "query": query,
        "tag_id": tag_id,
        "modes": [choice for choice in AppMode if choice in RUNNABLE_MODES],
        "mode": mode,
        "mine": mine,
        "orders": AppOrder,
        "order": order,
        "is_filtered": bool(query or tag_id or mode or mine),
        "may_build": may_build,
        "may_use": may_use,
        "steps": steps,
        "steps_done": sum(step.is_done for step in steps),
        "steps_count": len(steps),
        "only_demo": may_build and not has_own_model(workspace=request.workspace),
    }
    return render(request, "prompts/app_list.html", context)


def _chosen(choices: type[C], text: str | None) -> C | None:
    return choices(text) if text in choices.values else None
