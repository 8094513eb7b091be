"""The bases a question is put to, each with the method, model and limits that apply to it."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from uuid import UUID

from apps.knowledge.configs import BaseConfig, get_config
from apps.knowledge.contracts import (
    Hit,
    MetadataFilter,
    Query,
    RerankChoice,
    RetrievalMethod,
    RetrievalSettings,
    retrieval_methods,
)
from apps.knowledge.lexical.tokens import count_slots
from apps.models.services.resolve import resolve_model

from .filtering import narrow

# How many passages a rerank model is given to order.
RERANK_CANDIDATES: Final = 30
# Words beyond this many say nothing new about what is asked, and cost at every segment.
QUERY_CHARACTERS: Final = 2_000
NOTHING_MATCHES: Final = "No document of {} meets the conditions on metadata."


@dataclass(frozen=True, slots=True)
class Demand:
    """What a caller wants of retrieval beside what each base says.

    Args:
        top_k: the most passages in all; None: what the settings, else the bases themselves ask for.
        score_threshold: 0 to 1; None: as the settings or each base say.
        settings: take the place of each base's own.
        rerank: one model orders the passages of all bases, whatever theirs is.
        weights: of vectors and words: all bases are searched by both, and no model orders anew.
        filters: which documents are searched; None: as the settings say.
    """

    top_k: int | None = None
    score_threshold: float | None = None
    settings: RetrievalSettings | None = None
    rerank: RerankChoice | None = None
    weights: tuple[float, float] | None = None
    filters: MetadataFilter | None = None

    @property
    def filter(self) -> MetadataFilter | None:
        """The filter that applies."""
        return self.filters or (self.settings.filters if self.settings else None)

    def applied_to(self, own: RetrievalSettings) -> RetrievalSettings:
        """A base's settings after the caller's."""
        settings = own if self.settings is None else self.settings
        if self.weights is not None:
            vectors, words = self.weights
            settings = replace(
                settings, search_method="hybrid_search", vector_weight=vectors, keyword_weight=words, rerank=None
            )
        return settings if self.rerank is None else replace(settings, rerank=self.rerank)


class Search:
    """One base's part in a question: the method that suits it, how much it brings, its threshold.

    Attributes:
        own_rerank: orders this base's passages alone; None where one model orders those of all bases.
    """

    def __init__(self, base: BaseConfig, demand: Demand) -> None:
        settings = demand.applied_to(base.scope.settings)
        if settings is not base.scope.settings:
            base = replace(base, scope=replace(base.scope, settings=settings))
        self.base, self.scope, self.settings = base, base.scope, settings
        self.top_k = demand.top_k or settings.top_k
        self.threshold = settings.score_threshold if demand.score_threshold is None else demand.score_threshold
        method: type[RetrievalMethod] = retrieval_methods.get(settings.search_method)
        if method.needs_vector and not base.has_vectors:
            method = retrieval_methods.get("keyword_search")
        self.method = method()
        self.own_rerank = settings.rerank
        self.k = max(self.top_k, RERANK_CANDIDATES) if settings.rerank else self.top_k

    @property
    def embedding(self) -> tuple[str, str] | None:
        """Provider and model of the vector this search needs."""
        if not self.method.needs_vector or self.is_void:
            return None
        return self.base.embedding_provider, self.base.embedding_model

    @property
    def is_void(self) -> bool:
        """Whether the filter lets none of the base's documents through."""
        return self.scope.document_ids is not None and not self.scope.document_ids

    async def run(self, query: Query) -> list[Hit]:
        """The base's best passages, as many as its part allows."""
        if self.is_void:
            return []
        return await self.method.search(self.scope, query, k=self.k)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A question and where it is put.

    Args:
        rerank: the one model that orders the passages of all bases.
        notes: sentences for whoever wonders about the outcome.
    """

    workspace_id: UUID
    text: str
    searches: Sequence[Search]
    queries: Sequence[Query]
    top_k: int
    rerank: RerankChoice | None = None
    notes: Sequence[str] = ()


async def prepare(workspace_id: UUID, dataset_ids: Sequence[UUID], text: str, demand: Demand) -> Inquiry | None:
    """The searches of a question, its vector made once for every embedding model; None where there is nothing to do.

    Raises:
        ProviderError, ProviderNotInitialized, ModelNotFound: of an embedding model.
        InvalidParam: the filter does not suit the bases' fields.
    """
    text = text.strip()[:QUERY_CHARACTERS]
    if not text:
        return None
    found = [await get_config(workspace_id=workspace_id, dataset_id=id) for id in dict.fromkeys(dataset_ids)]
    bases = await narrow([base for base in found if base is not None], demand.filter)
    searches = [Search(base, demand) for base in bases]
    if not searches:
        return None
    rerank = _share_rerank(searches)
    vectors = await _embed(workspace_id, text, searches)
    terms = count_slots(text)
    queries = [Query(text, terms, vectors.get(search.embedding)) for search in searches]
    top_k = demand.top_k or max(search.top_k for search in searches)
    notes = [NOTHING_MATCHES.format(search.scope.dataset_name) for search in searches if search.is_void]
    return Inquiry(workspace_id, text, searches, queries, top_k, rerank, notes)


def _share_rerank(searches: Sequence[Search]) -> RerankChoice | None:
    """Where all bases name the same rerank model, one call orders everything, and each base brings its share."""
    choice = searches[0].own_rerank
    if choice is None or any(search.own_rerank != choice for search in searches):
        return None
    share = RERANK_CANDIDATES // len(searches)
    for search in searches:
        search.own_rerank, search.k = None, max(search.top_k, share)
    return choice


async def _embed(
    workspace_id: UUID, text: str, searches: Sequence[Search]
) -> Mapping[tuple[str, str] | None, Sequence[float]]:
    """The question's vector for every embedding model in use, each asked once."""
    models = list(dict.fromkeys(search.embedding for search in searches if search.embedding))
    vectors = await asyncio.gather(*(_vector(workspace_id, text, provider, name) for provider, name in models))
    return dict(zip(models, vectors, strict=True))


async def _vector(workspace_id: UUID, text: str, provider: str, name: str) -> Sequence[float]:
    handle = await resolve_model(workspace_id=workspace_id, model_type="text-embedding", provider=provider, name=name)
    return (await handle.embed([text])).vectors[0]
