"""A document's page: its segments, what is known of it, and how its indexing went."""

from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import AppError, InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.pages import render_part, say, wants_fragment
from apps.common.text import storable
from apps.knowledge.choices import UNFINISHED, IndexingStatus, SegmentStatus
from apps.knowledge.document_forms import MetadataForm
from apps.knowledge.models import Document, Segment
from apps.knowledge.selectors import children_by_parent, list_segments
from apps.knowledge.services.metadata import DocumentValues, set_documents_metadata
from apps.knowledge.services.segments import delete_segments, set_segments_enabled
from apps.knowledge.timeline import timeline
from apps.workspaces.models import User
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._documents import document_of
from .documents import watched

PER_PAGE: Final = 20
SHOWN: Final = {
    "on": gettext_lazy("On"),
    "off": gettext_lazy("Off"),
    "waiting": gettext_lazy("Waiting"),
    "error": gettext_lazy("Error"),
}


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def document_page(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    document = document_of(request, dataset_id, document_id)
    context = list_context(document, request.GET)
    if not wants_fragment(request):
        context |= side_context(document)
    return render_part(request, "knowledge/document.html", "knowledge/_segments.html", context)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def act(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """One action on the segments chosen, or by `only` on a single one."""
    document = document_of(request, dataset_id, document_id)
    problem, sentence = "", ""
    try:
        action, ids = _wanted(request.POST)
        sentence = _apply(action, document, ids, request.user)
    except NotFound:
        raise
    except AppError as refusal:
        problem = refusal.message
    if not wants_fragment(request):
        address = reverse("knowledge:document", args=[dataset_id, document_id])
        return HttpResponseRedirect(f"{address}?{request.POST.get('back', '')}")
    document.refresh_from_db()
    response = render(request, "knowledge/_segments.html", list_context(document, QueryDict(request.POST.get("back"))))
    say(response, problem or sentence, kind="bad" if problem else "ok")
    return response


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def metadata(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    """The document's values of the base's fields; an emptied field loses its value."""
    document = document_of(request, dataset_id, document_id)
    form = MetadataForm(request.POST, metadata_fields=list(document.dataset.metadata_fields.all()))
    sentence, kind = _("The metadata was saved."), "ok"
    if form.is_valid():
        values = [entry for entry in form.entries(with_empty=True) if entry["value"] is not None]
        try:
            set_documents_metadata(
                dataset=document.dataset, operations=[DocumentValues(document.pk, values)], user=request.user
            )
        except NotFound:
            raise
        except AppError as refusal:
            sentence, kind = refusal.message, "bad"
    if not wants_fragment(request):
        return HttpResponseRedirect(reverse("knowledge:document", args=[dataset_id, document_id]))
    context = {"dataset": document.dataset, "document": document, "form": form}
    response = render(request, "knowledge/_metadata.html", context, status=422 if form.errors else 200)
    say(response, "" if form.errors else sentence, kind=kind)
    return response


def list_context(document: Document, query: QueryDict) -> dict[str, Any]:
    """The part of the page that holds the segments."""
    keyword = storable(query.get("q", "")).strip()[:200]
    shown = query.get("status", "") if query.get("status", "") in SHOWN else ""
    segments = _listed(document, keyword, shown)
    target = parse_uuid(query.get("segment", ""))
    number = _page_of(segments, target) if target else query.get("page")
    page = Paginator(segments, PER_PAGE).get_page(number)
    rows = list(page)
    children = children_by_parent(segments=rows) if document.doc_form == "hierarchical_model" else {}
    filters = {"q": keyword, "status": shown}
    return {
        "dataset": document.dataset,
        "document": document,
        "page": page,
        "rows": [(segment, children.get(segment.pk, [])) for segment in rows],
        "filters": filters,
        "shown": SHOWN,
        "target": target,
        "is_filtered": bool(keyword or shown),
        "may_change": document.indexing_status == IndexingStatus.COMPLETED and not document.archived,
        "back": urlencode({**{name: value for name, value in filters.items() if value}, "page": page.number}),
        "query": urlencode({name: value for name, value in filters.items() if value}),
        "is_working": document.indexing_status in UNFINISHED,
        "watched": watched([document]),
    }


def side_context(document: Document) -> dict[str, Any]:
    """The part of the page that stands beside the segments."""
    fields = list(document.dataset.metadata_fields.all())
    return {
        "form": MetadataForm(metadata_fields=fields, values=document.doc_metadata or {}),
        "stages": timeline(document),
        "rule": document.process_rule,
    }


def _listed(document: Document, keyword: str, shown: str) -> "QuerySet[Segment]":
    statuses = {"waiting": [SegmentStatus.WAITING, SegmentStatus.INDEXING], "error": [SegmentStatus.ERROR]}
    segments = list_segments(document=document, keyword=keyword, statuses=statuses.get(shown, []))
    return segments.filter(enabled=shown == "on") if shown in ("on", "off") else segments


def _page_of(segments: "QuerySet[Segment]", target: UUID) -> int:
    """The page on which a segment stands; a child chunk stands with its passage."""
    found = Segment.objects.filter(pk=target).values_list("parent__position", "position").first()
    if found is None:
        return 1
    position = found[0] or found[1]
    return segments.filter(position__lt=position).count() // PER_PAGE + 1


def _wanted(fields: QueryDict) -> tuple[str, list[str]]:
    if only := fields.get("only"):
        action, _space, id = only.partition(" ")
        return action, [id]
    ids = fields.getlist("segment")
    if not ids:
        raise InvalidParam(_("Choose segments first."))
    return fields.get("action", ""), ids


def _apply(action: str, document: Document, ids: list[str], user: User) -> str:
    values = {"count": len(ids)}
    if action in ("enable", "disable"):
        set_segments_enabled(document=document, segment_ids=ids, enabled=action == "enable", user=user)
        if action == "enable":
            return ngettext("%(count)s segment is on.", "%(count)s segments are on.", len(ids)) % values
        return ngettext("%(count)s segment is off.", "%(count)s segments are off.", len(ids)) % values
    if action == "delete":
        delete_segments(document=document, segment_ids=ids, user=user)
        return ngettext("%(count)s segment was deleted.", "%(count)s segments were deleted.", len(ids)) % values
    raise InvalidParam(_("There is no such action."))
