"""Child chunks of a passage (service API 7.6)."""

from math import ceil

from django.http import HttpResponse
from rest_framework.request import Request

from apps.common.api import json_body, json_response
from apps.knowledge.models import Document, Segment
from apps.knowledge.selectors import get_child_chunk, get_segment, list_child_chunks
from apps.knowledge.services.child_chunks import add_child_chunk, delete_child_chunk, update_child_chunk

from .base import KnowledgeView
from .output import child_json
from .payloads import ChildChunk, read_keyword, read_page


class _ChunkView(KnowledgeView):
    def passage(self, dataset_id: str, document_id: str, segment_id: str) -> tuple[Document, Segment]:
        """The document and its passage. Raises NotFound, DatasetApiDisabled."""
        document = self.document(dataset_id, document_id)
        return document, get_segment(document=document, segment_id=segment_id)


class ChildChunksView(_ChunkView):
    def get(self, request: Request, dataset_id: str, document_id: str, segment_id: str) -> HttpResponse:
        _, segment = self.passage(dataset_id, document_id, segment_id)
        page, limit = read_page(request.query_params)
        chunks = list_child_chunks(segment=segment, keyword=read_keyword(request.query_params))
        total = chunks.count()
        data = [child_json(chunk) for chunk in chunks[(page - 1) * limit : page * limit]]
        pages = ceil(total / limit)
        return json_response({"data": data, "total": total, "total_pages": pages, "page": page, "limit": limit})

    def post(self, request: Request, dataset_id: str, document_id: str, segment_id: str) -> HttpResponse:
        document, segment = self.passage(dataset_id, document_id, segment_id)
        content = ChildChunk.read(json_body(request._request)).content
        chunk = add_child_chunk(document=document, segment=segment, content=content, user=self.owner)
        return json_response({"data": child_json(chunk)})


class ChildChunkView(_ChunkView):
    def patch(
        self, request: Request, dataset_id: str, document_id: str, segment_id: str, child_chunk_id: str
    ) -> HttpResponse:
        document, segment = self.passage(dataset_id, document_id, segment_id)
        chunk = get_child_chunk(segment=segment, chunk_id=child_chunk_id)
        content = ChildChunk.read(json_body(request._request)).content
        chunk = update_child_chunk(document=document, segment=segment, chunk=chunk, content=content, user=self.owner)
        return json_response({"data": child_json(chunk)})

    def delete(
        self, request: Request, dataset_id: str, document_id: str, segment_id: str, child_chunk_id: str
    ) -> HttpResponse:
        document, segment = self.passage(dataset_id, document_id, segment_id)
        chunk = get_child_chunk(segment=segment, chunk_id=child_chunk_id)
        delete_child_chunk(document=document, segment=segment, chunk=chunk, user=self.owner)
        return HttpResponse(status=204)
