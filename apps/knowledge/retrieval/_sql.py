"""The statement every retrieval method shares: common table expressions up to `s`, then the passages themselves.

Each method brings the expressions that fill `s (segment_id, score, vector_score, lexical_score)`; one round trip
answers. What is disabled is left out by the narrow tables' own flag; the passages' tables have the last word.
"""

from collections.abc import Sequence
from typing import Any, Final

from apps.common import db
from apps.knowledge.contracts import Hit, Query, Scope

# Above this, only segments that hold one of the query's rare words are scored (measured: below it costs quality).
GATE_FROM_CHUNKS: Final = 20_000
# Candidates each half of a hybrid search brings.
CANDIDATES: Final = 50

# The query as a sparse vector of idf, and the score a segment would have that held every word endlessly often.
QUERY_TERMS: Final = """
stat as (select chunks::float8 as chunks from knowledge_lexicalstat where dataset_id = %(dataset)s),
term as (
    select q.term, coalesce(t.df, 0) as df,
           q.n * ln(1 + (greatest(stat.chunks - coalesce(t.df, 0), 0) + 0.5) / (coalesce(t.df, 0) + 0.5::float8)) as idf
    from unnest(%(slots)s::int[], %(counts)s::int[]) as q (term, n)
    cross join stat
    left join knowledge_termstat t on t.dataset_id = %(dataset)s and t.term = q.term
),
q as materialized (
    select ('{' || string_agg(term || ':' || idf, ',' order by term) || '}/16777216')::sparsevec as idf,
           sum(idf) as highest
    from term
)"""

_BY_WORDS: Final = """
l as materialized (
    select segment_id, weights <#> (select idf from q) as distance
    from knowledge_segmentlexical
    where dataset_id = %(dataset)s and enabled{gate}
    order by distance limit {limit}
)"""

_GATE: Final = """
      and terms && array(
          select term from term where df > 0 order by df
          limit greatest(2, (select count(*) from term, stat where df between 1 and stat.chunks * 0.05)))"""

_BY_VECTOR: Final = """
p as materialized (select %(vector)s::halfvec({dim}) as vector),
v as materialized (
    select segment_id, distance from (
        select segment_id, embedding::halfvec({dim}) <#> (select vector from p) as distance
        from knowledge_segmentembedding
        where dataset_id = %(dataset)s and model = %(model)s and dim = {dim} and enabled
        offset 0
    ) every_one
    order by distance limit {limit}
)"""

_PASSAGES: Final = """
select s.segment_id, g.document_id, d.name, d.data_source_type, g.content, g.answer, s.score,
       g.position, g.word_count, g.hit_count, g.index_node_hash, g.tokens, d.doc_metadata,
       s.vector_score, s.lexical_score, g.page
from s join knowledge_segment g on g.id = s.segment_id join knowledge_document d on d.id = g.document_id
where g.enabled and d.enabled and not d.archived
order by s.score desc, g.document_id, g.position"""


def by_words(scope: Scope, limit: int) -> str:
    """The expression `l (segment_id, distance)`: minus the BM25 score, best first."""
    return _BY_WORDS.format(gate=_GATE if scope.chunks > GATE_FROM_CHUNKS else "", limit=int(limit))


def by_vector(query: Query, limit: int) -> str:
    """The expressions `p` and `v (segment_id, distance)`: minus the cosine, exact within the base.

    Stored and asked vectors have length one, so their inner product is the cosine and costs a fifth less. `offset 0`
    keeps the planner from answering out of an approximate index that holds others' rows as well, and (measured at
    9,000 rows) costs a third of a materialised copy of the base. The dimension stands in the text because the planner
    matches expression indexes by it.
    """
    return _BY_VECTOR.format(dim=len(query.vector or ()), limit=int(limit))


async def passages(expressions: Sequence[str], scope: Scope, query: Query) -> list[Hit]:
    """Runs the expressions, of which the last must be `s`, and reads the passages it names."""
    sql = f"with {','.join(expressions)}{_PASSAGES}"
    async with db.connect() as connection:
        cursor = await connection.execute(sql.encode(), arguments(scope, query))
        rows = await cursor.fetchall()
    return [as_hit(scope, row) for row in rows]


def as_hit(scope: Scope, row: Sequence[Any]) -> Hit:
    """A row of `_PASSAGES`."""
    return Hit(row[0], row[1], scope.dataset_id, scope.dataset_name, *row[2:])


def arguments(scope: Scope, query: Query) -> dict[str, Any]:
    """What the expressions of this module name."""
    slots = sorted(query.terms)
    return {
        "dataset": scope.dataset_id,
        "model": scope.model,
        "slots": f"{{{','.join(map(str, slots))}}}",
        "counts": f"{{{','.join(str(query.terms[number]) for number in slots)}}}",
        "vector": f"[{','.join(map(str, query.vector))}]" if query.vector is not None else None,
    }
