"""Knowledge bases to choose from, for editors of apps below this one."""

from django.db.models import Q, QuerySet
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.common.ids import parse_uuid
from apps.knowledge.choices import Permission
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import list_datasets
from apps.workspaces.permissions import BUILDERS, MANAGERS, ConsoleRequest, requires

PAGE = 20
MAX_IDS = 100


@require_safe
@requires(*BUILDERS)
def picker(request: ConsoleRequest) -> HttpResponse:
    """GET ?q=&page=: the bases the member sees, newest first; ?ids=a,b: those of them, whichever there still are."""
    found = _visible(request, list_datasets(workspace=request.workspace, keyword=request.GET.get("q", "")[:200]))
    if "ids" in request.GET:
        ids = [parse_uuid(id) for id in request.GET["ids"].split(",")[:MAX_IDS]]
        rows, has_more = list(found.filter(pk__in=[id for id in ids if id])), False
    else:
        start = (_page(request.GET.get("page", "")) - 1) * PAGE
        rows = list(found[start : start + PAGE + 1])
        rows, has_more = rows[:PAGE], len(rows) > PAGE
    return JsonResponse({"items": [_item(dataset) for dataset in rows], "has_more": has_more})


def _visible(request: ConsoleRequest, datasets: "QuerySet[Dataset]") -> "QuerySet[Dataset]":
    if request.membership.role in MANAGERS:
        return datasets
    chosen = Q(permission=Permission.PARTIAL_MEMBERS, members__user=request.user)
    own = Q(created_by=request.user) | Q(permission=Permission.ALL_TEAM_MEMBERS)
    return datasets.filter(Q(pk__in=Dataset.objects.filter(own | chosen).values("pk")))


def _page(text: str) -> int:
    return min(int(text), 10_000) if text.isdecimal() and text != "0" and len(text) < 6 else 1


def _item(dataset: Dataset) -> dict[str, object]:
    return {
        "id": str(dataset.pk),
        "name": dataset.name,
        "description": dataset.description,
        "technique": dataset.indexing_technique or "",
        "provider": dataset.provider,
        "documents": dataset.document_count,  # type: ignore[attr-defined]  # annotated by the selector
        "words": dataset.word_count,  # type: ignore[attr-defined]
    }
