"""Row locks, in this order: dataset, document, the dataset's lexical totals, its terms."""

from collections.abc import Collection
from uuid import UUID

from apps.common.errors import NotFound

from .models import Dataset, Document, LexicalStat


def lock_dataset(dataset: Dataset) -> Dataset:
    """Puts those who add documents or delete the base in a row; indexing goes on. Raises NotFound: deleted meanwhile.

    Not the strongest lock: a worker that commits a batch looks at the base's key while it holds its document, and
    whoever deletes the base waits for that document.
    """
    row = Dataset.objects.select_for_update(no_key=True).filter(pk=dataset.pk).first()
    if row is None:
        raise NotFound("Dataset not found.")
    return row


def lock_dataset_to_delete(dataset: Dataset) -> None:
    """Keeps others from adding documents, and waits for batches being written. Raises NotFound."""
    lock_dataset(dataset)
    list(Document.objects.select_for_update().filter(dataset=dataset).order_by("pk").values_list("pk"))
    list(LexicalStat.objects.select_for_update().filter(dataset=dataset).values_list("pk"))


def lock_document_to_delete(document: Document) -> Document:
    """Waits for the batch being written, after which its worker finds the document gone. Raises NotFound."""
    locked = Document.objects.select_for_update().filter(pk=document.pk).first()
    if locked is None:
        raise NotFound("Document Not Exists.")
    list(LexicalStat.objects.select_for_update().filter(dataset=document.dataset_id).values_list("pk"))
    return locked


def lock_document(document: Document) -> Document:
    """Puts those who change a document's segments in a row with one another and with its worker. Raises NotFound."""
    return lock_documents(document.dataset_id, [document.pk])[0]


def lock_documents(dataset_id: UUID, document_ids: Collection[UUID]) -> list[Document]:
    """The same for some documents of a base. Raises NotFound: one is not there, or not in this base."""
    rows = Document.objects.select_for_update(no_key=True).filter(dataset=dataset_id, pk__in=document_ids)
    locked = list(rows.order_by("pk"))
    if len(locked) != len(set(document_ids)):
        raise NotFound("Document Not Exists.")
    list(LexicalStat.objects.select_for_update().filter(dataset=dataset_id).values_list("pk"))
    return locked
