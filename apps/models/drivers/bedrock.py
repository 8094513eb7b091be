"""Amazon Bedrock over HTTP: chat by Converse, embeddings and rerank by InvokeModel. No AWS SDK."""

from collections.abc import AsyncGenerator, Sequence
from typing import Any, ClassVar, Final

from apps.common import http
from apps.common.tokens import estimate_tokens
from apps.models.contracts import (
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Driver,
    Embeddings,
    Endpoint,
    ModelSpec,
    ParameterRule,
    RankedDocument,
    drivers,
)

from . import _bedrock_invoke as invoke
from . import _bedrock_wire as wire
from . import _calls, _problems
from ._answers import count
from ._bedrock_chunks import ConverseParser
from ._openai_vectors import read_vectors
from ._rerank_shapes import read_ranks

CHECK_TOKENS: Final = 16
COUNT_HEADER: Final = "x-amzn-bedrock-input-token-count"


@drivers.register
class BedrockDriver(Driver):
    """See the module; the answer of a stream is read by `ConverseParser`."""

    key: ClassVar[str] = "bedrock"
    label: ClassVar[str] = "Amazon Bedrock"
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        url = wire.model_url(endpoint, model, "converse-stream")
        body = wire.answer_body(endpoint, model, request)
        headers = wire.headers(endpoint, "POST", url, body)
        return _calls.chat(endpoint, url, headers, body, ConverseParser(endpoint))

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts."""
        found: list[Any] = []
        tokens = 0
        for body in invoke.embedding_bodies(model, texts):
            answer = await self._invoke(endpoint, model, body)
            found += _calls.understand(endpoint, answer.body, invoke.vectors_in)
            tokens += _tokens(answer)
        rows = [{"embedding": vector} for vector in found]
        try:
            vectors = read_vectors({"data": rows}, len(texts), model.dimensions)
        except (ValueError, TypeError) as error:
            raise _problems.bad_answer(endpoint, f"the answer is malformed ({error})") from error
        return Embeddings(vectors, tokens or sum(map(estimate_tokens, texts)))

    async def rerank(
        self, endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first."""
        answer = await self._invoke(endpoint, model, invoke.rerank_body(model, query, documents, top_n))
        return _calls.understand(
            endpoint, answer.body, lambda ranks: read_ranks("cohere", ranks, len(documents), top_n)
        )

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """A tiny call of the model; without one, the list of models."""
        if model is None:
            url = wire.models_url(endpoint)
            headers = wire.headers(endpoint, "GET", url, b"")
            await _calls.call(endpoint, url, headers, None, lambda answer: answer["modelSummaries"], "GET")
        elif model.type == "text-embedding":
            await self.embed(endpoint, model, ["ping"])
        elif model.type == "rerank":
            await self.rerank(endpoint, model, "ping", ["ping", "pong"], 1)
        else:
            request = ChatRequest([ChatMessage("user", "ping")], {"max_tokens": CHECK_TOKENS})
            body = wire.answer_body(endpoint, model, request)
            url = wire.model_url(endpoint, model, "converse")
            headers = wire.headers(endpoint, "POST", url, body)
            await _calls.call(endpoint, url, headers, body, lambda answer: answer["output"])

    async def _invoke(self, endpoint: Endpoint, model: ModelSpec, body: bytes) -> http.Fetched:
        url = wire.model_url(endpoint, model, "invoke")
        return await _calls.fetch(endpoint, url, wire.headers(endpoint, "POST", url, body), body)


def _tokens(answer: http.Fetched) -> int:
    """What Bedrock counted; 0 where it does not say."""
    text = answer.headers.get(COUNT_HEADER, "")
    return (count(int(text)) if text.isdecimal() and len(text) < 20 else None) or 0
