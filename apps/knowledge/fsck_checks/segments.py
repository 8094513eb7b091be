"""Segments: in a document of their own base, children under a passage of the same document."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_NO_DOCUMENT = "knowledge_segment s where not exists (select from knowledge_document d where d.id = s.document_id)"
_NO_PARENT = (
    "knowledge_segment s where s.parent_id is not null"
    " and not exists (select from knowledge_segment p where p.id = s.parent_id)"
)
_ELSEWHERE = "(s.workspace_id, s.dataset_id) is distinct from (d.workspace_id, d.dataset_id)"


def _delete(orphans: str) -> tuple[str, ...]:
    """Deletes segments with their children and what all of them are found by."""
    wanted = (
        f"select s.id from {orphans} union select c.id from knowledge_segment c"
        f" where c.parent_id in (select s.id from {orphans})"
    )
    return (
        f"create temp table orphans on commit drop as {wanted}",
        *(
            f"delete from knowledge_{table} where {column} in (select id from orphans)"
            for table, column in (
                ("segmentlexical", "segment_id"),
                ("segmentembedding", "segment_id"),
                ("segment", "id"),
            )
        ),
    )


@fsck_checks.register
class SegmentsCheck(SqlCheck):
    """Where segments hang."""

    key, label = "knowledge.segments", "Segments"
    problems = (
        Problem(
            "without_document",
            "Segments whose document does not exist any more.",
            f"select s.id::text from {_NO_DOCUMENT}",
            _delete(_NO_DOCUMENT),
        ),
        Problem(
            "without_parent",
            "Child chunks whose passage does not exist any more.",
            f"select s.id::text from {_NO_PARENT}",
            _delete(_NO_PARENT),
        ),
        Problem(
            "elsewhere",
            "Segments that name another workspace or base than their document does.",
            "select s.id::text from knowledge_segment s join knowledge_document d on d.id = s.document_id"
            f" where {_ELSEWHERE}",
            (
                "update knowledge_segment s set workspace_id = d.workspace_id, dataset_id = d.dataset_id"
                f" from knowledge_document d where d.id = s.document_id and {_ELSEWHERE}",
            ),
        ),
        Problem(
            "foreign_parent",
            "Child chunks under a passage of another document, or under another child. Index their documents again.",
            "select s.id::text from knowledge_segment s join knowledge_segment p on p.id = s.parent_id"
            " where s.document_id <> p.document_id or p.parent_id is not null",
        ),
        Problem(
            "unfinished",
            "Segments of indexed documents that are not indexed themselves. Index their documents again.",
            "select s.id::text from knowledge_segment s join knowledge_document d on d.id = s.document_id"
            " where d.indexing_status = 'completed' and s.status in ('waiting', 'indexing')"
            " and s.parent_id is null and d.completed_at < now() - interval '10 minutes'",
        ),
    )
