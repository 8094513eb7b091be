"""Services of external knowledge, and the bases kept by them."""

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.knowledge.models import ExternalKnowledgeApi
from apps.knowledge.selectors import get_external_api, list_external_apis
from apps.knowledge.services.external import (
    create_external_api,
    create_external_dataset,
    delete_external_api,
    update_external_api,
)

from .base import KnowledgeView
from .output import external_api_json, page_json
from .payloads import CreateDataset, ExternalApi, read_keyword, read_page


class ExternalApisView(KnowledgeView):
    def get(self, request: Request) -> HttpResponse:
        page, limit = read_page(request.query_params)
        apis = list_external_apis(workspace=self.workspace_id, keyword=read_keyword(request.query_params))
        data = [external_api_json(api) for api in apis[(page - 1) * limit : page * limit]]
        return json_response(page_json(data, page=page, limit=limit, total=apis.count()))

    def post(self, request: Request) -> HttpResponse:
        payload = ExternalApi.read(json_body(request._request))
        api = create_external_api(
            workspace=self.workspace,
            name=payload.name,
            endpoint=payload.settings.endpoint,
            api_key=payload.settings.api_key,
            description=payload.description or "",
            user=self.owner,
        )
        return json_response(external_api_json(api), 201)


class _ExternalApiView(KnowledgeView):
    def api(self, external_api_id: str) -> ExternalKnowledgeApi:
        """A service the workspace knows. Raises NotFound."""
        return get_external_api(workspace=self.workspace_id, api_id=external_api_id)


class ExternalApiView(_ExternalApiView):
    def get(self, request: Request, external_api_id: str) -> HttpResponse:
        return json_response(external_api_json(self.api(external_api_id)))

    def patch(self, request: Request, external_api_id: str) -> HttpResponse:
        api = self.api(external_api_id)
        payload = ExternalApi.read(json_body(request._request))
        api = update_external_api(
            api=api,
            name=payload.name,
            endpoint=payload.settings.endpoint,
            api_key=payload.settings.api_key,
            description=payload.description,
            user=self.owner,
        )
        return json_response(external_api_json(api))

    def delete(self, request: Request, external_api_id: str) -> HttpResponse:
        delete_external_api(api=self.api(external_api_id), user=self.owner)
        return HttpResponse(status=204)


class UseCheckView(_ExternalApiView):
    def get(self, request: Request, external_api_id: str) -> HttpResponse:
        count = self.api(external_api_id).datasets.count()
        return json_response({"is_using": count > 0, "count": count})


class ExternalDatasetsView(KnowledgeView):
    serves_external = True

    def post(self, request: Request) -> HttpResponse:
        payload = CreateDataset.read(json_body(request._request))
        return json_response(self.show([self.dataset(create_external(self, payload))])[0], 201)


def create_external(view: KnowledgeView, payload: CreateDataset) -> str:
    """Makes a base kept elsewhere; returns its id."""
    dataset = create_external_dataset(
        workspace=view.workspace,
        name=payload.name,
        external_api_id=payload.external_knowledge_api_id or "",
        external_knowledge_id=payload.external_knowledge_id,
        external_retrieval_model=payload.external_retrieval_model,
        description=payload.description or "",
        permission=payload.permission or "only_me",
        members=payload.partial_member_list,
        user=view.owner,
    )
    return str(dataset.pk)
