"""Cohere's own protocol (v2) over HTTP: chat streams, embeddings, rerank."""

from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from apps.models.contracts import (
    ChatPiece,
    ChatRequest,
    Driver,
    DriverOptions,
    Embeddings,
    Endpoint,
    ModelSpec,
    ParameterRule,
    RankedDocument,
    drivers,
)

from . import _calls
from . import _cohere_wire as wire
from ._cohere_events import CohereParser
from ._rerank_shapes import read_ranks


@drivers.register
class CohereDriver(Driver):
    """See the module; the answer of a stream is read by `CohereParser`."""

    key: ClassVar[str] = "cohere"
    label: ClassVar[str] = "Cohere v2"
    Options: ClassVar[type[DriverOptions]] = wire.CohereOptions
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    async def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        body = wire.answer_body(endpoint, model, request)
        where, headers = wire.url(endpoint, "v2/chat"), wire.headers(endpoint)
        async for piece in _calls.chat(endpoint, where, headers, body, CohereParser(endpoint)):
            yield piece

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts (the vendor takes 96)."""
        return await _calls.call(
            endpoint,
            wire.url(endpoint, "v2/embed"),
            wire.headers(endpoint),
            wire.embedding_body(endpoint, model, texts),
            lambda answer: wire.read_embeddings(answer, texts, model.dimensions),
        )

    async def rerank(
        self, endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first."""
        return await _calls.call(
            endpoint,
            wire.url(endpoint, "v2/rerank"),
            wire.headers(endpoint),
            wire.rerank_body(model, query, documents, top_n),
            lambda answer: read_ranks("cohere", answer, len(documents), top_n),
        )

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """What is known of the model; without one, the list of models. Both are free."""
        where = wire.model_url(endpoint, model.name if model else "")
        wanted = "name" if model else "models"
        await _calls.call(endpoint, where, wire.headers(endpoint), None, lambda answer: answer[wanted], "GET")
