"""What a document would become, before it is added (ours; the original's console has the same under this name)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.knowledge.models import Dataset
from apps.knowledge.services.preview import SHOWN, preview_file, preview_json, preview_text

from .base import KnowledgeView
from .documents import check_rule
from .payloads import Estimate, EstimateText, read_form


class EstimateView(KnowledgeView):
    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        if request._request.content_type == "multipart/form-data":
            file, data = read_form(request._request)
            options = _options(dataset, Estimate.read(data))
            return json_response(
                preview_json(preview_file(dataset=dataset, name=file.name or "", data=file, **options))
            )
        payload = EstimateText.read(json_body(request._request))
        options = _options(dataset, payload)
        return json_response(
            preview_json(preview_text(dataset=dataset, name=payload.name, text=payload.text, **options))
        )


def _options(dataset: Dataset, payload: Estimate) -> dict[str, Any]:
    check_rule(dataset, payload)
    return {
        "process_rule": payload.process_rule,
        "doc_form": payload.doc_form or None,
        "doc_language": payload.doc_language or "English",
        "indexing_technique": payload.indexing_technique,
        "embedding_provider": payload.embedding_model_provider,
        "embedding_model": payload.embedding_model,
        "shown": SHOWN if payload.limit is None else payload.limit,
        "asked": payload.qa_preview or 0,
    }
