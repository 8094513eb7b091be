"""Tags of knowledge bases (service API 7.9)."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.common.errors import InvalidParam
from apps.common.ids import parse_uuid
from apps.workspaces.choices import TagKind
from apps.workspaces.models import Tag
from apps.workspaces.selectors import list_tags, list_tags_of
from apps.workspaces.services.tags import bind_tags, create_tag, delete_tag, rename_tag, unbind_tags

from .base import KnowledgeView
from .payloads import BindTags, CreateTag, DeleteTag, RenameTag, UnbindTags

KIND = TagKind.KNOWLEDGE


class TagsView(KnowledgeView):
    def get(self, request: Request) -> HttpResponse:
        return json_response([_tag_json(tag) for tag in list_tags(workspace=self.workspace_id, kind=KIND)])

    def post(self, request: Request) -> HttpResponse:
        payload = CreateTag.read(json_body(request._request))
        tag = create_tag(workspace=self.workspace, kind=KIND, name=payload.name, user=self.owner)
        return self._answer(tag)

    def patch(self, request: Request) -> HttpResponse:
        payload = RenameTag.read(json_body(request._request))
        tag = rename_tag(workspace=self.workspace, tag_id=payload.tag_id, name=payload.name, kind=KIND, user=self.owner)
        return self._answer(tag)

    def delete(self, request: Request) -> HttpResponse:
        payload = DeleteTag.read(json_body(request._request))
        delete_tag(workspace=self.workspace, tag_id=payload.tag_id, kind=KIND, user=self.owner)
        return HttpResponse(status=204)

    def _answer(self, tag: Tag) -> HttpResponse:
        return json_response(_tag_json(list_tags(workspace=self.workspace_id, kind=KIND).get(pk=tag.pk)))


class BindingView(KnowledgeView):
    serves_external = True

    def post(self, request: Request) -> HttpResponse:
        payload = BindTags.read(json_body(request._request))
        dataset = self.dataset(payload.target_id)
        if not payload.tag_ids:
            raise InvalidParam("tag_ids is required", params="tag_ids")
        bind_tags(workspace=self.workspace, kind=KIND, tag_ids=payload.tag_ids, target_id=dataset.pk)
        return HttpResponse(status=204)


class UnbindingView(KnowledgeView):
    serves_external = True

    def post(self, request: Request) -> HttpResponse:
        payload = UnbindTags.read(json_body(request._request))
        dataset = self.dataset(payload.target_id)
        given = [*(payload.tag_ids or []), *([payload.tag_id] if payload.tag_id else [])]
        if not given:
            raise InvalidParam("tag_id or tag_ids is required", params="tag_ids")
        ids = [id for text in given if (id := parse_uuid(text))]
        unbind_tags(workspace=self.workspace, tag_ids=ids, target_id=dataset.pk)
        return HttpResponse(status=204)


class DatasetTagsView(KnowledgeView):
    serves_external = True

    def get(self, request: Request, dataset_id: str) -> HttpResponse:
        dataset = self.dataset(dataset_id)
        tags = list_tags_of(workspace=self.workspace_id, target_ids=[dataset.pk]).get(dataset.pk, [])
        data = [{"id": str(tag.pk), "name": tag.name} for tag in tags]
        return json_response({"data": data, "total": len(data)})


def _tag_json(tag: Tag) -> dict[str, Any]:
    """A tag that a selector annotated with its count, which the contract writes as text."""
    counts: Any = tag
    return {"id": str(tag.pk), "name": tag.name, "type": tag.kind, "binding_count": str(counts.binding_count)}
