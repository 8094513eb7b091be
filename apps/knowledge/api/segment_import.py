"""Passages of a document from a CSV file."""

from typing import Any, Final

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_response
from apps.knowledge.choices import UNFINISHED, IndexingStatus
from apps.knowledge.models import Document
from apps.knowledge.services.segment_import import import_segments, template

from .base import KnowledgeView
from .payloads import read_form

_STATUS: Final = {IndexingStatus.COMPLETED: "completed", IndexingStatus.ERROR: "error"}


class BatchImportView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        return json_response(_job_json(self.document(dataset_id, document_id)))

    def post(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        file, _ = read_form(request._request)
        import_segments(document=document, data=file.read(), user=self.owner)
        document.refresh_from_db()
        return json_response(_job_json(document))


class TemplateView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        text = template(self.document(dataset_id, document_id))
        headers = {"Content-Disposition": 'attachment; filename="segments.csv"'}
        return HttpResponse(text.encode("utf-8-sig"), content_type="text/csv; charset=utf-8", headers=headers)


def _job_json(document: Document) -> dict[str, Any]:
    """The document as the job that takes its new passages in."""
    working = "processing" if document.indexing_status in UNFINISHED else "waiting"
    return {
        "job_id": str(document.pk),
        "job_status": _STATUS.get(IndexingStatus(document.indexing_status), working),
        "completed_segments": document.completed_segments,
        "total_segments": document.segment_count,
        "error": document.error,
    }
