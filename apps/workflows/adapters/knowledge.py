"""Knowledge bases of the workspace, for nodes of flows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from apps.common.errors import AppError
from apps.common.ids import parse_uuid
from apps.knowledge.contracts import Hit, RerankChoice
from apps.knowledge.services.retrieve import retrieve
from apps.prompts.shapes import as_map, as_number, as_whole
from apps.workflows.engine.contracts import NodeFailed

TOP_K: Final = 4


@dataclass(frozen=True, slots=True)
class WorkspaceKnowledge:
    """See `engine.ports.Knowledge`."""

    workspace_id: UUID

    async def search(
        self, query: str, dataset_ids: Sequence[str], settings: Mapping[str, Any]
    ) -> Sequence[Mapping[str, Any]]:
        """Searches bases of the workspace as the node's multi-path settings say."""
        config = as_map(settings.get("multiple_retrieval_config"))
        model = as_map(config.get("reranking_model"))
        by_model = config.get("reranking_enable") is not False and config.get("reranking_mode") != "weighted_score"
        named = bool(model.get("provider") and model.get("model"))
        try:
            hits = await retrieve(
                workspace_id=self.workspace_id,
                dataset_ids=[found for one in dataset_ids if (found := parse_uuid(one))],
                query=query,
                top_k=as_whole(config.get("top_k")) or TOP_K,
                score_threshold=as_number(config.get("score_threshold")),
                rerank=RerankChoice(str(model["provider"]), str(model["model"])) if by_model and named else None,
                weights=_weights(config),
            )
        except AppError as error:
            raise NodeFailed(error.message, "KnowledgeRetrievalError", inputs={"query": query}) from error
        return [_as_result(hit, place) for place, hit in enumerate(hits, 1)]


def _weights(config: Mapping[str, Any]) -> tuple[float, float] | None:
    if config.get("reranking_mode") != "weighted_score":
        return None
    weights = as_map(config.get("weights"))
    vectors = as_number(as_map(weights.get("vector_setting")).get("vector_weight"))
    words = as_number(as_map(weights.get("keyword_setting")).get("keyword_weight"))
    return (vectors, words) if vectors is not None and words is not None else None


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
