"""Searching by API (service API 7.7): a plain async view on the hot path."""

from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.common.api import bearer_token, json_body, json_response, service_view
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.knowledge.configs import get_config
from apps.knowledge.errors import DatasetApiDisabled, DatasetNotInitialized
from apps.knowledge.selectors import DATASET_NOT_FOUND, fetch_segments, is_being_initialized
from apps.knowledge.services.explaining import explain, explanation_json
from apps.knowledge.services.retrieve import retrieve as find
from apps.knowledge.services.searches import Demand
from apps.knowledge.wire import parse_retrieval
from apps.prompts.runtime import workspace_of_key

from .output import record_json
from .payloads import Retrieve

MAX_QUERY = 250


@service_view("POST")
async def retrieve(request: HttpRequest, dataset_id: str) -> HttpResponseBase:
    """POST /v1/datasets/{id}/retrieve, also known as hit-testing."""
    key = await workspace_of_key(bearer_token(request))
    id = parse_uuid(dataset_id)
    config = await get_config(workspace_id=key.workspace_id, dataset_id=id) if id else None
    if id is None or config is None:
        raise NotFound(DATASET_NOT_FOUND)
    if not config.enable_api:
        raise DatasetApiDisabled
    payload = Retrieve.read(json_body(request))
    if not payload.query.strip():
        raise InvalidParam("query is required", params="query")
    if len(payload.query) > MAX_QUERY:
        raise InvalidParam(f"Query cannot exceed {MAX_QUERY} characters", params="query")
    settings = parse_retrieval(payload.retrieval_model) if payload.retrieval_model is not None else None
    told: dict[str, Any] = {}
    if payload.explain:
        explanation = await explain(
            workspace_id=key.workspace_id, dataset_ids=[id], query=payload.query, demand=Demand(settings=settings)
        )
        hits, told = explanation.hits, {"explanation": explanation_json(explanation)}
    else:
        hits = await find(workspace_id=key.workspace_id, dataset_ids=[id], query=payload.query, settings=settings)
    if not hits and await is_being_initialized(dataset_id=id):
        raise DatasetNotInitialized
    segments = await fetch_segments(segment_ids=[hit.segment_id for hit in hits])
    records = [record_json(segments[hit.segment_id], hit) for hit in hits if hit.segment_id in segments]
    return json_response({"query": {"content": payload.query}, "records": records, **told})
