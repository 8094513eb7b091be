"""What segments are found by: each row belongs to a segment and says the same as it."""

from collections.abc import Iterator

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_TABLES = {"lexical": "words", "embedding": "vectors"}
_NAME = "select distinct x.segment_id::text"
_FINDABLE = (
    "(g.enabled and coalesce(p.enabled, true) and d.enabled and not d.archived"
    " and (d.replaces_id is null or d.indexing_status = 'completed'))"
)
_OF = (
    "knowledge_segment g join knowledge_document d on d.id = g.document_id"
    " left join knowledge_segment p on p.id = g.parent_id"
)
_PARENTS = "select distinct parent_id from knowledge_segment where parent_id is not null"
_DONE = (
    "from knowledge_segment g join knowledge_document d on d.id = g.document_id"
    " where g.status = 'completed' and d.indexing_status = 'completed'"
    f" and not exists (select from ({_PARENTS}) c where c.parent_id = g.id)"
)


def _problems(table: str, name: str) -> Iterator[Problem]:
    rows = f"knowledge_segment{table} x"
    orphans = f"{rows} where not exists (select from knowledge_segment g where g.id = x.segment_id)"
    elsewhere = "(x.dataset_id, x.document_id) is distinct from (g.dataset_id, g.document_id)"
    parents = f"{rows} where x.segment_id in ({_PARENTS})"
    yield Problem(
        f"{name}_without_segment",
        f"Rows of {name} whose segment does not exist any more.",
        f"{_NAME} from {orphans}",
        (f"delete from {orphans}",),
    )
    yield Problem(
        f"{name}_elsewhere",
        f"Rows of {name} that name another base or document than their segment does.",
        f"{_NAME} from {rows} join knowledge_segment g on g.id = x.segment_id where {elsewhere}",
        (
            f"update {rows} set dataset_id = g.dataset_id, document_id = g.document_id"
            f" from knowledge_segment g where g.id = x.segment_id and {elsewhere}",
        ),
    )
    yield Problem(
        f"{name}_of_parents",
        f"Rows of {name} of passages that are found by their children.",
        f"{_NAME} from {parents}",
        (f"delete from {parents}",),
    )
    yield Problem(
        f"{name}_wrongly_findable",
        f"Rows of {name} that searches see although segment or document is switched off, or the other way round.",
        f"{_NAME} from {rows}, {_OF} where g.id = x.segment_id and x.enabled <> {_FINDABLE}",
        (f"update {rows} set enabled = {_FINDABLE} from {_OF} where g.id = x.segment_id and x.enabled <> {_FINDABLE}",),
    )


@fsck_checks.register
class EntriesCheck(SqlCheck):
    """Rows of words and vectors against segments."""

    key, label = "knowledge.entries", "Words and vectors of segments"
    problems = (
        *(problem for table, name in _TABLES.items() for problem in _problems(table, name)),
        Problem(
            "without_words",
            "Indexed segments that no search by words finds. Index their documents again.",
            f"select g.id::text {_DONE} and not exists"
            " (select from knowledge_segmentlexical x where x.segment_id = g.id)",
        ),
        Problem(
            "without_vector",
            "Indexed segments of high-quality bases without a vector of the base's model. Index their documents again.",
            f"select g.id::text {_DONE} and exists (select from knowledge_dataset b where b.id = g.dataset_id"
            " and b.indexing_technique = 'high_quality' and b.embedding_model <> '' and not exists"
            " (select from knowledge_segmentembedding x"
            " where x.segment_id = g.id and x.model = b.embedding_provider || '/' || b.embedding_model))",
        ),
    )
