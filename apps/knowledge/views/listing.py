"""The list of knowledge bases."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.common.ids import parse_uuid
from apps.common.pages import render_part
from apps.common.text import storable
from apps.knowledge.choices import DatasetProvider
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import count_apps, count_bases, list_bases
from apps.workspaces.choices import TagKind
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, MEMBERS, ConsoleRequest, requires
from apps.workspaces.selectors import list_tags, list_tags_of

from ._base import base_of

PER_PAGE = 24


@require_safe
@requires(*MEMBERS)
def dataset_list(request: ConsoleRequest) -> HttpResponse:
    query = storable(request.GET.get("q", "")).strip()[:200]
    tag_id = parse_uuid(request.GET.get("tag", ""))
    bases = list_bases(workspace=request.workspace, for_user=request.user, keyword=query, tag_id=tag_id)
    page = Paginator(bases, PER_PAGE).get_page(request.GET.get("page"))
    ids = [base.pk for base in page]
    figures = count_bases(dataset_ids=ids)
    tags_of = list_tags_of(workspace=request.workspace, target_ids=ids)
    apps_of = count_apps(workspace_id=request.workspace.pk) if ids else {}
    context = {
        "page": page,
        "cards": [
            {
                "base": base,
                "tags": tags_of.get(base.pk, []),
                "apps": apps_of.get(str(base.pk), 0),
                "figures": figures[base.pk],
            }
            for base in page
        ],
        "tags": list_tags(workspace=request.workspace, kind=TagKind.KNOWLEDGE),
        "query": query,
        "tag_id": tag_id,
        "may_build": request.membership.role in KNOWLEDGE_BUILDERS,
    }
    return render_part(request, "knowledge/list.html", "knowledge/_list.html", context)


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def open_base(request: ConsoleRequest, dataset_id: UUID) -> HttpResponse:
    """Where a base's name leads: to its documents, of one kept elsewhere to its settings."""
    return redirect(first_page(base_of(request, dataset_id)))


def first_page(dataset: Dataset) -> str:
    """The address of a base's first page."""
    is_external = dataset.provider == DatasetProvider.EXTERNAL
    return reverse("knowledge:settings" if is_external else "knowledge:documents", args=[dataset.pk])
