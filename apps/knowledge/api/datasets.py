"""Knowledge bases (service API 7.2)."""

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.knowledge.choices import DatasetProvider
from apps.knowledge.selectors import list_datasets
from apps.knowledge.services.datasets import create_dataset, delete_dataset, update_dataset
from apps.knowledge.services.external import update_external_dataset
from apps.knowledge.services.index_changes import cancel_change

from .base import KnowledgeView
from .external import create_external
from .output import page_json
from .payloads import ChangeDataset, CreateDataset, read_keyword, read_page, read_tag_ids


class DatasetsView(KnowledgeView):
    serves_external = True

    def get(self, request: Request) -> HttpResponse:
        query = request.query_params
        page, limit = read_page(query)
        datasets = list_datasets(
            workspace=self.workspace_id,
            keyword=read_keyword(query),
            tag_ids=read_tag_ids(query),
            provider=storable(query.get("provider", ""))[:16],
        )
        data = self.show(datasets[(page - 1) * limit : page * limit])
        return json_response(page_json(data, page=page, limit=limit, total=datasets.count()))

    def post(self, request: Request) -> HttpResponse:
        payload = CreateDataset.read(json_body(request._request))
        if payload.provider == DatasetProvider.EXTERNAL:
            return json_response(self.show([self.dataset(create_external(self, payload))])[0])
        if payload.provider != DatasetProvider.VENDOR:
            raise InvalidParam(f"{payload.provider[:40]} is not a valid choice", params="provider")
        dataset = create_dataset(
            workspace=self.workspace,
            user=self.owner,
            name=payload.name,
            description=payload.description or "",
            indexing_technique=payload.indexing_technique,
            permission=payload.permission or "only_me",
            embedding_provider=payload.embedding_model_provider,
            embedding_model=payload.embedding_model,
            retrieval_model=payload.retrieval_model,
            members=payload.partial_member_list,
        )
        return json_response(self.show([self.dataset(str(dataset.pk))])[0])


class DatasetView(KnowledgeView):
    serves_external = True

    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        return json_response(self.show([self.dataset(dataset_id)])[0])

    def patch(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        payload = ChangeDataset.read(json_body(request._request))
        if dataset.provider == DatasetProvider.EXTERNAL:
            update_external_dataset(
                dataset=dataset,
                external_api_id=payload.external_knowledge_api_id,
                external_knowledge_id=payload.external_knowledge_id,
                external_retrieval_model=payload.external_retrieval_model,
                user=self.owner,
            )
            dataset.refresh_from_db()
        update_dataset(
            dataset=dataset,
            user=self.owner,
            name=payload.name,
            description=payload.description,
            permission=payload.permission,
            retrieval_model=payload.retrieval_model,
            indexing_technique=payload.indexing_technique,
            embedding_provider=payload.embedding_model_provider,
            embedding_model=payload.embedding_model,
            members=payload.partial_member_list,
        )
        return json_response(self.show([self.dataset(dataset_id)])[0])

    def delete(self, request: Request, dataset_id: str) -> HttpResponse:
        delete_dataset(dataset=self.dataset(dataset_id), user=self.owner)
        return HttpResponse(status=204)


class IndexChangeView(KnowledgeView):
    """Another technique or embedding model that is on its way."""

    def delete(self, request: Request, dataset_id: str) -> HttpResponse:
        cancel_change(dataset=self.dataset(dataset_id), user=self.owner)
        return HttpResponse(status=204)
