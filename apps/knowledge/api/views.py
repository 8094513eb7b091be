"""The knowledge API but for searching (service API 7.2, 7.4 to 7.6)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.common.errors import InvalidParam, NotFound
from apps.common.text import storable
from apps.knowledge.models import Dataset, Document
from apps.knowledge.selectors import (
    count_apps,
    get_latest_rule,
    list_batch,
    list_datasets,
    list_documents,
)
from apps.knowledge.services.datasets import create_dataset, delete_dataset, is_embedding_available
from apps.knowledge.services.documents import (
    create_document_from_file,
    create_document_from_text,
    delete_document,
)
from apps.workspaces.models import User, Workspace

from .base import KnowledgeView
from .output import dataset_json, document_json, page_json, status_json
from .payloads import CreateByText, CreateDataset, CreateDocument, read_form, read_keyword, read_page


class DatasetsView(KnowledgeView):
    def get(self, request: Request) -> HttpResponse:
        page, limit = read_page(request.query_params)
        datasets = list_datasets(workspace=self.workspace_id, keyword=read_keyword(request.query_params))
        counts = count_apps(workspace_id=self.workspace_id)
        data = [
            dataset_json(
                dataset,
                app_count=counts.get(str(dataset.pk), 0),
                embedding_available=is_embedding_available(dataset),
            )
            for dataset in datasets[(page - 1) * limit : page * limit]
        ]
        return json_response(page_json(data, page=page, limit=limit, total=datasets.count()))

    def post(self, request: Request) -> HttpResponse:
        payload = CreateDataset.read(json_body(request._request))
        if payload.provider != "vendor":
            raise InvalidParam(f"{payload.provider[:40]} is not a valid choice", params="provider")
        dataset = create_dataset(
            workspace=Workspace.objects.get(pk=self.workspace_id),
            user=self.owner,
            name=payload.name,
            description=payload.description or "",
            indexing_technique=payload.indexing_technique,
            permission=payload.permission or "only_me",
            embedding_provider=payload.embedding_model_provider,
            embedding_model=payload.embedding_model,
            retrieval_model=payload.retrieval_model,
        )
        return json_response(self.show(self.dataset(str(dataset.pk))))


class DatasetView(KnowledgeView):
    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        return json_response(self.show(self.dataset(dataset_id)))

    def delete(self, request: Request, dataset_id: str) -> HttpResponse:
        delete_dataset(dataset=self.dataset(dataset_id), user=self.owner)
        return HttpResponse(status=204)


class CreateByTextView(KnowledgeView):
    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        payload = CreateByText.read(json_body(request._request))
        document = create_document_from_text(
            dataset=dataset, name=payload.name, text=payload.text, **_options(dataset, payload, self.owner)
        )
        return _created(document)


class CreateByFileView(KnowledgeView):
    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        file, data = read_form(request._request)
        payload = CreateDocument.read(data)
        document = create_document_from_file(
            dataset=dataset,
            name=file.name or "",
            data=file,
            mime_type=file.content_type or "",
            **_options(dataset, payload, self.owner),
        )
        return _created(document)


class DocumentsView(KnowledgeView):
    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        page, limit = read_page(request.query_params)
        keyword = read_keyword(request.query_params)
        documents = list_documents(dataset=self.dataset(dataset_id), keyword=keyword)
        data = [document_json(document) for document in documents[(page - 1) * limit : page * limit]]
        return json_response(page_json(data, page=page, limit=limit, total=documents.count()))


class DocumentView(KnowledgeView):
    def delete(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        delete_document(document=self.document(dataset_id, document_id), user=self.owner)
        return HttpResponse(status=204)


class IndexingStatusView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, batch: str) -> HttpResponse:
        documents = list(list_batch(dataset=self.dataset(dataset_id), batch=storable(batch)))
        if not documents:
            raise NotFound("Documents not found.")
        return json_response({"data": [status_json(document) for document in documents]})


def _options(dataset: Dataset, payload: CreateDocument, owner: User) -> dict[str, Any]:
    if payload.original_document_id:
        raise InvalidParam("Updating a document is not available here yet.", params="original_document_id")
    if payload.process_rule is None and get_latest_rule(dataset=dataset) is None:
        raise InvalidParam("process_rule is required.", params="process_rule")
    return {
        "user": owner,
        "created_from": "api",
        "indexing_technique": payload.indexing_technique,
        "process_rule": payload.process_rule,
        "embedding_provider": payload.embedding_model_provider,
        "embedding_model": payload.embedding_model,
        "retrieval_model": payload.retrieval_model,
        "doc_form": payload.doc_form or "text_model",
        "doc_language": payload.doc_language or "English",
    }


def _created(document: Document) -> HttpResponse:
    return json_response({"document": document_json(document), "batch": document.batch})
