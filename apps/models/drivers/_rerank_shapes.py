"""Rerank requests and answers in the four shapes that providers have. No I/O.

- cohere: Cohere's v2, which Jina, Xinference, LocalAI, together, SiliconFlow, Zhipu and vLLM share
- tei: Hugging Face's Text Embeddings Inference; a server has one model
- nvidia: NeMo Retriever's ranking
- dashscope: Alibaba's `text-rerank` below `/api/v1/services`
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import orjson

from apps.models.contracts import Endpoint, ModelSpec, RankedDocument


@dataclass(frozen=True, slots=True)
class _Shape:
    """Body of a request (model, query, documents, top_n), rows of an answer, names of a row's score."""

    body: Callable[[str, str, list[str], int], Mapping[str, Any]]
    rows: Callable[[Any], Any]
    scores: tuple[str, ...]


def _cohere(model: str, query: str, documents: list[str], top_n: int) -> Mapping[str, Any]:
    return {"model": model, "query": query, "documents": documents, "top_n": top_n}


def _tei(_model: str, query: str, documents: list[str], _top_n: int) -> Mapping[str, Any]:
    return {"query": query, "texts": documents}


def _nvidia(model: str, query: str, documents: list[str], _top_n: int) -> Mapping[str, Any]:
    return {"model": model, "query": {"text": query}, "passages": [{"text": text} for text in documents]}


def _dashscope(model: str, query: str, documents: list[str], top_n: int) -> Mapping[str, Any]:
    fields = {"query": query, "documents": documents}
    return {"model": model, "input": fields, "parameters": {"top_n": top_n, "return_documents": False}}


_SHAPES: Final[Mapping[str, _Shape]] = {
    "cohere": _Shape(_cohere, lambda answer: answer["results"], ("relevance_score", "score")),
    "tei": _Shape(_tei, lambda answer: answer, ("score",)),
    "nvidia": _Shape(_nvidia, lambda answer: answer["rankings"], ("logit",)),
    "dashscope": _Shape(_dashscope, lambda answer: answer["output"]["results"], ("relevance_score",)),
}


def rerank_body(endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int) -> bytes:
    """The body of a rerank request in the provider's shape."""
    shape = _SHAPES[endpoint.options["rerank_style"]]
    return orjson.dumps({**endpoint.options["rerank_extra"], **shape.body(model.name, query, list(documents), top_n)})


def read_ranks(style: str, answer: Any, count: int, top_n: int) -> list[RankedDocument]:
    """The ranked documents, best first; NVIDIA's scores are logits, so any finite number may come.

    Raises:
        ValueError: an index that was not asked about, one twice, or a score that is not finite.
    """
    shape = _SHAPES[style]
    rows = shape.rows(answer)
    if not isinstance(rows, list):
        raise ValueError("the ranking is not a list")
    ranks = [RankedDocument(int(row["index"]), _score(row, shape.scores)) for row in rows]
    indexes = {rank.index for rank in ranks}
    if len(indexes) != len(ranks) or not indexes <= set(range(count)):
        raise ValueError("the ranking names documents that were not sent, or one twice")
    if not all(math.isfinite(rank.score) for rank in ranks):
        raise ValueError("a relevance score is not finite")
    return sorted(ranks, key=lambda rank: -rank.score)[:top_n]


def _score(row: Mapping[str, Any], names: Sequence[str]) -> float:
    found = [row[name] for name in names if name in row]
    return float(found[0])
