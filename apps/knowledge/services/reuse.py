"""Texts that a workspace's model has embedded before are not paid for again."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Final
from uuid import UUID

from apps.common import db

from .embedding import Embedder

Vector = Sequence[float] | None

_KNOWN: Final = """
select wanted.digest, found.dim, found.vector
from unnest(%s::text[]) as wanted (digest)
cross join lateral (
    select e.dim, e.embedding::text as vector
    from knowledge_segment s join knowledge_segmentembedding e on e.segment_id = s.id
    where s.index_node_hash = wanted.digest and s.workspace_id = %s and e.model = %s and e.dim = coalesce(%s, e.dim)
    limit 1
) found"""


async def embed_once(
    embedder: Embedder, workspace_id: UUID, texts: Sequence[str], call_size: int
) -> tuple[Mapping[str, Vector], BaseException | None]:
    """Vectors by text, each text embedded once, and not at all where the workspace has its vector of this model.

    Args:
        call_size: texts in one call to the model; calls run at the same time.

    Returns:
        What was embedded, and the first failure of the calls, which leave their texts out.
    """
    distinct = list(dict.fromkeys(texts))
    if embedder.handle is None:
        return dict.fromkeys(distinct), None
    vectors = await _known(embedder, workspace_id, distinct)
    fresh = [text for text in distinct if text not in vectors]
    calls = [fresh[start : start + call_size] for start in range(0, len(fresh), call_size)]
    results = await asyncio.gather(*map(embedder.embed, calls), return_exceptions=True)
    failure = None
    for part, result in zip(calls, results, strict=True):
        if isinstance(result, BaseException):
            failure = failure or result
        else:
            vectors.update(zip(part, result, strict=True))
    return vectors, failure


async def _known(embedder: Embedder, workspace_id: UUID, texts: Sequence[str]) -> dict[str, Vector]:
    """Vectors of the texts that some segment of the workspace has, all of the base's dimensions."""
    by_digest = {sha256(text.encode()).hexdigest(): text for text in texts}
    rows = await db.fetch_all(_KNOWN, list(by_digest), workspace_id, embedder.model, embedder.dimensions)
    if rows:
        embedder.dimensions = embedder.dimensions or rows[0][1]
    return {by_digest[digest]: json.loads(vector) for digest, dim, vector in rows if dim == embedder.dimensions}
