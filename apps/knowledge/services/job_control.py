"""Steering documents that are being indexed: pause, resume, cancel, retry, index anew, and which comes first.

Each is one short transaction on the document's row. A worker in the middle of a batch keeps its lease where segments
are written already: it stores what it has paid for, sees what was wanted of it, and stops. In earlier stages nothing
was paid for, so it loses the lease. Asking for what is so already changes nothing, so any of these may be repeated.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.db import transaction
from django.db.models.functions import Now

from apps.common import jobs, notify
from apps.common.errors import InvalidParam
from apps.knowledge.choices import UNFINISHED, IndexingStatus
from apps.knowledge.errors import ArchivedDocumentImmutable, DocumentStateConflict
from apps.knowledge.locks import lock_document
from apps.knowledge.models import Document
from apps.workspaces.models import User
from apps.workspaces.services import audit

from .documents import TASK
from .jobs import TOPIC
from .updates import start_again

PRIORITIES: Final = range(-100, 101)
CANCELLED: Final = "Indexing was cancelled. Retry goes on where it stopped."
_WAITING: Final[Mapping[str, Any]] = {"waiting_reason": None, "retry_at": None}
_RUNNING: Final[Mapping[str, Any]] = {
    **_WAITING, "attempt": 0, "error": None, "stopped_at": None, "paused_at": None, "paused_by": None
}  # fmt: skip
Fields = Mapping[str, Any] | None


def pause_document(*, document: Document, user: User | None = None) -> Document:
    """Stops the indexing of a document until it is resumed. Raises DocumentStateConflict, NotFound."""

    def pause(document: Document) -> Fields:
        if document.indexing_status == IndexingStatus.PAUSED:
            return None
        if document.indexing_status not in UNFINISHED:
            raise DocumentStateConflict("Only a document that waits or is being indexed can be paused.")
        status = {"indexing_status": IndexingStatus.PAUSED, "paused_at": Now(), "paused_by": user.pk if user else None}
        return {**status, **_WAITING, **_lease(document)}

    return _change(document, "pause", user, pause)


def resume_document(*, document: Document, user: User | None = None) -> Document:
    """Goes on with a paused document where it was. Raises DocumentStateConflict, NotFound."""

    def resume(document: Document) -> Fields:
        if document.indexing_status in UNFINISHED:
            return None
        if document.indexing_status != IndexingStatus.PAUSED:
            raise DocumentStateConflict("Only a paused document can be resumed.")
        return _go_on(document)

    return _change(document, "resume", user, resume)


def cancel_document(*, document: Document, user: User | None = None) -> Document:
    """Ends the indexing of a document, which keeps what it has. Raises DocumentStateConflict, NotFound."""

    def cancel(document: Document) -> Fields:
        if document.indexing_status == IndexingStatus.ERROR:
            return None
        if document.indexing_status == IndexingStatus.COMPLETED:
            raise DocumentStateConflict("The document is indexed already.")
        status = {"indexing_status": IndexingStatus.ERROR, "error": CANCELLED, "stopped_at": Now()}
        return {**_RUNNING, **status, **_lease(document)}

    return _change(document, "cancel", user, cancel)


def retry_document(*, document: Document, user: User | None = None) -> Document:
    """Goes on with a document that ended in an error, from what is there.

    Raises:
        DocumentStateConflict, ArchivedDocumentImmutable, NotFound.
    """

    def retry(document: Document) -> Fields:
        if document.indexing_status in UNFINISHED:
            return None
        if document.indexing_status != IndexingStatus.ERROR:
            raise DocumentStateConflict("Only a document that ended in an error can be tried again.")
        if document.archived:
            raise ArchivedDocumentImmutable
        return _go_on(document)

    return _change(document, "retry", user, retry)


def reindex_document(*, document: Document, user: User | None = None) -> Document:
    """Reads, splits and indexes a document anew by its rule; what was changed of its segments by hand is lost.

    Raises:
        DocumentStateConflict: it is on its way.
        ArchivedDocumentImmutable, NotFound.
    """

    def reindex(document: Document) -> Fields:
        if document.indexing_status not in {IndexingStatus.COMPLETED, IndexingStatus.ERROR}:
            raise DocumentStateConflict("The document is being indexed already. Cancel that first.")
        if document.archived:
            raise ArchivedDocumentImmutable
        start_again(document)
        document.save()
        return {}

    return _change(document, "reindex", user, reindex)


def prioritise_document(*, document: Document, priority: int, user: User | None = None) -> Document:
    """Says how early a document that waits is taken: the highest first, then the oldest.

    Args:
        priority: -100 to 100; 0 if nothing was said.

    Raises:
        InvalidParam, NotFound.
    """
    if priority not in PRIORITIES:
        raise InvalidParam("priority must be a whole number from -100 to 100", params="priority")
    return _change(document, "priority", user, lambda row: None if row.priority == priority else {"priority": priority})


ACTIONS: Final[Mapping[str, Callable[..., Document]]] = {
    "pause": pause_document,
    "resume": resume_document,
    "cancel": cancel_document,
    "retry": retry_document,
    "reindex": reindex_document,
    "priority": prioritise_document,
}


def _change(document: Document, action: str, user: User | None, decide: Callable[[Document], Fields]) -> Document:
    """Applies the fields that `decide` finds for the locked row; None: it is as wanted."""
    with transaction.atomic():
        document = lock_document(document)
        fields = decide(document)
        if fields is None:
            return document
        Document.objects.filter(pk=document.pk).update(**fields, updated_at=Now())
        document.refresh_from_db()
        audit.record(
            workspace=document.workspace, user=user, action=f"document.{action}", object_type="document",
            object_id=document.pk, data={"name": document.name, "dataset_id": str(document.dataset_id)},
        )  # fmt: skip
        notify.send(TOPIC, document.pk)
        if document.indexing_status in UNFINISHED:
            jobs.enqueue(TASK)
    return document


def _go_on(document: Document) -> Fields:
    is_split = document.splitting_completed_at is not None
    return {**_RUNNING, "indexing_status": IndexingStatus.INDEXING if is_split else IndexingStatus.WAITING}


def _lease(document: Document) -> Mapping[str, Any]:
    """What becomes of the worker's lease when somebody stops it."""
    return {} if document.splitting_completed_at else {"lease_owner": None, "lease_until": None}
