"""What hit testing asks beside the search itself: both scores and ranks of candidates, and passages that are hidden."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.contracts import Hit, Query, Scope

from ._sql import CANDIDATES, QUERY_TERMS, arguments, as_hit, by_vector, by_words

# As many hidden passages of each half are shown.
HIDDEN: Final = 20

_HIDDEN_STATE: Final = """
    join knowledge_segment g on g.id = x.segment_id join knowledge_document d on d.id = g.document_id
    where x.dataset_id = %(dataset)s and not (x.enabled and g.enabled and d.enabled and not d.archived)"""

_WORD_RANKS: Final = """
lr as (select segment_id, row_number() over (order by distance) as rank from l where distance < 0),
lh as (
    select x.segment_id from knowledge_segmentlexical x{state} and x.weights <#> (select idf from q) < 0
    order by x.weights <#> (select idf from q) limit {hidden}
)"""

_VECTOR_RANKS: Final = """
vr as (select segment_id, row_number() over (order by distance) as rank from v),
vh as (
    select segment_id from (
        select x.segment_id, x.embedding::halfvec({dim}) <#> (select vector from p) as distance
        from knowledge_segmentembedding x{state} and x.model = %(model)s and x.dim = {dim}
        offset 0
    ) every_one
    order by distance limit {hidden}
)"""

_NO_VECTORS: Final = "vr as (select null::uuid as segment_id, null::bigint as rank where false)"

_COSINE: Final = "-(e.embedding::halfvec({dim}) <#> (select vector from p))"
_EMBEDDING: Final = """left join knowledge_segmentembedding e
        on e.segment_id = u.segment_id and e.model = %(model)s and e.dim = {dim}"""

_CANDIDATES: Final = """
u as (select unnest(%(found)s::uuid[]) as segment_id{hidden}),
c as (
    select u.segment_id, {cosine} as vector_score,
           coalesce(-(x.weights <#> (select idf from q)) / nullif((select highest from q), 0), 0) as lexical_score
    from u left join knowledge_segmentlexical x on x.segment_id = u.segment_id
    {embedding}
)
select c.segment_id, g.document_id, d.name, d.data_source_type, g.content, g.answer,
       coalesce({score}, 0), g.position, g.word_count, g.hit_count, g.index_node_hash, g.tokens, d.doc_metadata,
       c.vector_score, c.lexical_score, g.page, vr.rank, lr.rank,
       case when d.archived then 'document_archived' when not d.enabled then 'document_disabled'
            when c.segment_id = any(%(found)s) then null else 'disabled' end
from c join knowledge_segment g on g.id = c.segment_id join knowledge_document d on d.id = g.document_id
left join vr on vr.segment_id = c.segment_id left join lr on lr.segment_id = c.segment_id"""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with both scores.

    Args:
        hit: its `score` is the method's own for those found, the better of the two for hidden ones.
        vector_rank, lexical_rank: from 1, among what is findable; None beyond the best 50.
        hidden: why no search can find it: disabled, document_disabled, document_archived.
    """

    hit: Hit
    vector_rank: int | None
    lexical_rank: int | None
    hidden: str | None


async def score_candidates(
    scope: Scope, query: Query, found: Sequence[UUID], *, words: bool, vectors: bool
) -> dict[UUID, Scored]:
    """Both scores of the passages found, and of the best hidden ones.

    Args:
        words, vectors: which halves the method searches; hidden passages of the others are none of its business.
            A half without what it needs (a vector) has no scores.
    """
    expressions = [QUERY_TERMS, by_words(scope, CANDIDATES), _WORD_RANKS.format(state=_HIDDEN_STATE, hidden=HIDDEN)]
    hidden = " union select segment_id from lh" if words else ""
    cosine, embedding, score = "null::float8", "", "c.lexical_score"
    if query.vector is not None:
        dim = len(query.vector)
        expressions += [
            by_vector(query, CANDIDATES),
            _VECTOR_RANKS.format(state=_HIDDEN_STATE, hidden=HIDDEN, dim=dim),
        ]
        hidden += " union select segment_id from vh" if vectors else ""
        cosine, embedding = _COSINE.format(dim=dim), _EMBEDDING.format(dim=dim)
        score = "greatest(c.vector_score, c.lexical_score)"
    else:
        expressions.append(_NO_VECTORS)
    tail = _CANDIDATES.format(hidden=hidden, cosine=cosine, embedding=embedding, score=score)
    sql = f"with {','.join(expressions)},{tail}"
    async with db.connect() as connection:
        cursor = await connection.execute(sql.encode(), {**arguments(scope, query), "found": list(found)})
        rows = await cursor.fetchall()
    return {row[0]: Scored(as_hit(scope, row[:-3]), *row[-3:]) for row in rows}
