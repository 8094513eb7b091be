"""The statement every retrieval method shares: common table expressions up to `s`, then the passages themselves.

Each method brings the expressions that fill `s (segment_id, score, vector_score, lexical_score)`; one round trip
answers. What is disabled is left out by the narrow tables' own flag; the passages' tables have the last word.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from psycopg import sql

from apps.common import db
from apps.knowledge.contracts import ChildHit, Hit, Query, Scope

# Rows an index over vectors gathers before it answers: recall against time (measured: bench/retrieval.md).
EF_SEARCH: Final = 100
MAX_EF_SEARCH: Final = 1_000
# Up to so many passages are compared one by one where a filter names them, though the base has an index.
EXACT_AMONG: Final = 5_000
# Candidates each half of a hybrid search brings.
CANDIDATES: Final = 50
# Rows read for each passage wanted of a base with child chunks; where that is too few, so many times more, and again.
CHILDREN_READ: Final = 4

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
    where dataset_id = {dataset} and enabled{among}{gate}
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
        where dataset_id = %(dataset)s and model = %(model)s and dim = {dim} and enabled{among}
        offset 0
    ) every_one
    order by distance limit {limit}
)"""

# The settings reach this statement without one of their own: the scan begins when it is given the vector. What is asked
# of `model` is never true and hardly ever computed. It counts as dear, and so tells the planner that reading every
# vector is: it takes distances to be as cheap as numbers, and overlooks that long vectors lie outside of the row.
_BY_VECTOR_INDEX: Final = """
p as materialized (
    select %(vector)s::halfvec({dim}) as vector, set_config('hnsw.iterative_scan', 'relaxed_order', true),
           set_config('hnsw.ef_search', '{ef_search}', true)
),
v as materialized (
    select segment_id, embedding::halfvec({dim}) <#> (select vector from p) as distance
    from knowledge_segmentembedding
    where dataset_id = {dataset} and model = {model} and dim = {dim}
          and (enabled or to_tsvector('simple', model) is null){among}
    order by embedding::halfvec({dim}) <#> (select vector from p) limit {limit}
)"""

# With a filter every row of the documents it lets through is compared. Of a large base they are found by their ids.
_AMONG: Final = " and document_id = any(%(documents)s::uuid[])"
_AMONG_FEW: Final = """
      and segment_id in (select g.id from knowledge_segment g where g.document_id = any(%(documents)s::uuid[]))"""

# What `as_hit` reads: the passage `g` and its document `d`, the scores and children from elsewhere.
COLUMNS: Final = """
g.id, g.document_id, d.name, d.data_source_type, g.content, g.answer, {score},
g.position, g.word_count, g.hit_count, g.index_node_hash, g.tokens,
case when g.metadata is null then d.doc_metadata
     else coalesce(nullif(d.doc_metadata, 'null'), '{{}}') || g.metadata end,
{vector_score}, {lexical_score}, g.page, {children}"""

_PASSAGES: Final = """,
f as (
    select coalesce(c.parent_id, c.id) as passage_id, s.*, c.parent_id is not null as is_child, c.position,
           case when c.parent_id is not null then c.content end as content
    from s join knowledge_segment c on c.id = s.segment_id where c.enabled
),
b as (
    select passage_id, max(score) as score,
           (array_agg(vector_score order by score desc))[1] as vector_score,
           (array_agg(lexical_score order by score desc))[1] as lexical_score,
           jsonb_agg(jsonb_build_array(segment_id, content, position, score) order by score desc, position)
               filter (where is_child) as children
    from f group by passage_id
),
h as (
    select {columns}
    from b join knowledge_segment g on g.id = b.passage_id join knowledge_document d on d.id = g.document_id
    where g.enabled and d.enabled and not d.archived
)
select n.rows, h.* from (select count(*) as rows from s) n left join h on true
order by h.score desc, h.document_id, h.position"""
_OF_BEST: Final = COLUMNS.format(
    score="b.score", vector_score="b.vector_score", lexical_score="b.lexical_score", children="b.children"
)


def by_words(scope: Scope, limit: int) -> str:
    """The expression `l (segment_id, distance)`: minus the BM25 score, best first.

    Of a base with an index over its words only segments that hold one of the query's rare words are scored.
    """
    uses_index = scope.has_word_index and scope.document_ids is None
    dataset = _literal(scope.dataset_id) if uses_index else "%(dataset)s"
    return _BY_WORDS.format(dataset=dataset, among=among(scope), gate=_GATE if uses_index else "", limit=int(limit))


def by_vector(scope: Scope, query: Query, limit: int) -> str:
    """The expressions `p` and `v (segment_id, distance)`: minus the cosine.

    Stored and asked vectors have length one, so their inner product is the cosine and costs a fifth less.

    Exact, unless the base has an index of its own and no filter leaves few documents. `offset 0` keeps the planner
    from answering an exact search out of an index, and (measured at 9,000 rows) costs a third of a materialised copy
    of the base. What the planner compares with a partial index stands in the text as literals: so it sees that the
    index suits, in prepared statements too, and that no other base's does.
    """
    dim = len(query.vector or ())
    if not scope.has_vector_index or _is_few(scope):
        return _BY_VECTOR.format(among=among(scope), dim=dim, limit=int(limit))
    return _BY_VECTOR_INDEX.format(
        dataset=_literal(scope.dataset_id),
        model=_literal(scope.model),
        among=among(scope),
        dim=dim,
        limit=int(limit),
        ef_search=min(max(EF_SEARCH, 2 * limit), MAX_EF_SEARCH),
    )


def among(scope: Scope) -> str:
    """The condition that keeps a half to the documents of the scope."""
    if scope.document_ids is None:
        return ""
    return _AMONG_FEW if _is_few(scope) else _AMONG


def _is_few(scope: Scope) -> bool:
    """Whether a filter leaves few passages of a large base."""
    is_large = scope.has_vector_index or scope.has_word_index
    return is_large and scope.document_ids is not None and scope.document_chunks <= EXACT_AMONG


def _literal(value: object) -> str:
    """A value as part of a statement that takes arguments."""
    return sql.Literal(str(value)).as_string(None).replace("%", "%%")


async def passages(expressions: Callable[[int], Sequence[str]], scope: Scope, query: Query, *, k: int) -> list[Hit]:
    """The best `k` passages that the statement names.

    Where several rows are chunks of one passage, more rows are read, until `k` passages or all rows were.

    Args:
        expressions: for a number of rows the expressions, of which the last must be `s`, with at most so many.
    """
    limit = k * CHILDREN_READ if scope.has_children else k
    while True:
        hits, rows = await _passages(expressions(limit), scope, query)
        if len(hits) >= k or rows < limit:
            return hits[:k]
        limit *= CHILDREN_READ


async def _passages(expressions: Sequence[str], scope: Scope, query: Query) -> tuple[list[Hit], int]:
    """Passages that may be found, and how many rows named them."""
    text = f"with {','.join(expressions)}{_PASSAGES.format(columns=_OF_BEST)}"
    async with db.connect() as connection:
        cursor = await connection.execute(text.encode(), arguments(scope, query))
        rows = await cursor.fetchall()
    return [as_hit(scope, row[1:]) for row in rows if row[1] is not None], rows[0][0]


def as_hit(scope: Scope, row: Sequence[Any]) -> Hit:
    """A row of `COLUMNS`."""
    children = tuple(ChildHit(UUID(id), content, position, score) for id, content, position, score in row[16] or ())
    return Hit(row[0], row[1], scope.dataset_id, scope.dataset_name, *[*row[2:16], children])


def arguments(scope: Scope, query: Query) -> dict[str, Any]:
    """What the expressions of this module name."""
    slots = sorted(query.terms)
    return {
        "dataset": scope.dataset_id,
        "model": scope.model,
        "slots": _array(map(str, slots)),
        "counts": _array(str(query.terms[number]) for number in slots),
        "vector": f"[{','.join(map(str, query.vector))}]" if query.vector is not None else None,
        "documents": None if scope.document_ids is None else _array(id.hex for id in scope.document_ids),
    }


def _array(values: Iterable[str]) -> str:
    """An array as Postgres writes it: of thousands of values far cheaper than a list the driver adapts."""
    return f"{{{','.join(values)}}}"
