"""Retrieved passages as the `retriever_resources` of an answer (service API 3.5)."""

from collections.abc import Sequence
from typing import Any

from apps.knowledge.contracts import Hit


def as_resources(hits: Sequence[Hit]) -> list[dict[str, Any]]:
    """One object for each passage, in the order the model saw them."""
    return [
        {
            "position": position,
            "dataset_id": str(hit.dataset_id),
            "dataset_name": hit.dataset_name,
            "document_id": str(hit.document_id),
            "document_name": hit.document_name,
            "data_source_type": hit.data_source_type,
            "segment_id": str(hit.segment_id),
            "retriever_from": "api",
            "score": hit.score,
            "hit_count": hit.hit_count,
            "word_count": hit.word_count,
            "segment_position": hit.position,
            "index_node_hash": hit.index_node_hash,
            "content": hit.text,
            **({"page": hit.page} if hit.page is not None else {}),
            **({"doc_metadata": hit.doc_metadata} if hit.doc_metadata else {}),
        }
        for position, hit in enumerate(hits, 1)
    ]
