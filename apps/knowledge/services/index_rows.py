"""What segments are found by, changed in the caller's transaction. Callers hold the locks of `knowledge.locks`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import F
from pgvector import HalfVector, SparseVector

from apps.common.errors import InvalidParam
from apps.knowledge.choices import IndexingStatus, IndexingTechnique
from apps.knowledge.contracts import SLOTS
from apps.knowledge.lexical.bm25 import weights
from apps.knowledge.models import Dataset, Document, LexicalStat, SegmentEmbedding, SegmentLexical

from .segment_rows import ADD_TERMS, Entry, document_frequencies

# Takes the segments chosen by `{}` out of the base's words, counts and vectors.
_UNINDEX: Final = (
    """
with gone as (
    delete from knowledge_segmentlexical x using knowledge_segment g
    where g.id = x.segment_id and {}
    returning x.dataset_id, x.terms, x.length
),
total as (
    update knowledge_lexicalstat s set chunks = s.chunks - t.n, tokens = s.tokens - t.length
    from (select dataset_id, count(*) as n, sum(length) as length from gone group by dataset_id) t
    where s.dataset_id = t.dataset_id
),
counted as (
    select gone.dataset_id, t.term, count(*) as n from gone cross join unnest(gone.terms) as t (term) group by 1, 2
)
update knowledge_termstat s set df = s.df - c.n
from counted c where s.dataset_id = c.dataset_id and s.term = c.term""",
    "delete from knowledge_termstat where dataset_id = %(dataset)s and df <= 0",
    "delete from knowledge_segmentembedding e using knowledge_segment g where g.id = e.segment_id and {}",
)
_SOME: Final = "g.id = any(%(segments)s)"
_ALL: Final = "g.document_id = %(document)s"
# A child chunk is found only while its passage is switched on.
_ENABLE: Final = """
update {} x set enabled = f.findable from (
    select g.id, g.enabled and coalesce(p.enabled, true) and %(findable)s as findable
    from knowledge_segment g left join knowledge_segment p on p.id = g.parent_id
    where g.document_id = %(document)s
) f
where x.segment_id = f.id and x.enabled <> f.findable"""
_WITH_CHILDREN: Final = """
select id from knowledge_segment where id = any(%(segments)s) or parent_id = any(%(segments)s)"""
_DELETE: Final = "delete from knowledge_segment where id = any(%(segments)s)"
_OF_DOCUMENT: Final = (
    "delete from knowledge_documentpart where document_id = %(document)s",
    "update knowledge_document set replaces_id = null where replaces_id = %(document)s",
    "delete from knowledge_document where id = %(document)s",
)
_OF_DATASET: Final = (
    "delete from knowledge_segmentlexical where dataset_id = %(dataset)s",
    "delete from knowledge_segmentembedding where dataset_id = %(dataset)s",
    "delete from knowledge_termstat where dataset_id = %(dataset)s",
    "delete from knowledge_lexicalstat where dataset_id = %(dataset)s",
    "delete from knowledge_segment where dataset_id = %(dataset)s",
    "delete from knowledge_documentpart p using knowledge_document d"
    " where d.id = p.document_id and d.dataset_id = %(dataset)s",
    "delete from knowledge_document where dataset_id = %(dataset)s",
    "delete from knowledge_processrule where dataset_id = %(dataset)s",
    "delete from knowledge_metadatafield where dataset_id = %(dataset)s",
    "delete from knowledge_datasetmember where dataset_id = %(dataset)s",
    "delete from knowledge_indexchange where dataset_id = %(dataset)s",
    "delete from knowledge_searchindex where dataset_id = %(dataset)s",
    "delete from knowledge_dataset where id = %(dataset)s",
)


def add_entries(document: Document, entries: Sequence[Entry], model: str, *, enabled: bool = True) -> None:
    """Makes segments findable, unless they or their document are switched off, and counts their terms.

    Args:
        model: `provider/model` of the vectors.
        enabled: of the segments.

    Raises:
        InvalidParam: the base has another model since the vectors were made.
    """
    dataset_id = document.dataset_id
    if _model(Dataset.objects.get(pk=dataset_id)) != model:
        raise InvalidParam("The knowledge base has just changed its embedding model, please try again.")
    totals = LexicalStat.objects.get(dataset=dataset_id)
    LexicalStat.objects.filter(dataset=dataset_id).update(
        chunks=F("chunks") + len(entries), tokens=F("tokens") + sum(entry.length for entry in entries)
    )
    terms = document_frequencies(entries)
    with connection.cursor() as cursor:
        cursor.execute(ADD_TERMS, [dataset_id, list(terms), list(terms.values())])
    enabled = enabled and is_findable(document)
    SegmentEmbedding.objects.bulk_create(
        SegmentEmbedding(
            segment_id=entry.segment_id, dataset_id=dataset_id, document_id=document.pk, model=model,
            dim=len(entry.vector), enabled=enabled, embedding=HalfVector(entry.vector),
        )
        for entry in entries if entry.vector is not None
    )  # fmt: skip
    SegmentLexical.objects.bulk_create(
        SegmentLexical(
            segment_id=entry.segment_id, dataset_id=dataset_id, document_id=document.pk, enabled=enabled,
            length=entry.length, terms=sorted(entry.counts), weights=_weights(entry, totals.average_length),
        )
        for entry in entries
    )  # fmt: skip


def _model(dataset: Dataset) -> str:
    is_embedded = dataset.indexing_technique == IndexingTechnique.HIGH_QUALITY
    return f"{dataset.embedding_provider}/{dataset.embedding_model}" if is_embedded else ""


def is_findable(document: Document) -> bool:
    """Whether searches may show the document; what replaces another is shown when all of it is there."""
    is_all_there = document.replaces_id is None or document.indexing_status == IndexingStatus.COMPLETED
    return document.enabled and not document.archived and is_all_there


def enable_entries(document: Document) -> None:
    """Lets searches find what of the document is switched on, and nothing else of it."""
    arguments = {"document": document.pk, "findable": is_findable(document)}
    _run([_ENABLE.format(f"knowledge_segment{kind}") for kind in ("lexical", "embedding")], arguments)


def remove_entries(segment_ids: Sequence[UUID], dataset_id: UUID) -> None:
    """Takes segments out of all they are found by; the segments stay."""
    _run([part.format(_SOME) for part in _UNINDEX], {"segments": list(segment_ids), "dataset": dataset_id})


def delete_segment_rows(segment_ids: Sequence[UUID], dataset_id: UUID) -> None:
    """Deletes segments and their children with all they are found by."""
    with connection.cursor() as cursor:
        cursor.execute(_WITH_CHILDREN, {"segments": list(segment_ids)})
        ids = [row[0] for row in cursor.fetchall()]
    remove_entries(ids, dataset_id)
    _run([_DELETE], {"segments": ids})


def delete_segments_of(document: Document) -> None:
    """Deletes a document's segments and takes them out of the dataset's statistics."""
    statements = [part.format(_ALL) for part in (*_UNINDEX, "delete from knowledge_segment g where {}")]
    _run(statements, {"document": document.pk, "dataset": document.dataset_id})


def delete_document_rows(document: Document) -> None:
    """Deletes a document and all that hangs on it, and takes it out of the dataset's statistics."""
    delete_segments_of(document)
    _run(_OF_DOCUMENT, {"document": document.pk})


def delete_dataset_rows(dataset: Dataset) -> None:
    """Deletes a dataset and all that hangs on it."""
    _run(_OF_DATASET, {"dataset": dataset.pk})


def _weights(entry: Entry, average_length: float) -> SparseVector:
    weighed = weights(entry.counts, length=entry.length, average_length=average_length)
    return SparseVector({number - 1: weight for number, weight in weighed.items()}, SLOTS)


def _run(statements: Sequence[str], arguments: Mapping[str, Any]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement, arguments)
