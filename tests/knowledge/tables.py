"""What the tables hold, in a form that can be compared."""

from typing import Any

from django.db import connection
from django.utils import timezone

from apps.knowledge.choices import IndexKind
from apps.knowledge.models import Dataset, SearchIndex

# Ids and times differ from run to run; everything else must not.
_EVERYTHING = {
    "documents": """
        select position, name, indexing_status, segment_count, completed_segments, word_count, tokens, error, attempt
        from knowledge_document where dataset_id = %s order by 1""",
    "segments": """
        select d.position, s.position, s.content, s.index_node_hash, s.status, s.tokens, s.word_count
        from knowledge_segment s join knowledge_document d on d.id = s.document_id
        where s.dataset_id = %s order by 1, 2""",
    "words": """
        select d.position, s.position, x.enabled, x.length, x.terms, x.weights::text
        from knowledge_segmentlexical x join knowledge_segment s on s.id = x.segment_id
        join knowledge_document d on d.id = s.document_id where x.dataset_id = %s order by 1, 2""",
    "vectors": """
        select d.position, s.position, e.model, e.dim, e.enabled, md5(e.embedding::text)
        from knowledge_segmentembedding e join knowledge_segment s on s.id = e.segment_id
        join knowledge_document d on d.id = s.document_id where e.dataset_id = %s order by 1, 2""",
    "terms": "select term, df from knowledge_termstat where dataset_id = %s order by 1",
    "totals": "select chunks, tokens, average_length from knowledge_lexicalstat where dataset_id = %s",
}
_TABLES = (
    "dataset", "processrule", "document", "segment", "segmentlexical", "segmentembedding", "termstat", "lexicalstat",
)  # fmt: skip


def everything(dataset: Dataset) -> dict[str, list[Any]]:
    """All that was indexed of a base."""
    with connection.cursor() as cursor:
        found = {}
        for name, sql in _EVERYTHING.items():
            cursor.execute(sql, [dataset.pk])
            found[name] = cursor.fetchall()
        return found


def left_behind() -> dict[str, int]:
    """Rows in all tables of knowledge and files, of those that have any."""
    counts = {}
    with connection.cursor() as cursor:
        for table in (*(f"knowledge_{name}" for name in _TABLES), "files_uploadfile"):
            cursor.execute(f"select count(*) from {table}")
            counts[table] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


def count_as_indexed(dataset: Dataset) -> None:
    """Searches of the base ask as those of a large one do, though no index answers."""
    models = {IndexKind.WORDS: "", IndexKind.VECTORS: f"{dataset.embedding_provider}/{dataset.embedding_model}"}
    for kind, model in models.items():
        name = f"none_{kind}_{dataset.pk.hex}"
        SearchIndex.objects.create(dataset=dataset, kind=kind, model=model, name=name, ready_at=timezone.now())
