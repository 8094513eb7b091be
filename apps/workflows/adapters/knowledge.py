"""Knowledge bases of the workspace, for nodes of flows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apps.common.errors import AppError
from apps.common.ids import parse_uuid
from apps.knowledge.contracts import Condition, Hit, MetadataFilter, RerankChoice
from apps.knowledge.services.choosing import choose_base
from apps.knowledge.services.filter_choosing import choose_filter
from apps.knowledge.services.retrieve import count_hits, retrieve
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.ports import Found, Search

from .models import WorkspaceModels

ERROR: Final = "KnowledgeRetrievalError"


@dataclass(frozen=True, slots=True)
class WorkspaceKnowledge:
    """See `engine.ports.Knowledge`."""

    workspace_id: UUID
    models: WorkspaceModels

    async def search(self, search: Search) -> Found:
        """Chooses the base and makes the filter where a model is to, then searches; what is found counts as used."""
        dataset_ids = [found for one in search.dataset_ids if (found := parse_uuid(one))]
        tokens = [0, 0]
        try:
            if search.one_base:
                dataset_ids = await self._chosen(search, dataset_ids, tokens)
            filters = await self._filters(search, dataset_ids, tokens)
            hits = await retrieve(
                workspace_id=self.workspace_id,
                dataset_ids=dataset_ids,
                query=search.query,
                top_k=search.top_k,
                score_threshold=search.score_threshold,
                rerank=RerankChoice(*search.rerank) if search.rerank else None,
                weights=search.weights,
                filters=filters,
            )
            await count_hits([hit.segment_id for hit in hits])
        except AppError as error:
            raise NodeFailed(error.message, ERROR, inputs={"query": search.query}) from error
        return Found([_as_result(hit, place) for place, hit in enumerate(hits, 1)], (tokens[0], tokens[1]))

    async def _chosen(self, search: Search, dataset_ids: Sequence[UUID], tokens: list[int]) -> list[UUID]:
        handle = await self.models.handle(search.model)
        choice = await choose_base(
            workspace_id=self.workspace_id, handle=handle, dataset_ids=dataset_ids, query=search.query
        )
        _add(tokens, choice.prompt_tokens, choice.completion_tokens)
        return list(choice.dataset_ids)

    async def _filters(self, search: Search, dataset_ids: Sequence[UUID], tokens: list[int]) -> MetadataFilter | None:
        if search.filters == "manual" and search.conditions:
            conditions = [Condition(*one) for one in search.conditions]
            return MetadataFilter(conditions, search.meets_any, is_strict=not search.one_base)
        if search.filters != "automatic":
            return None
        handle = await self.models.handle(search.filter_model or search.model)
        choice = await choose_filter(
            workspace_id=self.workspace_id, handle=handle, dataset_ids=dataset_ids, query=search.query
        )
        _add(tokens, choice.prompt_tokens, choice.completion_tokens)
        return choice.filters


def _add(tokens: list[int], prompt: int, completion: int) -> None:
    tokens[0] += prompt
    tokens[1] += completion


def _as_result(hit: Hit, position: int) -> dict[str, Any]:
    metadata = {
        "_source": "knowledge",
        "position": position,
        "dataset_id": str(hit.dataset_id),
        "dataset_name": hit.dataset_name,
        "document_id": str(hit.document_id),
        "document_name": hit.document_name,
        "data_source_type": hit.data_source_type,
        "document_data_source_type": hit.data_source_type,
        "segment_id": str(hit.segment_id),
        "retriever_from": "workflow",
        "score": hit.score,
        "segment_hit_count": hit.hit_count,
        "segment_word_count": hit.word_count,
        "segment_position": hit.position,
        "segment_index_node_hash": hit.index_node_hash,
        "doc_metadata": hit.doc_metadata,
    }
    return {"metadata": metadata, "title": hit.document_name, "content": hit.text}
