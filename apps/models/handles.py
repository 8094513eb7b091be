"""A model ready to be called: driver, address and credentials bound together."""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, TypeVar

from apps.common.tokens import estimate_tokens

from .contracts import AudioFile, ChatPiece, ChatRequest, Driver, Embeddings, Endpoint, ModelSpec, RankedDocument, Usage
from .errors import EmbeddingQuotaExceeded, ProviderError, ProviderQuotaExceeded, ProviderRateLimited

ATTEMPTS: Final = 4
BACK_OFF_S: Final = 0.5  # doubled with each attempt
LONGEST_WAIT_S: Final = 30.0
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ModelHandle:
    """One workspace's way to one model.

    Args:
        provider: the catalogue key.
    """

    provider: str
    spec: ModelSpec
    driver: Driver
    endpoint: Endpoint

    @property
    def name(self) -> str:
        """The model's name."""
        return self.spec.name

    def stream_chat(self, request: ChatRequest) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer; see `Driver.stream_chat`. Never retried: what came was already shown."""
        return self.driver.stream_chat(self.endpoint, self.spec, request)

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Vectors of any number of texts, in their order, batch by batch.

        Raises:
            EmbeddingQuotaExceeded: the account has no credit left.
            ProviderError: after retries where the error was worth one; nothing of the other batches is returned.
        """
        size = self.spec.batch_size
        vectors: list[Sequence[float]] = []
        tokens = 0
        for start in range(0, len(texts), size):
            batch = texts[start : start + size]
            part = await _embedded(partial(self.driver.embed, self.endpoint, self.spec, batch))
            vectors += part.vectors
            tokens += part.tokens
        return Embeddings(vectors, tokens)

    async def rerank(
        self, query: str, documents: Sequence[str], top_n: int, attempts: int = ATTEMPTS
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first. Raises ProviderError after `attempts`."""
        if not documents:
            return []
        return await _patiently(
            lambda: self.driver.rerank(self.endpoint, self.spec, query, documents, min(top_n, len(documents))), attempts
        )

    async def transcribe(self, audio: AudioFile, user: str | None = None) -> str:
        """What is said in a recording. Raises ProviderError after retries."""
        return await _patiently(lambda: self.driver.transcribe(self.endpoint, self.spec, audio, user))

    def speak(self, text: str, voice: str = "", user: str | None = None) -> AsyncGenerator[bytes, None]:
        """MP3 of a text; an unknown or empty voice is the model's first. Never retried: what came was already heard."""
        known = [item.key for item in self.spec.voices]
        chosen = voice if voice in known or not known else known[0]
        return self.driver.speak(self.endpoint, self.spec, text, chosen, user)

    def usage(
        self,
        *,
        prompt_tokens: int,
        completion_tokens: int,
        latency_s: float,
        time_to_first_token_s: float | None = None,
    ) -> Usage:
        """Tokens and time of one answer with this model's prices."""
        return Usage(prompt_tokens, completion_tokens, self.spec.prices, latency_s, time_to_first_token_s)

    def count_tokens(self, text: str) -> int:
        """About how many tokens a text is for this model."""
        return estimate_tokens(text)


async def _embedded(call: Callable[[], Awaitable[Embeddings]]) -> Embeddings:
    try:
        return await _patiently(call)
    except ProviderQuotaExceeded as error:
        raise EmbeddingQuotaExceeded(error.message) from error


async def _patiently(call: Callable[[], Awaitable[T]], attempts: int = ATTEMPTS) -> T:
    """Repeats a call whose error is worth it, after the pause the provider asks for or a growing one."""
    for attempt in range(1, attempts):
        try:
            return await call()
        except ProviderError as error:
            if not error.retryable:
                raise
            pause_s = _pause_s(error, attempt)
            if pause_s > LONGEST_WAIT_S:
                raise
        await asyncio.sleep(pause_s)
    return await call()


def _pause_s(error: ProviderError, attempt: int) -> float:
    if isinstance(error, ProviderRateLimited) and error.retry_after_s is not None:
        return error.retry_after_s
    return BACK_OFF_S * (1 << (attempt - 1)) * random.uniform(0.8, 1.2)  # noqa: S311 - spreads retries, no secret
