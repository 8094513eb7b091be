"""A base with thousands of documents: what is done with one of them does not go through the others."""

from django.db import connection, transaction

from apps.knowledge.selectors import count_bases, get_dataset, list_batch
from apps.knowledge.services.documents import create_document_from_text
from tests.knowledge.test_console_documents import rows

MANY = 3_000


def documents_read() -> int:
    """How many rows the transaction has read so far, of those it found by an index or without one."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select seq_tup_read + coalesce(idx_tup_fetch, 0) from pg_stat_xact_user_tables"
            " where relname = 'knowledge_document'"
        )
        return int(cursor.fetchone()[0])


def test_adding_a_document_reads_none_of_the_others(workspace, economy):
    rows(economy, MANY)
    with connection.cursor() as cursor:
        cursor.execute("analyze knowledge_document")
    with transaction.atomic():
        dataset = get_dataset(workspace=workspace, dataset_id=economy.pk)
        document = create_document_from_text(dataset=dataset, name="Last", text="The last one.")
        assert document.position == MANY + 1
        assert list(list_batch(dataset=dataset, batch=document.batch)) == [document]
        assert documents_read() < 20
        assert count_bases(dataset_ids=[economy.pk])[economy.pk].documents == MANY + 1
