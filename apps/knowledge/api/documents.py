"""Documents of a base (service API 7.4, 7.5)."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from apps.common.api import base_url, json_body, json_response
from apps.common.errors import InvalidParam, NotFound
from apps.common.text import storable
from apps.files.archives import zip_response
from apps.files.links import file_url
from apps.files.models import UploadFile
from apps.knowledge.errors import InvalidMetadata
from apps.knowledge.models import Dataset, Document
from apps.knowledge.selectors import (
    get_document,
    get_latest_rule,
    get_upload,
    list_batch,
    list_documents,
    list_documents_by_id,
)
from apps.knowledge.services.documents import (
    create_document_from_file,
    create_document_from_text,
    delete_document,
)
from apps.knowledge.services.job_control import ACTIONS
from apps.knowledge.services.replacing import replace_document_from_file, replace_document_from_text
from apps.knowledge.services.sync import request_sync
from apps.knowledge.services.updates import (
    set_documents_status,
    update_document_from_file,
    update_document_from_text,
)
from apps.workspaces.models import User

from .base import KnowledgeView
from .output import DETAIL_PARTS, detail_json, document_json, page_json, status_json, upload_json
from .payloads import (
    CreateByText,
    CreateDocument,
    DocumentIds,
    DocumentPayload,
    DownloadZip,
    Prioritise,
    UpdateByText,
    UpdateDocument,
    read_form,
    read_keyword,
    read_optional_file,
    read_page,
)


class CreateByTextView(KnowledgeView):
    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        payload = CreateByText.read(json_body(request._request))
        if payload.original_document_id:
            document = get_document(dataset=dataset, document_id=payload.original_document_id)
            changes = {**_changes(payload, self.owner), "created_from": "api"}
            return _answer(
                replace_document_from_text(document=document, name=payload.name, text=payload.text, **changes)
            )
        document = create_document_from_text(
            dataset=dataset, name=payload.name, text=payload.text, **_options(dataset, payload, self.owner)
        )
        return _answer(document)


class CreateByFileView(KnowledgeView):
    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        file, data = read_form(request._request)
        payload = CreateDocument.read(data)
        sent: dict[str, Any] = {"name": file.name or "", "data": file, "mime_type": file.content_type or ""}
        if payload.original_document_id:
            document = get_document(dataset=dataset, document_id=payload.original_document_id)
            changes = {**_changes(payload, self.owner), "created_from": "api"}
            return _answer(replace_document_from_file(document=document, **sent, **changes))
        document = create_document_from_file(dataset=dataset, **sent, **_options(dataset, payload, self.owner))
        return _answer(document)


class UpdateByTextView(KnowledgeView):
    def post(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        payload = UpdateByText.read(json_body(request._request))
        document = update_document_from_text(
            document=document, name=payload.name, text=payload.text, **_changes(payload, self.owner)
        )
        return _answer(document)


class UpdateByFileView(KnowledgeView):
    def post(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        return _update_by_file(request, self.document(dataset_id, document_id), self.owner)


class DocumentsView(KnowledgeView):
    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        page, limit = read_page(request.query_params)
        keyword = read_keyword(request.query_params)
        documents = list_documents(
            dataset=self.dataset(dataset_id), keyword=keyword, status=request.query_params.get("status", "")
        )
        data = [document_json(document) for document in documents[(page - 1) * limit : page * limit]]
        return json_response(page_json(data, page=page, limit=limit, total=documents.count()))


class DocumentView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        document = get_document(dataset=dataset, document_id=document_id)
        part = request.query_params.get("metadata", "all")
        if part not in DETAIL_PARTS:
            raise InvalidMetadata
        return json_response(detail_json(document, get_latest_rule(dataset=dataset), part))

    def patch(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        return _update_by_file(request, self.document(dataset_id, document_id), self.owner)

    def delete(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        delete_document(document=self.document(dataset_id, document_id), user=self.owner)
        return HttpResponse(status=204)


class JobView(KnowledgeView):
    """Pause, resume, cancel, retry, reindex or priority of a document's indexing."""

    def post(self, request: Request, dataset_id: str, document_id: str, action: str) -> HttpResponse:
        document = self.document(dataset_id, document_id)
        options: dict[str, Any] = {}
        if action == "priority":
            options["priority"] = Prioritise.read(json_body(request._request)).priority
        return _answer(ACTIONS[action](document=document, user=self.owner, **options))


class StatusView(KnowledgeView):
    def patch(self, request: Request, dataset_id: str, action: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        payload = DocumentIds.read(json_body(request._request))
        set_documents_status(dataset=dataset, document_ids=payload.document_ids, action=action, user=self.owner)
        return json_response({"result": "success"})


class UploadFileView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        upload = get_upload(document=self.document(dataset_id, document_id))
        return json_response(upload_json(upload, _link(request, upload)))


class DownloadView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        upload = get_upload(document=self.document(dataset_id, document_id))
        return json_response({"url": f"{_link(request, upload)}&as_attachment=true"})


class DownloadZipView(KnowledgeView):
    def post(self, request: Request, dataset_id: str) -> HttpResponseBase:
        dataset = self.dataset(dataset_id)
        payload = DownloadZip.read(json_body(request._request))
        documents = list_documents_by_id(dataset=dataset, document_ids=payload.document_ids)
        return zip_response([get_upload(document=document) for document in documents], name=dataset.name)


class SyncView(KnowledgeView):
    def post(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        request_sync(document=self.document(dataset_id, document_id), user=self.owner)
        return json_response({"result": "success"})


class NotionSyncView(KnowledgeView):
    """The original's spelling."""

    def get(self, request: Request, dataset_id: str, document_id: str) -> HttpResponse:
        request_sync(document=self.document(dataset_id, document_id), user=self.owner)
        return json_response({"result": "success"})


class IndexingStatusView(KnowledgeView):
    def get(self, request: Request, dataset_id: str, batch: str) -> HttpResponse:
        documents = list(list_batch(dataset=self.dataset(dataset_id), batch=storable(batch)))
        if not documents:
            raise NotFound("Documents not found.")
        return json_response({"data": [status_json(document) for document in documents]})


def _update_by_file(request: Request, document: Document, owner: User) -> HttpResponse:
    file, data = read_optional_file(request._request)
    payload = UpdateDocument.read(data)
    document = update_document_from_file(
        document=document,
        name=file.name if file else payload.name,
        data=file,
        mime_type=(file.content_type or "") if file else "",
        **_changes(payload, owner),
    )
    return _answer(document)


def _options(dataset: Dataset, payload: CreateDocument, owner: User) -> dict[str, Any]:
    check_rule(dataset, payload)
    return {
        "user": owner,
        "created_from": "api",
        "indexing_technique": payload.indexing_technique,
        "process_rule": payload.process_rule,
        "embedding_provider": payload.embedding_model_provider,
        "embedding_model": payload.embedding_model,
        "retrieval_model": payload.retrieval_model,
        "doc_form": payload.doc_form or None,
        "doc_language": payload.doc_language or "English",
    }


def check_rule(dataset: Dataset, payload: CreateDocument) -> None:
    """Raises InvalidParam: neither the request nor a document before it says how to cut."""
    if payload.process_rule is None and get_latest_rule(dataset=dataset) is None:
        raise InvalidParam("process_rule is required.", params="process_rule")


def _changes(payload: DocumentPayload, owner: User) -> dict[str, Any]:
    return {
        "user": owner,
        "process_rule": payload.process_rule,
        "doc_form": payload.doc_form,
        "doc_language": payload.doc_language,
    }


def _answer(document: Document) -> HttpResponse:
    return json_response({"document": document_json(document), "batch": document.batch})


def _link(request: Request, upload: UploadFile) -> str:
    return file_url(upload.pk, base_url=base_url(request._request))
