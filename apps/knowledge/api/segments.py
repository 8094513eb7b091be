"""Segments of a document (service API 7.6)."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.knowledge.choices import DocForm, SegmentStatus
from apps.knowledge.models import Document, Segment
from apps.knowledge.selectors import children_by_parent, get_segment, list_segments
from apps.knowledge.services.segments import (
    add_segments,
    delete_segment,
    delete_segments,
    set_segments_enabled,
    update_segment,
)

from .base import KnowledgeView
from .output import page_json, segment_json
from .payloads import AddSegments, UpdateSegment, read_keyword, read_page


class SegmentsView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        page, limit = read_page(request.query_params)
        segments = list_segments(
            document=document,
            statuses=[text for text in request.query_params.getlist("status") if text in SegmentStatus.values],
            keyword=read_keyword(request.query_params),
        )
        data = _with_children(document, list(segments[(page - 1) * limit : page * limit]))
        body = page_json(data, page=page, limit=limit, total=segments.count())
        return json_response({**body, "doc_form": document.doc_form})

    def post(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        payload = AddSegments.read(json_body(request._request))
        segments = add_segments(document=document, records=payload.segments, user=self.owner)
        return json_response({"data": _with_children(document, segments), "doc_form": document.doc_form})

    def delete(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        delete_segments(document=document, segment_ids=request.query_params.getlist("segment_id"), user=self.owner)
        return HttpResponse(status=204)


class SwitchView(KnowledgeView):
    """Switches many passages on or off; `as_view(enabled=...)` says which."""

    enabled = True

    def patch(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        set_segments_enabled(
            document=self.document(dataset_id, document_id),
            segment_ids=request.query_params.getlist("segment_id"),
            enabled=self.enabled,
            user=self.owner,
        )
        return json_response({"result": "success"})


class SegmentView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, document_id: str, segment_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        return _shown(document, get_segment(document=document, segment_id=segment_id))

    def post(self, request: Request, dataset_id: str, document_id: str, segment_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        segment = get_segment(document=document, segment_id=segment_id)
        changes = UpdateSegment.read(json_body(request._request)).segment
        segment = update_segment(
            document=document,
            segment=segment,
            content=changes.content,
            answer=changes.answer,
            keywords=changes.keywords,
            enabled=changes.enabled,
            regenerate_child_chunks=changes.regenerate_child_chunks,
            user=self.owner,
        )
        return _shown(document, segment)

    def delete(self, request: Request, dataset_id: str, document_id: str, segment_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        segment = get_segment(document=document, segment_id=segment_id)
        delete_segment(document=document, segment=segment, user=self.owner)
        return HttpResponse(status=204)


def _shown(document: Document, segment: Segment) -> HttpResponse:
    return json_response({"data": _with_children(document, [segment])[0], "doc_form": document.doc_form})


def _with_children(document: Document, segments: Sequence[Segment]) -> list[dict[str, Any]]:
    """Passages as the API shows them, with their chunks in documents that have any."""
    is_parted = document.doc_form == DocForm.HIERARCHICAL
    children = children_by_parent(segments=segments) if is_parted else {}
    return [segment_json(segment, children.get(segment.pk, ())) for segment in segments]
