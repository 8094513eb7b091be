"""Removing segments with everything they are found by. Callers hold the locks of `knowledge.locks`."""

from typing import Final

from django.db import connection

from apps.knowledge.models import Dataset, Document

_UNCOUNT: Final = """
with gone as (
    delete from knowledge_segmentlexical x using knowledge_segment g
    where g.id = x.segment_id and g.document_id = %(document)s
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
from counted c where s.dataset_id = c.dataset_id and s.term = c.term"""

_OF_DOCUMENT: Final = (
    _UNCOUNT,
    "delete from knowledge_termstat where dataset_id = %(dataset)s and df <= 0",
    "delete from knowledge_segmentembedding e using knowledge_segment g"
    " where g.id = e.segment_id and g.document_id = %(document)s",
    "delete from knowledge_segment where document_id = %(document)s",
    "delete from knowledge_document where id = %(document)s",
)
_OF_DATASET: Final = (
    "delete from knowledge_segmentlexical where dataset_id = %(dataset)s",
    "delete from knowledge_segmentembedding where dataset_id = %(dataset)s",
    "delete from knowledge_termstat where dataset_id = %(dataset)s",
    "delete from knowledge_lexicalstat where dataset_id = %(dataset)s",
    "delete from knowledge_segment where dataset_id = %(dataset)s",
    "delete from knowledge_document where dataset_id = %(dataset)s",
    "delete from knowledge_processrule where dataset_id = %(dataset)s",
    "delete from knowledge_dataset where id = %(dataset)s",
)


def delete_document_rows(document: Document) -> None:
    """Deletes a document and all that hangs on it, and takes it out of the dataset's statistics."""
    with connection.cursor() as cursor:
        for statement in _OF_DOCUMENT:
            cursor.execute(statement, {"document": document.pk, "dataset": document.dataset_id})


def delete_dataset_rows(dataset: Dataset) -> None:
    """Deletes a dataset and all that hangs on it."""
    with connection.cursor() as cursor:
        for statement in _OF_DATASET:
            cursor.execute(statement, {"dataset": dataset.pk})
