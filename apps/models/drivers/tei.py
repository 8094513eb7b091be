"""Text Embeddings Inference over HTTP: embeddings and reranking. A server has one model, whatever name it is given.

Source: the server's OpenAPI description (github.com/huggingface/text-embeddings-inference, docs/openapi.json, 1.7).
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Any, ClassVar, Final

import orjson

from apps.common.tokens import estimate_tokens
from apps.models.contracts import (
    ChatPiece,
    ChatRequest,
    Driver,
    Embeddings,
    Endpoint,
    ModelSpec,
    RankedDocument,
    drivers,
)
from apps.models.errors import ProviderBadRequest

from . import _calls, _problems
from ._openai_vectors import read_vectors
from ._rerank_shapes import read_ranks

_KINDS: Final = {"text-embedding": "embedding", "rerank": "reranker"}


@drivers.register
class TEIDriver(Driver):
    """See the module. Texts longer than the model's window are cut by the server."""

    key: ClassVar[str] = "tei"
    label: ClassVar[str] = "Text Embeddings Inference"

    async def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """The server answers no chats. Raises ProviderBadRequest."""
        raise ProviderBadRequest(_problems.sentence(endpoint, "this server has no language models"))
        yield

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts; the tokens are estimated."""
        body = {"inputs": [text or " " for text in texts], "truncate": True, "normalize": True}

        def read(answer: Any) -> list[list[float]]:
            return read_vectors({"vectors": answer}, len(texts), model.dimensions)

        vectors = await _calls.call(endpoint, _url(endpoint, "embed"), _headers(endpoint), orjson.dumps(body), read)
        return Embeddings(vectors, sum(map(estimate_tokens, texts)))

    async def rerank(
        self, endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first; asked for in parts, for the server limits how many come at once."""
        ranks: list[RankedDocument] = []
        for start in range(0, len(documents), model.batch_size):
            part = await self._rank(endpoint, query, documents[start : start + model.batch_size])
            ranks += [RankedDocument(rank.index + start, rank.score) for rank in part]
        return sorted(ranks, key=lambda rank: -rank.score)[:top_n]

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """What the server says of its model, which must be of the wanted kind.

        Raises:
            ProviderBadRequest: it is of another kind.
        """
        url, headers = _url(endpoint, "info"), _headers(endpoint)
        name, kinds = await _calls.call(endpoint, url, headers, None, _read_info, "GET")
        if model is not None and _KINDS.get(model.type) not in kinds:
            text = f"the server's model {name} is for {', '.join(kinds)}, not for {model.type}"
            raise ProviderBadRequest(_problems.sentence(endpoint, text))

    async def _rank(self, endpoint: Endpoint, query: str, documents: Sequence[str]) -> list[RankedDocument]:
        texts = [text or " " for text in documents]
        body = orjson.dumps({"query": query or " ", "texts": texts, "truncate": True, "return_text": False})

        def read(answer: Any) -> list[RankedDocument]:
            return read_ranks("tei", answer, len(documents), len(documents))

        return await _calls.call(endpoint, _url(endpoint, "rerank"), _headers(endpoint), body, read)


def _url(endpoint: Endpoint, operation: str) -> str:
    base = str(endpoint.credentials.get("base_url", "")).strip().rstrip("/")
    return f"{base.removesuffix('/v1')}/{operation}"


def _headers(endpoint: Endpoint) -> dict[str, str]:
    key = endpoint.credentials.get("api_key")
    return {"Authorization": f"Bearer {key}"} if key else {}


def _read_info(answer: Any) -> tuple[str, Mapping[str, Any]]:
    """Name and kinds of the server's model."""
    kinds = answer["model_type"]
    if not isinstance(kinds, Mapping):
        raise TypeError("the model's type is no object")
    return str(answer["model_id"]), kinds
