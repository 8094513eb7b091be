"""Indexes of large bases: each in Postgres has its row, each row that is ready its index."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

# Only such indexes are partial on these tables.
_OWN = """
pg_index i join pg_class c on c.oid = i.indexrelid
where i.indpred is not null
and i.indrelid in ('knowledge_segmentembedding'::regclass, 'knowledge_segmentlexical'::regclass)"""
_UNKNOWN = f"from {_OWN} and not exists (select from knowledge_searchindex s where s.name = c.relname)"
_ABSENT = (
    "knowledge_searchindex s where s.ready_at is not null"
    f" and not exists (select from {_OWN} and c.relname = s.name and i.indisvalid)"
)


@fsck_checks.register
class SearchIndexesCheck(SqlCheck):
    """Rows against the catalogue of Postgres."""

    key, label = "knowledge.search_indexes", "Indexes of large bases"
    problems = (
        Problem(
            "without_row",
            "Indexes in Postgres that no knowledge base uses.",
            f"select c.relname::text {_UNKNOWN}",
            (
                "do $$ declare name text; begin"
                f" for name in select c.relname {_UNKNOWN} loop execute format('drop index if exists %I', name);"
                " end loop; end $$",
            ),
        ),
        Problem(
            "without_index",
            "Knowledge bases said to have an index of their own that is not there; it will be made again.",
            f"select s.name from {_ABSENT}",
            (f"update {_ABSENT.replace(' where', ' set ready_at = null, error = null, attempt = 0 where', 1)}",),
        ),
    )
