"""What hit testing asks beside the search itself: both scores and ranks of candidates, and passages that are hidden."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.contracts import Hit, Query, Scope

from ._sql import CANDIDATES, COLUMNS, QUERY_TERMS, arguments, as_hit, by_vector, by_words

# As many hidden passages of each half are shown.
HIDDEN: Final = 20

# A passage or child chunk `i`, its passage `g`, their document `d`.
_PASSAGE_OF: Final = """
    join knowledge_segment i on i.id = {}.segment_id join knowledge_segment g on g.id = coalesce(i.parent_id, i.id)
    join knowledge_document d on d.id = g.document_id"""
_HIDDEN_STATE: Final = (
    _PASSAGE_OF.format("x")
    + """
    where x.dataset_id = %(dataset)s and not (
        x.enabled and i.enabled and g.enabled and d.enabled and not d.archived
        and (%(documents)s::uuid[] is null or x.document_id = any(%(documents)s))
    )"""
)

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
select {columns}, c.segment_id, vr.rank, lr.rank,
       case when d.archived then 'document_archived' when not d.enabled then 'document_disabled'
            when d.id <> all(%(documents)s::uuid[]) then 'filtered_by_metadata'
            when c.segment_id = any(%(found)s) then null else 'disabled' end
from c"""
_RANKS: Final = """
left join vr on vr.segment_id = c.segment_id left join lr on lr.segment_id = c.segment_id"""
_CHILD: Final = """
case when i.parent_id is not null
     then jsonb_build_array(jsonb_build_array(i.id, i.content, i.position, coalesce({score}, 0))) end"""


@dataclass(frozen=True, slots=True)
class Scored:
    """A candidate with both scores.

    Args:
        hit: its `score` is the method's own for those found, the better of the two for hidden ones.
        vector_rank, lexical_rank: from 1, among what is findable; None beyond the best 50.
        hidden: why the search cannot find it: disabled, document_disabled, document_archived, filtered_by_metadata.
    """

    hit: Hit
    vector_rank: int | None
    lexical_rank: int | None
    hidden: str | None


async def score_candidates(
    scope: Scope, query: Query, found: Sequence[UUID], *, words: bool, vectors: bool
) -> dict[UUID, Scored]:
    """Both scores of the segments found, and of the best hidden ones, by their id; child chunks count for themselves.

    Args:
        found: what vectors and words are of (`Hit.indexed_id`).
        words, vectors: which halves the method searches; hidden passages of the others are none of its business.
            A half without what it needs (a vector) has no scores.
    """
    expressions = [QUERY_TERMS, by_words(scope, CANDIDATES), _WORD_RANKS.format(state=_HIDDEN_STATE, hidden=HIDDEN)]
    hidden = " union select segment_id from lh" if words else ""
    cosine, embedding, score = "null::float8", "", "c.lexical_score"
    if query.vector is not None:
        dim = len(query.vector)
        expressions += [
            by_vector(scope, query, CANDIDATES),
            _VECTOR_RANKS.format(state=_HIDDEN_STATE, hidden=HIDDEN, dim=dim),
        ]
        hidden += " union select segment_id from vh" if vectors else ""
        cosine, embedding = _COSINE.format(dim=dim), _EMBEDDING.format(dim=dim)
        score = "greatest(c.vector_score, c.lexical_score)"
    else:
        expressions.append(_NO_VECTORS)
    columns = COLUMNS.format(
        score=f"coalesce({score}, 0)",
        vector_score="c.vector_score",
        lexical_score="c.lexical_score",
        children=_CHILD.format(score=score),
    )
    tail = _CANDIDATES.format(hidden=hidden, cosine=cosine, embedding=embedding, columns=columns)
    sql = f"with {','.join(expressions)},{tail}{_PASSAGE_OF.format('c')}{_RANKS}"
    async with db.connect() as connection:
        cursor = await connection.execute(sql.encode(), {**arguments(scope, query), "found": list(found)})
        rows = await cursor.fetchall()
    return {row[-4]: Scored(as_hit(scope, row[:-4]), *row[-3:]) for row in rows}
