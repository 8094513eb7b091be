"""A model ready to be called: driver, address and credentials bound together, and what stands in for it."""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TypeVar
from uuid import UUID

from apps.common.tokens import estimate_tokens

from . import ledger
from .attempts import TALK, WORK, Patience, Pursuit, Route
from .contracts import (
    AudioFile,
    ChatPiece,
    ChatRequest,
    Driver,
    Embeddings,
    Endpoint,
    Finish,
    ModelSpec,
    RankedDocument,
    Usage,
    Verdict,
)
from .errors import EmbeddingQuotaExceeded, ProviderError, ProviderQuotaExceeded
from .health import Health

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """One access to a provider.

    Args:
        name: unique in the process; the credential's id where there is one.
        credential_id: None where none is stored (the demo provider, a hosted trial).
    """

    name: str
    endpoint: Endpoint
    credential_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class ModelHandle:
    """One workspace's way to one model.

    Args:
        provider: the catalogue key.
        keys: at least one; calls take them in turn.
        fallbacks: models asked, in this order, where this one does not answer.
        workspace_id: whose calls are counted; None: nobody's.
        trial_calls: of a hosted provider, how many calls a workspace is given.
        watch: told when a key begins to rest for a model (with its health) and when it works again (None).
    """

    provider: str
    spec: ModelSpec
    driver: Driver
    keys: Sequence[Key]
    fallbacks: "Sequence[ModelHandle]" = ()
    workspace_id: UUID | None = None
    trial_calls: int | None = None
    watch: Callable[[Key, str, Health | None], None] | None = None
    _turns: Iterator[int] = field(default_factory=itertools.count, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.spec.name

    def keys_in_turn(self) -> list[Key]:
        """All keys, each time beginning with the next one."""
        if len(self.keys) == 1:
            return list(self.keys)
        first = next(self._turns) % len(self.keys)
        return [*self.keys[first:], *self.keys[:first]]

    async def stream_chat(self, request: ChatRequest) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer; see `Driver.stream_chat`. Tried elsewhere or again only until its first piece is here:
        what came was already shown. Where a stand-in answers, Finish says so.

        Raises:
            BudgetExceeded, TrialUsedUp: see `ledger.admit`.
        """
        await ledger.admit(self)
        pursuit = Pursuit(self, TALK)
        route = await pursuit.start()
        while True:
            async with aclosing(route.driver.stream_chat(route.endpoint, route.spec, request)) as stream:
                try:
                    piece = await anext(stream)
                except ProviderError as error:
                    route = await pursuit.after(error)
                    continue
                pursuit.succeeded()
                count = ledger.StreamCount(route, request)
                try:
                    count.see(piece)
                    yield piece
                    async for piece in stream:
                        count.see(piece)
                        if route.handle is not self and type(piece) is Finish:
                            piece = replace(piece, provider=route.handle.provider, spec=route.spec)
                        yield piece
                except ProviderError:
                    count.is_failed = True
                    raise
                finally:
                    count.end()
            return

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """Vectors of any number of texts, in their order, batch by batch.

        Raises:
            EmbeddingQuotaExceeded: the account has no credit left.
            ProviderError: after retries where the error was worth one; nothing of the other batches is returned.
            BudgetExceeded, TrialUsedUp: see `ledger.admit`.
        """
        size = self.spec.batch_size
        vectors: list[Sequence[float]] = []
        tokens = 0
        for start in range(0, len(texts), size):
            part = await self._embed_batch(texts[start : start + size])
            vectors += part.vectors
            tokens += part.tokens
        return Embeddings(vectors, tokens)

    async def rerank(
        self, query: str, documents: Sequence[str], top_n: int, patience: Patience = WORK
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first. Raises as `embed`, when `patience` is at its end."""
        if not documents:
            return []
        count = min(top_n, len(documents))
        ranks, route = await self._call(
            lambda at: at.driver.rerank(at.endpoint, at.spec, query, documents, count), patience
        )
        ledger.note_call(route, text="\n".join([query, *documents]))
        return ranks

    async def transcribe(self, audio: AudioFile, user: str | None = None) -> str:
        """What is said in a recording. Raises as `embed`."""
        text, route = await self._call(lambda at: at.driver.transcribe(at.endpoint, at.spec, audio, user))
        ledger.note_call(route)
        return text

    async def moderate(self, texts: Sequence[str]) -> Sequence[Verdict]:
        """A verdict on each text, in their order. Raises as `embed`."""
        if not texts:
            return []
        verdicts, route = await self._call(lambda at: at.driver.moderate(at.endpoint, at.spec, texts))
        ledger.note_call(route, text="\n".join(texts))
        return verdicts

    async def speak(self, text: str, voice: str = "", user: str | None = None) -> AsyncGenerator[bytes, None]:
        """MP3 of a text; an unknown or empty voice is the model's first. As `stream_chat`, what came was heard."""
        await ledger.admit(self)
        pursuit = Pursuit(self, TALK)
        route = await pursuit.start()
        while True:
            chosen = _voice(route.spec, voice)
            async with aclosing(route.driver.speak(route.endpoint, route.spec, text, chosen, user)) as sound:
                try:
                    piece = await anext(sound)
                except ProviderError as error:
                    route = await pursuit.after(error)
                    continue
                pursuit.succeeded()
                ledger.note_call(route, text=text)
                yield piece
                async for piece in sound:
                    yield piece
            return

    def usage(
        self,
        *,
        prompt_tokens: int,
        completion_tokens: int,
        latency_s: float,
        time_to_first_token_s: float | None = None,
        spec: ModelSpec | None = None,
    ) -> Usage:
        """Tokens and time of one answer with the prices of this model, or of `spec`, the stand-in that answered."""
        prices = (spec or self.spec).prices
        return Usage(prompt_tokens, completion_tokens, prices, latency_s, time_to_first_token_s)

    def count_tokens(self, text: str) -> int:
        """About how many tokens a text is for this model."""
        return estimate_tokens(text)

    async def _embed_batch(self, batch: Sequence[str]) -> Embeddings:
        try:
            answer, route = await self._call(lambda at: at.driver.embed(at.endpoint, at.spec, batch))
        except ProviderQuotaExceeded as error:
            raise EmbeddingQuotaExceeded(error.message) from error
        ledger.note_call(route, tokens=answer.tokens)
        return answer

    async def _call(self, call: Callable[[Route], Awaitable[T]], patience: Patience = WORK) -> tuple[T, Route]:
        """An answer and where it came from."""
        await ledger.admit(self)
        pursuit = Pursuit(self, patience)
        route = await pursuit.start()
        while True:
            try:
                answer = await call(route)
            except ProviderError as error:
                route = await pursuit.after(error)
            else:
                pursuit.succeeded()
                return answer, route


def _voice(spec: ModelSpec, voice: str) -> str:
    known = [item.key for item in spec.voices]
    return voice if voice in known or not known else known[0]
