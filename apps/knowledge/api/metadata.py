"""Metadata of documents (service API 7.8)."""

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.knowledge.choices import BUILT_IN
from apps.knowledge.errors import InvalidAction
from apps.knowledge.models import MetadataField
from apps.knowledge.selectors import list_fields
from apps.knowledge.services.metadata import (
    DocumentValues,
    create_field,
    delete_field,
    rename_field,
    set_built_in_fields,
    set_documents_metadata,
)

from .base import KnowledgeView
from .payloads import AddField, RenameField, SetMetadata


class FieldsView(KnowledgeView):
    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        fields = [{**_shown(field), "count": count} for field, count in list_fields(dataset=dataset)]
        return json_response({"doc_metadata": fields, "built_in_field_enabled": dataset.built_in_field_enabled})

    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        payload = AddField.read(json_body(request._request))
        field = create_field(dataset=dataset, name=payload.name, type=payload.type, user=self.owner)
        return json_response(_shown(field), status=201)


class FieldView(KnowledgeView):
    def patch(self, request: Request, dataset_id: str, field_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        payload = RenameField.read(json_body(request._request))
        return json_response(
            _shown(rename_field(dataset=dataset, field_id=field_id, name=payload.name, user=self.owner))
        )

    def delete(self, request: Request, dataset_id: str, field_id: str) -> HttpResponse:
        delete_field(dataset=self.dataset(dataset_id), field_id=field_id, user=self.owner)
        return HttpResponse(status=204)


class BuiltInView(KnowledgeView):
    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        self.dataset(dataset_id)
        return json_response({"fields": [{"name": name, "type": str(type)} for name, type in BUILT_IN.items()]})


class BuiltInSwitchView(KnowledgeView):
    def post(self, request: Request, dataset_id: str, action: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        if action not in ("enable", "disable"):
            raise InvalidAction("The action must be enable or disable.")
        set_built_in_fields(dataset=dataset, enabled=action == "enable", user=self.owner)
        return json_response({"result": "success"})


class DocumentsMetadataView(KnowledgeView):
    def post(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        payload = SetMetadata.read(json_body(request._request))
        operations = [
            DocumentValues(item.document_id, item.metadata_list, item.partial_update) for item in payload.operation_data
        ]
        set_documents_metadata(dataset=dataset, operations=operations, user=self.owner)
        return json_response({"result": "success"})


def _shown(field: MetadataField) -> dict[str, str]:
    return {"id": str(field.pk), "name": field.name, "type": field.type}
