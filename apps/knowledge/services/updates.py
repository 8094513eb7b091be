"""Changing documents: another text or file, another rule, and whether searches may find them."""

from collections.abc import Mapping, Sequence
from typing import IO, Any, Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from apps.common import jobs, notify
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.text import storable
from apps.files.models import UploadFile
from apps.files.names import clean_name
from apps.files.services.uploads import delete_uploads
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.configs import TOPIC
from apps.knowledge.errors import ArchivedDocumentImmutable, InvalidAction
from apps.knowledge.locks import lock_document, lock_documents
from apps.knowledge.models import Dataset, Document
from apps.knowledge.rules import parse_rule
from apps.knowledge.selectors import DOCUMENT_NOT_FOUND
from apps.workspaces.models import User
from apps.workspaces.services import audit

from .documents import TASK, check_form, stored, take_rule, text_file, title
from .index_rows import delete_segments_of, enable_entries
from .origins import be_an_upload
from .segments import NOT_AVAILABLE

ACTIONS: Final = ("enable", "disable", "archive", "un_archive")
# The row as a job, as it was before its first claim.
_UNTOUCHED: Final[Mapping[str, Any]] = {
    "indexing_status": IndexingStatus.WAITING,
    "attempt": 0,
    "word_count": 0,
    "tokens": 0,
    "segment_count": 0,
    "completed_segments": 0,
    **dict.fromkeys(
        (
            "error", "waiting_reason", "retry_at", "lease_owner", "lease_until", "processing_started_at",
            "parsing_completed_at", "cleaning_completed_at", "splitting_completed_at", "completed_at", "stopped_at",
            "paused_at", "paused_by",
        )
    ),
}  # fmt: skip


def update_document_from_text(
    *, document: Document, name: str | None = None, text: str | None = None, user: User | None = None, **options: Any
) -> Document:
    """Gives a document another name or text. Options as in `update_document`.

    Raises:
        InvalidParam: a text without a name, or empty.
    """
    if text is None:
        return update_document(document=document, name=name, user=user, **options)
    if name is None:
        raise InvalidParam("name is required when text is provided.", params="name")
    check_available(document)
    name, file_name, data = text_file(name, text)
    with stored(document.dataset, file_name, data, "text/plain", user) as upload:
        return update_document(document=document, name=name, upload=upload, user=user, **options)


def update_document_from_file(
    *,
    document: Document,
    name: str | None = None,
    data: IO[bytes] | None = None,
    mime_type: str = "",
    user: User | None = None,
    **options: Any,
) -> Document:
    """Gives a document another name or file. Options as in `update_document`.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable, InvalidParam.
    """
    if data is None:
        return update_document(document=document, name=name, user=user, **options)
    check_available(document)
    with stored(document.dataset, name or "", data, mime_type, user) as upload:
        return update_document(document=document, name=clean_name(name or ""), upload=upload, user=user, **options)


def update_document(
    *,
    document: Document,
    name: str | None = None,
    upload: UploadFile | None = None,
    process_rule: Mapping[str, Any] | None = None,
    doc_form: str | None = None,
    doc_language: str | None = None,
    user: User | None = None,
) -> Document:
    """Changes a document; None leaves a field as it is.

    With another file, rule or form its segments go at once, and a worker indexes it anew; batch and position stay.

    Args:
        process_rule: as the service API writes it.

    Raises:
        InvalidParam: the document is not available, or a field is not valid.
        NotFound: it was deleted meanwhile.
    """
    if doc_form is not None:
        check_form(doc_form)
    parsed = parse_rule(process_rule) if process_rule is not None else None
    with transaction.atomic():
        document = lock_document(document)
        check_available(document)
        if name is not None:
            document.name = title(name)
        if doc_language is not None:
            document.doc_language = storable(doc_language)[:64]
        if parsed is not None:
            document.process_rule = take_rule(document.dataset, parsed, user)
        is_reformed = doc_form not in {None, document.doc_form}
        document.doc_form = doc_form or document.doc_form
        if upload is not None:
            be_an_upload(document)
        if upload is not None or parsed is not None or is_reformed:
            start_again(document, upload)
        document.updated_at = timezone.now()
        document.save()
        audit.record(
            workspace=document.workspace, user=user, action="document.update", object_type="document",
            object_id=document.pk, data={"name": document.name, "dataset_id": str(document.dataset_id)},
        )  # fmt: skip
        notify.send(TOPIC, document.dataset_id)
    return document


def set_documents_status(
    *, dataset: Dataset, document_ids: Sequence[UUID | str], action: str, user: User | None = None
) -> None:
    """Switches documents on or off for searches, or moves them into the archive or out of it: all, or none.

    Args:
        action: `enable`, `disable`, `archive` or `un_archive`; what is so already stays.

    Raises:
        InvalidAction: another action.
        ArchivedDocumentImmutable: one to be switched on or off is archived.
        NotFound: one is not in the base.
    """
    if action not in ACTIONS:
        raise InvalidAction
    parsed = [text if isinstance(text, UUID) else parse_uuid(text) for text in document_ids]
    ids = {id for id in parsed if id is not None}
    if None in parsed:
        raise NotFound(DOCUMENT_NOT_FOUND)
    with transaction.atomic():
        for document in lock_documents(dataset.pk, ids):
            if _switch(document, action, user):
                document.save()
                enable_entries(document)
                audit.record(
                    workspace=document.workspace, user=user, action=f"document.{action}", object_type="document",
                    object_id=document.pk, data={"name": document.name, "dataset_id": str(dataset.pk)},
                )  # fmt: skip
        notify.send(TOPIC, dataset.pk)


def check_available(document: Document) -> None:
    """Raises InvalidParam: the document is not indexed, switched off or archived."""
    if document.display_status != "available":
        raise InvalidParam(NOT_AVAILABLE)


def start_again(document: Document, upload: UploadFile | None = None) -> None:
    """Sets a locked document back to before its first claim, perhaps with another file; the caller saves it."""
    delete_segments_of(document)
    for field, value in _UNTOUCHED.items():
        setattr(document, field, value)
    if upload is not None:
        old, document.upload_file = document.upload_file, upload
        document.data_source_info = {**document.data_source_info, "upload_file_id": str(upload.pk)}
        document.save(update_fields=["upload_file"])
        delete_uploads([old] if old else [])
    jobs.enqueue(TASK)


def _switch(document: Document, action: str, user: User | None) -> bool:
    """Whether that changed the document."""
    now, by = timezone.now(), user.pk if user else None
    if action in {"enable", "disable"}:
        if document.archived:
            raise ArchivedDocumentImmutable
        on = action == "enable"
        changed = document.enabled != on
        document.enabled = on
        if changed:
            document.disabled_at, document.disabled_by = (None, None) if on else (now, by)
        return changed
    archived = action == "archive"
    changed = document.archived != archived
    document.archived = archived
    if changed:
        document.archived_at, document.archived_by = (now, by) if archived else (None, None)
    return changed
