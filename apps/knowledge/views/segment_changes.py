"""Dialogs of a document's page: segments and child chunks are added and changed, many come from a CSV file."""

import json
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.common.errors import InvalidParam
from apps.common.pages import done, say, wants_fragment
from apps.knowledge.document_forms import ChunkForm, SegmentFileForm, SegmentForm
from apps.knowledge.models import Document
from apps.knowledge.selectors import get_child_chunk
from apps.knowledge.services.child_chunks import add_child_chunk, delete_child_chunk, update_child_chunk
from apps.knowledge.services.segment_import import import_segments, template
from apps.knowledge.services.segments import add_segments, update_segment
from apps.prompts.forms import attempt
from apps.workspaces.permissions import KNOWLEDGE_BUILDERS, ConsoleRequest, requires

from ._documents import document_of, segment_of
from .document_changes import show


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def add(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    document = document_of(request, dataset_id, document_id)
    form = SegmentForm(request.POST or None, document=document)
    if request.method == "POST":
        added = attempt(form, lambda _f: add_segments(document=document, records=[form.record()], user=request.user))
        if added:
            return back(request, document, _("The segment was added."), added[0].pk)
    return show(request, document.dataset, form, _("Add a segment"), document=document)


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def edit(request: ConsoleRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    document, segment = segment_of(request, dataset_id, document_id, segment_id)
    form = SegmentForm(
        request.POST or None, document=document, segment=segment, initial=SegmentForm.initial_of(segment)
    )
    if request.method == "POST":
        changed = attempt(
            form,
            lambda fields: update_segment(
                document=document,
                segment=segment,
                user=request.user,
                regenerate_child_chunks=fields.get("regenerate"),
                **form.record(),
            ),
        )
        if changed:
            return back(request, document, _("The segment was saved."), segment.pk)
    heading = _("Segment %(number)s") % {"number": segment.position}
    return show(request, document.dataset, form, heading, document=document, segment=segment)


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def add_chunk(request: ConsoleRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID) -> HttpResponse:
    document, segment = segment_of(request, dataset_id, document_id, segment_id)
    form = ChunkForm(request.POST or None)
    if (
        request.method == "POST"
        and attempt(
            form, lambda fields: add_child_chunk(document=document, segment=segment, user=request.user, **fields)
        )
        is not None
    ):
        return back(request, document, _("The child chunk was added."), segment.pk)
    heading = _("Add a child chunk to segment %(number)s") % {"number": segment.position}
    return show(request, document.dataset, form, heading, document=document)


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def edit_chunk(
    request: ConsoleRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID, child_chunk_id: UUID
) -> HttpResponse:
    document, segment = segment_of(request, dataset_id, document_id, segment_id)
    chunk = get_child_chunk(segment=segment, chunk_id=child_chunk_id)
    form = ChunkForm(request.POST or None, initial={"content": chunk.content})
    if (
        request.method == "POST"
        and attempt(
            form,
            lambda fields: update_child_chunk(
                document=document, segment=segment, chunk=chunk, user=request.user, **fields
            ),
        )
        is not None
    ):
        return back(request, document, _("The child chunk was saved."), segment.pk)
    heading = _("Child chunk %(number)s") % {"number": chunk.position}
    return show(request, document.dataset, form, heading, document=document)


@require_POST
@requires(*KNOWLEDGE_BUILDERS)
def remove_chunk(
    request: ConsoleRequest, dataset_id: UUID, document_id: UUID, segment_id: UUID, child_chunk_id: UUID
) -> HttpResponse:
    document, segment = segment_of(request, dataset_id, document_id, segment_id)
    chunk = get_child_chunk(segment=segment, chunk_id=child_chunk_id)
    try:
        delete_child_chunk(document=document, segment=segment, chunk=chunk, user=request.user)
    except InvalidParam as refusal:
        if wants_fragment(request):
            raise
        messages.error(request, refusal.message)
        return back(request, document, "", segment.pk)
    return back(request, document, _("The child chunk was deleted."), segment.pk)


@require_http_methods(["GET", "POST"])
@requires(*KNOWLEDGE_BUILDERS)
def add_file(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    document = document_of(request, dataset_id, document_id)
    form = SegmentFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST":
        count = attempt(
            form,
            lambda fields: import_segments(document=document, data=fields["file"].read(), user=request.user),
        )
        if count is not None:
            said = ngettext("%(count)s segment was added.", "%(count)s segments were added.", count)
            return back(request, document, said % {"count": count})
    return show(request, document.dataset, form, _("Add segments from a file"), document=document, is_file=True)


@require_safe
@requires(*KNOWLEDGE_BUILDERS)
def file_template(request: ConsoleRequest, dataset_id: UUID, document_id: UUID) -> HttpResponse:
    text = template(document_of(request, dataset_id, document_id))
    headers = {"Content-Disposition": 'attachment; filename="segments.csv"'}
    return HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def back(request: ConsoleRequest, document: Document, sentence: str, segment_id: UUID | None = None) -> HttpResponse:
    """To the document's page, at the segment that was changed; for scripts the list alone is fetched again."""
    address = reverse("knowledge:document", args=[document.dataset_id, document.pk])
    query = f"?{urlencode({'segment': segment_id})}" if segment_id else ""
    if not wants_fragment(request):
        return done(request, f"{address}{query}{f'#segment-{segment_id}' if segment_id else ''}", sentence)
    response = HttpResponse(status=204)
    response["HX-Location"] = json.dumps({"path": address + query, "target": "#segments", "swap": "outerHTML"})
    say(response, sentence, events={"dialog-close": True})
    return response
