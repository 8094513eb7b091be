"""Knowledge bases (service API 7.2)."""

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.common.errors import InvalidParam
from apps.knowledge.selectors import (
    count_apps,
    list_datasets,
)
from apps.knowledge.services.datasets import create_dataset, delete_dataset, is_embedding_available
from apps.workspaces.models import Workspace

from .base import KnowledgeView
from .output import dataset_json, page_json
from .payloads import CreateDataset, read_keyword, read_page


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
