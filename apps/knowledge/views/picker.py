"""Knowledge bases to choose from, for editors of apps below this one."""

from django.db.models import QuerySet
from django.http import HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from apps.common.ids import parse_uuid
from apps.knowledge.access import visible_to
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import BaseFigures, count_bases, list_datasets
from apps.workspaces.permissions import BUILDERS, ConsoleRequest, requires

PAGE = 20
MAX_IDS = 100


@require_safe
@requires(*BUILDERS)
def picker(request: ConsoleRequest) -> HttpResponse:
    """GET ?q=&page=: the bases the member sees, newest first; ?ids=a,b: those of them, whichever there still are."""
    found = _visible(request).filter(name__icontains=request.GET.get("q", "")[:200])
    if "ids" in request.GET:
        wanted = [parse_uuid(id) for id in request.GET["ids"].split(",")[:MAX_IDS]]
        ids, has_more = list(found.filter(pk__in=[id for id in wanted if id]).values_list("pk", flat=True)), False
    else:
        start = (_page(request.GET.get("page", "")) - 1) * PAGE
        ids = list(found.order_by("-created_at", "pk").values_list("pk", flat=True)[start : start + PAGE + 1])
        ids, has_more = ids[:PAGE], len(ids) > PAGE
    figures = count_bases(dataset_ids=ids)
    rows = list_datasets(workspace=request.workspace).filter(pk__in=ids)
    return JsonResponse({"items": [_item(dataset, figures[dataset.pk]) for dataset in rows], "has_more": has_more})


def _visible(request: ConsoleRequest) -> "QuerySet[Dataset]":
    return Dataset.objects.filter(visible_to(request.user, workspace=request.workspace))


def _page(text: str) -> int:
    return min(int(text), 10_000) if text.isdecimal() and text != "0" and len(text) < 6 else 1


def _item(dataset: Dataset, figures: BaseFigures) -> dict[str, object]:
    return {
        "id": str(dataset.pk),
        "name": dataset.name,
        "description": dataset.description,
        "technique": dataset.indexing_technique or "",
        "provider": dataset.provider,
        "fields": [field.name for field in dataset.metadata_fields.all()],
        "documents": figures.documents,
        "words": figures.characters,
    }
