"""Console pages of apps."""

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.common.text import storable
from apps.workspaces.choices import Role
from apps.workspaces.permissions import BUILDERS, MEMBERS, ConsoleRequest, requires

from .selectors import list_apps

APPS_PER_PAGE = 24


@require_safe
@requires(*MEMBERS)
def app_list(request: ConsoleRequest) -> HttpResponse:
    query = storable(request.GET.get("q", "")).strip()[:200]
    apps = list_apps(workspace=request.workspace, query=query)
    if request.membership.role == Role.DATASET_OPERATOR:
        apps = apps.none()
    page = Paginator(apps, APPS_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "query": query,
        "may_build": request.membership.role in BUILDERS,
        "may_use": request.membership.role != Role.DATASET_OPERATOR,
    }
    return render(request, "prompts/app_list.html", context)
