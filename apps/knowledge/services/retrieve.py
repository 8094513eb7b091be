"""The one way to find passages: apps, nodes, hit testing, commands and the API all come through `retrieve`."""

import asyncio
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.contracts import Hit, MetadataFilter, RerankChoice, RetrievalSettings

from .ordering import rank
from .searches import Demand, prepare


async def retrieve(
    *,
    workspace_id: UUID,
    dataset_ids: Sequence[UUID],
    query: str,
    top_k: int | None = None,
    score_threshold: float | None = None,
    settings: RetrievalSettings | None = None,
    rerank: RerankChoice | None = None,
    weights: tuple[float, float] | None = None,
    filters: MetadataFilter | None = None,
) -> list[Hit]:
    """The passages of some bases that answer a query, best first; `explain` tells how they were chosen.

    Args:
        dataset_ids: bases that are unknown, deleted or another workspace's are skipped.
        top_k, score_threshold, settings, rerank, weights, filters: see `Demand`.

    Raises:
        ProviderError: an embedding model failed; a rerank model that fails only leaves the order as it was.
        ProviderNotInitialized, ModelNotFound: an embedding or rerank model is not there to be called.
        InvalidParam: the filter does not suit the bases' fields.
        Unavailable: the database is down.
    """
    demand = Demand(top_k, score_threshold, settings, rerank, weights, filters)
    inquiry = await prepare(workspace_id, dataset_ids, query, demand)
    if inquiry is None:
        return []
    parts = zip(inquiry.searches, inquiry.queries, strict=True)
    found = await asyncio.gather(*(search.run(query) for search, query in parts))
    return (await rank(inquiry, found)).hits


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
