"""The one way to find passages: apps, nodes, hit testing, commands and the API all come through `retrieve`."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.configs import BaseConfig, get_config
from apps.knowledge.contracts import Hit, Query, RerankChoice, RetrievalMethod, RetrievalSettings, retrieval_methods
from apps.knowledge.lexical.tokens import count_slots
from apps.models.services.resolve import resolve_model

# How many passages a rerank model is given to order.
RERANK_CANDIDATES: Final = 30
# Words beyond this many say nothing new about what is asked, and cost at every segment.
_QUERY_CHARACTERS: Final = 2_000


async def retrieve(
    *,
    workspace_id: UUID,
    dataset_ids: Sequence[UUID],
    query: str,
    top_k: int | None = None,
    score_threshold: float | None = None,
    settings: RetrievalSettings | None = None,
) -> list[Hit]:
    """The passages of some bases that answer a query, best first.

    Args:
        dataset_ids: bases that are unknown, deleted or another workspace's are skipped.
        top_k: the most passages in all; None: what the settings, else the bases themselves ask for.
        score_threshold: 0 to 1; None: as the settings or each base say.
        settings: take the place of each base's own.

    Raises:
        ProviderError, ProviderNotInitialized: an embedding or rerank model failed.
        Unavailable: the database is down.
    """
    query = query.strip()[:_QUERY_CHARACTERS]
    bases = await _bases(workspace_id, dataset_ids, settings)
    if not query or not bases:
        return []
    searches = [_Search(workspace_id, base, top_k, score_threshold) for base in bases]
    vectors = await _embed(workspace_id, query, searches)
    terms = count_slots(query)
    found = await asyncio.gather(
        *(search.run(Query(query, terms, vectors.get(search.embedding))) for search in searches)
    )
    hits = sorted((hit for hits in found for hit in hits), key=lambda hit: -hit.score)
    return hits[: top_k or max(search.top_k for search in searches)]


async def count_hits(segment_ids: Sequence[UUID]) -> None:
    """Counts passages as used, in their rows and their documents'; called when the answer is out."""
    if segment_ids:
        async with db.connect() as connection, connection.transaction():
            for statement in _COUNT_HITS:
                await connection.execute(statement.encode(), [list(segment_ids)])


# Documents before segments and both by id, as everyone locks them.
_COUNT_HITS: Final = (
    """
    with used as (select document_id, count(*) as n from knowledge_segment where id = any(%s) group by 1),
    locked as (
        select d.id, n from knowledge_document d join used on used.document_id = d.id
        order by d.id for no key update of d
    )
    update knowledge_document d set hit_count = d.hit_count + n from locked where d.id = locked.id""",
    """
    with locked as (select id from knowledge_segment where id = any(%s) order by id for no key update)
    update knowledge_segment s set hit_count = hit_count + 1 from locked where s.id = locked.id""",
)


class _Search:
    """One base's part: the method that suits it, its rerank model, its threshold."""

    def __init__(self, workspace_id: UUID, base: BaseConfig, top_k: int | None, score_threshold: float | None) -> None:
        self.workspace_id, self.base = workspace_id, base
        settings = base.scope.settings
        self.top_k = top_k or settings.top_k
        self.threshold = settings.score_threshold if score_threshold is None else score_threshold
        method: type[RetrievalMethod] = retrieval_methods.get(settings.search_method)
        if method.needs_vector and not base.has_vectors:
            method = retrieval_methods.get("keyword_search")
        self.method = method

    @property
    def embedding(self) -> tuple[str, str] | None:
        """Provider and model of the vector this search needs."""
        if not self.method.needs_vector:
            return None
        return self.base.embedding_provider, self.base.embedding_model

    async def run(self, query: Query) -> list[Hit]:
        """The base's passages at or above the threshold."""
        rerank = self.base.scope.settings.rerank
        k = max(self.top_k, RERANK_CANDIDATES) if rerank else self.top_k
        hits = await self.method().search(self.base.scope, query, k=k)
        if rerank is not None and hits:
            hits = await self._rerank(rerank, query.text, hits)
        return [hit for hit in hits if self.threshold is None or hit.score >= self.threshold]

    async def _rerank(self, choice: RerankChoice, query: str, hits: Sequence[Hit]) -> list[Hit]:
        handle = await resolve_model(
            workspace_id=self.workspace_id, model_type="rerank", provider=choice.provider, name=choice.model
        )
        ranked = await handle.rerank(query, [hit.content for hit in hits], self.top_k)
        return [replace(hits[item.index], score=item.score) for item in ranked]


async def _bases(
    workspace_id: UUID, dataset_ids: Sequence[UUID], settings: RetrievalSettings | None
) -> list[BaseConfig]:
    bases = []
    for dataset_id in dict.fromkeys(dataset_ids):
        base = await get_config(workspace_id=workspace_id, dataset_id=dataset_id)
        if base is not None:
            bases.append(base if settings is None else _with(base, settings))
    return bases


def _with(base: BaseConfig, settings: RetrievalSettings) -> BaseConfig:
    return replace(base, scope=replace(base.scope, settings=settings))


async def _embed(
    workspace_id: UUID, query: str, searches: Sequence[_Search]
) -> dict[tuple[str, str] | None, Sequence[float]]:
    """The query's vector for every embedding model in use, each asked once."""
    models = list(dict.fromkeys(search.embedding for search in searches if search.embedding))
    vectors = await asyncio.gather(*(_vector(workspace_id, query, provider, name) for provider, name in models))
    return dict(zip(models, vectors, strict=True))


async def _vector(workspace_id: UUID, query: str, provider: str, name: str) -> Sequence[float]:
    handle = await resolve_model(workspace_id=workspace_id, model_type="text-embedding", provider=provider, name=name)
    return (await handle.embed([query])).vectors[0]
