"""A base's statistics made anew from its rows: what each batch adds and takes away, summed once more."""

from typing import Final
from uuid import UUID

from django.db import connection

# Whose term counts are not what their segments say; `{}` narrows it to some bases.
DRIFTED_TERMS: Final = """
select coalesce(a.dataset_id, b.dataset_id) as dataset_id, coalesce(a.term, b.term) as term
from (
    select x.dataset_id, t.term, count(*)::int as df
    from knowledge_segmentlexical x cross join unnest(x.terms) t (term) group by 1, 2
) a
full join knowledge_termstat b on a.dataset_id = b.dataset_id and a.term = b.term
where a.df is distinct from b.df"""

# Whose totals are not.
DRIFTED_TOTALS: Final = """
select coalesce(a.dataset_id, b.dataset_id) as dataset_id
from (
    select dataset_id, count(*) as chunks, sum(length) as tokens from knowledge_segmentlexical group by 1
) a
full join knowledge_lexicalstat b on a.dataset_id = b.dataset_id
where coalesce(a.chunks, 0) <> coalesce(b.chunks, 0) or coalesce(a.tokens, 0) <> coalesce(b.tokens, 0)"""

# `{}` selects dataset_id of the bases to be counted anew.
LOCK: Final = """
select count(*) from (select from knowledge_lexicalstat where dataset_id in ({}) order by dataset_id for update) s"""
TOTALS: Final = (
    "update knowledge_lexicalstat set chunks = 0, tokens = 0 where dataset_id in ({})",
    """
    insert into knowledge_lexicalstat as s (dataset_id, chunks, tokens, average_length)
    select dataset_id, count(*), sum(length), greatest(avg(length), 1)
    from knowledge_segmentlexical where dataset_id in ({}) group by 1
    on conflict (dataset_id) do update set chunks = excluded.chunks, tokens = excluded.tokens""",
)
TERMS: Final = (
    "delete from knowledge_termstat where dataset_id in ({})",
    """
    insert into knowledge_termstat (dataset_id, term, df)
    select x.dataset_id, t.term, count(*) from knowledge_segmentlexical x cross join unnest(x.terms) t (term)
    where x.dataset_id in ({}) group by 1, 2""",
)
# A document's own counts, of its passages.
COUNTED: Final = """
select d.id, count(s.id)::int as n, coalesce(sum(s.word_count), 0)::int as words,
    coalesce(sum(s.tokens), 0)::int as tokens
from knowledge_document d left join knowledge_segment s on s.document_id = d.id and s.parent_id is null
where d.indexing_status = 'completed' group by 1"""


def recount_base(dataset_id: UUID) -> None:
    """Makes a base's totals and term counts anew, in the caller's transaction; its weights stay as they are."""
    with connection.cursor() as cursor:
        for statement in (LOCK, *TOTALS, *TERMS):
            cursor.execute(statement.format("%(dataset)s"), {"dataset": dataset_id})
