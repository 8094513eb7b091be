"""Documents follow their sources: on demand, and every so many hours. What has not changed costs nothing.

A document is held by the same lease as for its indexing, so it is never synced twice at a time, nor while it is
indexed. The source is called outside of transactions; what it says is written only while the lease is held.
"""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from apps.common import jobs, notify
from apps.common.errors import AppError, InvalidParam, NotFound
from apps.common.ids import new_id
from apps.common.perloop import run
from apps.files.names import MAX_NAME
from apps.knowledge.choices import UNFINISHED, IndexingStatus
from apps.knowledge.configs import TOPIC
from apps.knowledge.errors import ArchivedDocumentImmutable, LeaseLost, SourceRateLimited
from apps.knowledge.locks import lock_document
from apps.knowledge.models import Dataset, Document
from apps.knowledge.source_contract import Access, Content, Source, digest_of
from apps.workspaces.models import User
from apps.workspaces.services import audit

from .connections import get_source, open_access
from .documents import stored, title
from .jobs import MAX_ATTEMPTS, heartbeat
from .origins import SYNC_TASK, UPLOAD
from .updates import start_again

log = logging.getLogger(__name__)
REQUESTED: Final = "sync_requested"
FAILURE: Final = "sync_error"
LONGEST_INTERVAL_H: Final = 24 * 365
# A look mostly waits, and takes a worker's thread for it: the others are for indexing.
MOST_AT_ONCE: Final = 2
FIRST_WAIT_S: Final = 30.0
LONGEST_WAIT_S: Final = 3_600.0
NOT_FROM_A_SOURCE: Final = "This document was uploaded; it has no source to follow."
BUSY: Final = "The document is being indexed or synced. Try again in a moment."
_UNEXPECTED: Final = "An unexpected fault stopped the sync. It is described in the server's log."
# A document without a file waits to be fetched for the first time.
_CLAIM: Final = """
with found as materialized (
    select k.id from knowledge_document k join knowledge_dataset s on s.id = k.dataset_id
    where k.data_source_type <> 'upload_file' and k.data_source_info ? 'source' and not k.archived
      and (k.indexing_status in ('completed', 'error')
           or (k.indexing_status = 'waiting' and k.upload_file_id is null))
      and (k.lease_until is null or k.lease_until < clock_timestamp())
      and ({})
    order by coalesce(k.synced_at, k.created_at) limit 1
    for update of k skip locked
)
update knowledge_document d
set lease_owner = %(owner)s, lease_until = clock_timestamp() + %(lease)s * interval '1 second', attempt = attempt + 1
from found where d.id = found.id returning d.id"""
_THIS_ONE: Final = _CLAIM.format("k.id = %(document)s")
_DUE: Final = _CLAIM.format(
    """
    %(most)s > (select count(*) from knowledge_document o where o.lease_until > clock_timestamp()
                and (o.indexing_status in ('completed', 'error') or o.upload_file_id is null))
    and (k.retry_at is null or k.retry_at <= %(now)s)
    and (k.data_source_info ? 'sync_requested'
         or (k.upload_file_id is null and k.indexing_status = 'waiting')
         or coalesce(k.synced_at, k.created_at) + s.sync_interval_h * interval '1 hour' <= %(now)s)"""
)


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What came of a look at a document's source.

    Args:
        outcome: `changed`, `unchanged` or `failed`.
        reason: why it failed.
    """

    document_id: UUID
    outcome: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class _Held:
    document_id: UUID
    owner: UUID


def request_sync(*, document: Document, user: User | None = None) -> None:
    """Has a worker look at a document's source soon.

    Raises:
        InvalidParam: it has none.
        ArchivedDocumentImmutable, NotFound.
    """
    with transaction.atomic():
        document = lock_document(document)
        if document.data_source_type == UPLOAD:
            raise InvalidParam(NOT_FROM_A_SOURCE)
        if document.archived:
            raise ArchivedDocumentImmutable
        document.data_source_info[REQUESTED] = True
        if document.upload_file_id is None or document.indexing_status not in UNFINISHED:
            document.retry_at = None  # that of an earlier look; one being indexed waits for its model
        document.save(update_fields=["data_source_info", "retry_at"])
        audit.record(
            workspace=document.workspace, user=user, action="document.sync", object_type="document",
            object_id=document.pk, data={"name": document.name, "dataset_id": str(document.dataset_id)},
        )  # fmt: skip
        jobs.enqueue(SYNC_TASK)


def set_sync_interval(*, dataset: Dataset, hours: int | None, user: User | None = None) -> None:
    """Has a base's documents synced every so many hours; None: only on demand. Raises InvalidParam."""
    if hours is not None and not 1 <= hours <= LONGEST_INTERVAL_H:
        raise InvalidParam(f"Choose 1 to {LONGEST_INTERVAL_H} hours.", params="sync_interval_h")
    with transaction.atomic():
        Dataset.objects.filter(pk=dataset.pk).update(sync_interval_h=hours, updated_at=timezone.now())
        audit.record(
            workspace=dataset.workspace, user=user, action="dataset.sync_interval", object_type="dataset",
            object_id=dataset.pk, data={"hours": hours},
        )  # fmt: skip


def sync_document(*, document: Document) -> SyncResult:
    """Looks at a document's source now.

    Raises:
        InvalidParam: it has none, or is being indexed or synced.
    """
    if document.data_source_type == UPLOAD:
        raise InvalidParam(NOT_FROM_A_SOURCE)
    held = _claim(_THIS_ONE, document=document.pk)
    if held is None:
        raise InvalidParam(BUSY)
    return _sync(held)


def sync_due(*, now: datetime | None = None) -> list[SyncResult]:
    """Looks at the source of every document whose time has come, the longest waiting first.

    Args:
        now: by which clock; None: this machine's.
    """
    results: list[SyncResult] = []
    while held := _claim(_DUE, now=now or timezone.now(), most=MOST_AT_ONCE):
        results.append(_sync(held, now))
    return results


def _claim(sql: str, **arguments: Any) -> _Held | None:
    owner = new_id()
    with connection.cursor() as cursor:
        cursor.execute(sql, {**arguments, "owner": owner, "lease": settings.INDEXING_LEASE_S})
        row = cursor.fetchone()
    return _Held(row[0], owner) if row else None


def _sync(held: _Held, now: datetime | None = None) -> SyncResult:
    """One look; what goes wrong is kept with the document, which stays as it is."""
    now = now or timezone.now()
    try:
        content = _look(held)
        changed = content is not None and _keep(held, content, now)
        if not changed:
            _unchanged(held, content, now)
        return SyncResult(held.document_id, "changed" if changed else "unchanged")
    except (LeaseLost, NotFound):
        return SyncResult(held.document_id, "failed", "The document was changed or deleted meanwhile.")
    except AppError as error:
        return _failed(held, error, now)
    except Exception as error:  # noqa: BLE001 - a worker's boundary: the trace is logged, the row gets a reason
        log.error("syncing document %s failed", held.document_id, exc_info=error)
        return _failed(held, AppError(_UNEXPECTED), now)


def _look(held: _Held) -> Content | None:
    document = Document.objects.select_related("source").get(pk=held.document_id)
    source = get_source(document.data_source_info["source"])
    access = open_access(source, document.source)
    known = document.source_version if document.upload_file_id else ""
    return run(_fetch(held, source, access, document.data_source_info, known))


async def _fetch(held: _Held, source: Source, access: Access, info: dict[str, Any], known: str) -> Content | None:
    async with heartbeat(held):
        return await source.fetch(access, info["item"], info=info, known_version=known)


def _keep(held: _Held, content: Content, now: datetime) -> bool:
    """Stores other content and has it indexed; False: it is the same as before."""
    document = Document.objects.select_related("dataset__workspace", "upload_file").get(pk=held.document_id)
    if document.upload_file and document.upload_file.sha256 == digest_of(content.data):
        return False
    name = title(content.name or document.name)
    file_name = f"{name.replace('/', ' ')[: MAX_NAME // 2]}.{content.extension}"
    with stored(document.dataset, file_name, content.data, "", None) as upload, transaction.atomic():
        document = _owned(held)
        if document.name == document.data_source_info.get("title", document.name):
            document.name = name  # unless somebody gave it another one
        _told(document, content, now)
        start_again(document, upload)
        document.save()
        notify.send(TOPIC, document.dataset_id)
    return True


def _unchanged(held: _Held, content: Content | None, now: datetime) -> None:
    with transaction.atomic():
        document = _owned(held)
        _told(document, content, now)
        _release(document)
        document.save(update_fields=[*_FIELDS, "data_source_info", "source_version", "synced_at"])


def _told(document: Document, content: Content | None, now: datetime) -> None:
    info = {name: value for name, value in document.data_source_info.items() if name not in {REQUESTED, FAILURE}}
    if content is not None:
        info |= {**content.info, "title": content.name}
        document.source_version = content.version
    document.data_source_info, document.synced_at = info, now


_FIELDS: Final = ("lease_owner", "lease_until", "attempt", "retry_at", "waiting_reason")


def _release(document: Document) -> None:
    document.lease_owner = document.lease_until = document.retry_at = document.waiting_reason = None
    document.attempt = 0


def _failed(held: _Held, error: AppError, now: datetime) -> SyncResult:
    """The reason stays with the document; what may pass by itself is tried again."""
    try:
        with transaction.atomic():
            document = _owned(held)
            attempt, is_new = document.attempt, document.upload_file_id is None
            _release(document)
            document.data_source_info[FAILURE] = error.message
            if error.retryable and attempt < MAX_ATTEMPTS:
                document.attempt, document.retry_at = attempt, now + timedelta(seconds=_wait_s(error, attempt))
                document.waiting_reason = error.message if is_new else None
            else:
                document.data_source_info.pop(REQUESTED, None)
                document.synced_at = now
                if is_new:
                    document.indexing_status, document.error = IndexingStatus.ERROR, error.message
                    document.stopped_at = now
            document.save()
            notify.send("document", document.pk)
    except (LeaseLost, NotFound):
        log.info("document %s was changed or deleted while it was synced", held.document_id)
    return SyncResult(held.document_id, "failed", error.message)


def _wait_s(error: AppError, attempt: int) -> float:
    asked = error.retry_after_s if isinstance(error, SourceRateLimited) else 0.0
    return min(max(FIRST_WAIT_S * 2.0 ** (attempt - 1), asked), LONGEST_WAIT_S)


def _owned(held: _Held) -> Document:
    """The locked row. Raises LeaseLost, NotFound."""
    row = Document.objects.filter(pk=held.document_id).only("pk", "dataset_id").first()
    if row is None:
        raise NotFound
    document = lock_document(row)
    if document.lease_owner != held.owner:
        raise LeaseLost
    return document
