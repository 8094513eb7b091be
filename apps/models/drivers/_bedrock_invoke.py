"""Bodies of InvokeModel for embedding and rerank models, each family in its maker's own form. No I/O.

Sources, read in November 2026: AWS, "Amazon Titan Embeddings Text", "Cohere Embed" and "Use a reranker model in
Amazon Bedrock". The Rerank API of the agents' runtime is not used: Bedrock's API keys do not open it.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from apps.models.contracts import ModelSpec

_COHERE: Final = "cohere."
_TITAN_V1: Final = "titan-embed-text-v1"


def embedding_bodies(model: ModelSpec, texts: Sequence[str]) -> list[bytes]:
    """The requests that some texts need: one for all of them for Cohere's models, one each for Titan's."""
    if _COHERE in model.name:
        body: dict[str, Any] = {"texts": [text or " " for text in texts], "input_type": "search_document"}
        if model.dimensions and "embed-v4" in model.name:
            body["output_dimension"] = model.dimensions
        return [orjson.dumps(body)]
    # The first Titan gives 1,536 numbers and knows no settings.
    settings: dict[str, Any] = {} if _TITAN_V1 in model.name else {"normalize": True}
    if settings and model.dimensions:
        settings["dimensions"] = model.dimensions
    return [orjson.dumps({"inputText": text or " ", **settings}) for text in texts]


def vectors_in(answer: Any) -> list[Any]:
    """The vectors of one answer. Raises KeyError or TypeError: there are none."""
    if "embedding" in answer:
        return [answer["embedding"]]
    found = answer["embeddings"]
    return list(found["float"] if isinstance(found, Mapping) else found)


def rerank_body(model: ModelSpec, query: str, documents: Sequence[str], top_n: int) -> bytes:
    """The body of a rerank request; Cohere's models want the version of their API named."""
    version = {"api_version": 2} if _COHERE in model.name else {}
    return orjson.dumps({"query": query, "documents": list(documents), "top_n": top_n, **version})
