"""A model ready to be called: driver, address and credentials bound together, and what stands in for it."""

import itertools
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
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
    ModelSpec,
    RankedDocument,
    Substitute,
    Usage,
    Verdict,
)
from .counting import takes
from .errors import EmbeddingQuotaExceeded, PromptTooLong, ProviderError, ProviderQuotaExceeded
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

    @property
    def with_stand_ins(self) -> list["ModelHandle"]:
        """The model and what stands in for it, in the order in which they are asked."""
        return [self, *self.fallbacks]

    def by_window(self) -> list["ModelHandle"]:
        """The model, then those of its stand-ins that take more at once, in their order."""
        return [self, *(one for one in self.fallbacks if one.spec.context_tokens > self.spec.context_tokens)]

    async def stream_chat(self, request: ChatRequest) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer; see `Driver.stream_chat`. Tried elsewhere or again only until its first piece is here:
        what came was already shown. Where a stand-in answers, a Substitute comes before its first piece.

        Raises:
            BudgetExceeded, TrialUsedUp: see `ledger`.
            PromptTooLong: for each of them, found before anything was sent.
        """
        texts = list(request.texts())
        able = [one for one in self.with_stand_ins if await takes(one.spec, texts)]
        if not able:
            raise PromptTooLong
        await ledger.admit(self)
        pursuit = Pursuit(able, TALK)
        route, piece, stream = await self._first(
            pursuit, lambda at: at.driver.stream_chat(at.endpoint, at.spec, request)
        )
        count = ledger.StreamCount(route, request)
        async with aclosing(stream):
            try:
                if route.handle is not self:
                    yield Substitute(route.handle.provider, route.spec)
                count.see(piece)
                yield piece
                async for piece in stream:
                    count.see(piece)
                    yield piece
            except ProviderError as error:
                count.is_failed = True
                pursuit.failed(error)
                raise
            finally:
                count.end()
                if not count.is_failed:
                    pursuit.succeeded()

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
        heard, route = await self._call(lambda at: at.driver.transcribe(at.endpoint, at.spec, audio, user))
        ledger.note_call(
            route,
            tokens=heard.prompt_tokens,
            completion_tokens=heard.completion_tokens or 0,
            length_s=heard.length_s or audio.length_s,
        )
        return heard.text

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
        pursuit = Pursuit(self.with_stand_ins, TALK)
        route, piece, sound = await self._first(
            pursuit, lambda at: at.driver.speak(at.endpoint, at.spec, text, _voice(at.spec, voice), user)
        )
        ledger.note_call(route, text=text)
        async with aclosing(sound):
            try:
                yield piece
                async for piece in sound:
                    yield piece
            except ProviderError as error:
                pursuit.failed(error)
                raise
        pursuit.succeeded()

    async def _first(
        self, pursuit: Pursuit, begin: Callable[[Route], AsyncGenerator[T, None]]
    ) -> tuple[Route, T, AsyncGenerator[T, None]]:
        """The first piece of a stream, where it came from, and the rest of it."""
        route = await pursuit.start()
        while True:
            try:
                await ledger.use_trial(route.handle)
                stream = begin(route)
                return route, await anext(stream), stream
            except ProviderError as error:
                route = await pursuit.after(error)

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
        pursuit = Pursuit(self.with_stand_ins, patience)
        route = await pursuit.start()
        while True:
            try:
                await ledger.use_trial(route.handle)
                answer = await call(route)
            except ProviderError as error:
                route = await pursuit.after(error)
            else:
                pursuit.succeeded()
                return answer, route


def _voice(spec: ModelSpec, voice: str) -> str:
    known = [item.key for item in spec.voices]
    return voice if voice in known or not known else known[0]
