"""Adding and deleting documents."""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import IO, Any, Final

from django.db import transaction
from django.db.models import Max
from django.db.models.functions import Now
from django.utils import timezone

from apps.common import jobs, notify
from apps.common.errors import InvalidParam
from apps.common.text import storable
from apps.files.models import UploadFile
from apps.files.names import MAX_NAME, clean_name
from apps.files.services.uploads import delete_uploads, store_upload
from apps.knowledge.choices import UNFINISHED, DatasetProvider, DocForm, IndexingStatus, RuleMode
from apps.knowledge.configs import TOPIC
from apps.knowledge.errors import ArchivedDocumentImmutable, DatasetIsExternal, DocumentIndexing
from apps.knowledge.extraction import accepted_extensions
from apps.knowledge.locks import lock_dataset, lock_document_to_delete
from apps.knowledge.models import Dataset, Document, ProcessRule
from apps.knowledge.rules import AUTOMATIC, form_of, parse_rule
from apps.knowledge.selectors import get_latest_rule
from apps.knowledge.wire import dump_retrieval, parse_retrieval
from apps.workspaces.models import User
from apps.workspaces.services import audit

from .datasets import choose_technique
from .index_rows import delete_document_rows
from .limits import check_file_count, require_room
from .origins import SYNC_TASK, Origin, source_columns

TASK: Final = "knowledge.index"


def new_batch() -> str:
    """A name for documents that come in together: yyyymmddHHMMSS and six digits."""
    return f"{timezone.now():%Y%m%d%H%M%S}{secrets.randbelow(900_000) + 100_000}"


def create_document_from_text(*, dataset: Dataset, name: str, text: str, **options: Any) -> Document:
    """A document whose text the caller wrote; kept as a file like any other. Options as in `create_document`.

    Raises:
        InvalidParam: no name or no text.
    """
    name, file_name, data = text_file(name, text)
    return _create(dataset, name, file_name, data, "text/plain", **options)


def create_document_from_file(
    *, dataset: Dataset, name: str, data: bytes | IO[bytes], mime_type: str = "", **options: Any
) -> Document:
    """A document from an uploaded file. Options as in `create_document`.

    Raises:
        PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable, InvalidParam.
    """
    return _create(dataset, clean_name(name), name, data, mime_type, **options)


def create_documents_from_files(
    *, dataset: Dataset, files: Sequence[tuple[str, bytes | IO[bytes]]], user: User | None = None, **options: Any
) -> list[Document]:
    """Documents from the files of one upload, as one batch: all, or none. Options as in `create_document`.

    Args:
        files: names and contents, at most UPLOAD_FILE_BATCH_LIMIT.

    Raises:
        TooManyFiles, PayloadTooLarge, EmptyFile, UnsupportedFileType, StorageUnavailable, InvalidParam.
    """
    check_file_count(len(files))
    batch = new_batch()
    with ExitStack() as stack:  # the bytes first, outside the base's lock
        uploads = [stack.enter_context(stored(dataset, name, data, "", user)) for name, data in files]
        with transaction.atomic():
            return [
                create_document(dataset=dataset, upload=upload, name=upload.name, user=user, batch=batch, **options)
                for upload in uploads
            ]


def create_document(
    *,
    dataset: Dataset,
    upload: UploadFile | None,
    name: str,
    origin: Origin | None = None,
    user: User | None = None,
    created_from: str = "web",
    batch: str | None = None,
    process_rule: Mapping[str, Any] | None = None,
    indexing_technique: str | None = None,
    embedding_provider: str | None = None,
    embedding_model: str | None = None,
    retrieval_model: Mapping[str, Any] | None = None,
    doc_form: str | None = None,
    doc_language: str = "English",
    replaces: Document | None = None,
) -> Document:
    """Adds a stored file to a base and wakes a worker to index it.

    Args:
        upload: None: it is still to be fetched from its origin.
        origin: where it comes from; None: somebody uploaded it.
        process_rule: as the service API writes it; None: the base's latest, else the automatic rule.
        doc_form: None: `hierarchical_model` where the rule's mode is `hierarchical`, else `text_model`.
        indexing_technique, embedding_provider, embedding_model, retrieval_model: for a base that has none yet.
        replaces: the document that is archived once this one is indexed.

    Raises:
        DatasetIsExternal: the base is kept elsewhere.
        InvalidParam: technique missing, rule not valid, form not known, `replaces` is being replaced already.
        ProviderNotInitialized, ModelNotFound: no embedding model.
        DocumentLimitReached: KNOWLEDGE_DOCUMENT_LIMIT.
        NotFound: the base was deleted meanwhile.
    """
    if doc_form is not None:
        check_form(doc_form)
    parsed = parse_rule(process_rule) if process_rule is not None else None
    with transaction.atomic():
        dataset = lock_dataset(dataset)
        if dataset.provider == DatasetProvider.EXTERNAL:
            raise DatasetIsExternal
        require_room(workspace_id=dataset.workspace_id)
        if dataset.indexing_technique is None:
            _initialise(dataset, indexing_technique, embedding_provider, embedding_model, retrieval_model)
        inherited = _inherited(replaces) if replaces else {}
        last = dataset.documents.aggregate(last=Max("position"))["last"] or 0
        rule = take_rule(dataset, parsed, user)
        document = Document.objects.create(
            workspace_id=dataset.workspace_id,
            dataset=dataset,
            position=last + 1,
            name=name,
            upload_file=upload,
            process_rule=rule,
            **source_columns(origin, upload),
            batch=batch or new_batch(),
            created_from=created_from,
            created_by=user,
            doc_form=form_of(doc_form, rule.mode),
            doc_language=storable(doc_language)[:64],
            **inherited,
        )
        first = Dataset.objects.filter(pk=dataset.pk, data_source_type=None)
        first.update(data_source_type=document.data_source_type, doc_form=document.doc_form)
        audit.record(
            workspace=dataset.workspace, user=user, action="document.create", object_type="document",
            object_id=document.pk, data={"name": name, "dataset_id": str(dataset.pk)},
        )  # fmt: skip
        jobs.enqueue(TASK if upload else SYNC_TASK)
    return document


def _inherited(replaced: Document) -> dict[str, Any]:
    """What a document takes over from the one it replaces; its base is locked. Raises InvalidParam."""
    on_its_way = Document.objects.filter(replaces=replaced, indexing_status__in=[*UNFINISHED, IndexingStatus.PAUSED])
    if on_its_way.exists():
        raise InvalidParam("A new version of this document is being indexed already.")
    fields = ("doc_type", "doc_metadata", "enabled", "priority")
    return {"replaces": replaced, **{field: getattr(replaced, field) for field in fields}}


def check_form(doc_form: str) -> None:
    """Raises InvalidParam: no form that documents can have."""
    if doc_form not in DocForm.values:
        raise InvalidParam(f"{str(doc_form)[:40]} is not a valid choice", params="doc_form")


def delete_document(*, document: Document, user: User | None = None, even_archived: bool = False) -> None:
    """Deletes a document with its segments, vectors, words and file.

    Args:
        even_archived: pages may delete from the archive, where nothing else changes; the knowledge API may not.

    Raises:
        DocumentIndexing: a worker holds it now.
        ArchivedDocumentImmutable: it is archived.
        NotFound: it was deleted meanwhile.
    """
    with transaction.atomic():
        document = lock_document_to_delete(document)
        if document.archived and not even_archived:
            raise ArchivedDocumentImmutable
        # By the database's clock, as leases are given.
        held = Document.objects.filter(pk=document.pk, indexing_status__in=UNFINISHED, lease_until__gt=Now())
        if held.exists():
            raise DocumentIndexing
        uploads = list(UploadFile.objects.filter(pk__in=[document.upload_file_id]))
        delete_document_rows(document)
        delete_uploads(uploads)
        audit.record(
            workspace=document.workspace, user=user, action="document.delete", object_type="document",
            object_id=document.pk, data={"name": document.name, "dataset_id": str(document.dataset_id)},
        )  # fmt: skip


def _create(
    dataset: Dataset, name: str, file_name: str, data: bytes | IO[bytes], mime_type: str, **options: Any
) -> Document:
    """Stores the bytes first, outside the base's lock; a document that cannot be added leaves no file behind."""
    with stored(dataset, file_name, data, mime_type, options.get("user")) as upload:
        return create_document(dataset=dataset, upload=upload, name=name, **options)


def text_file(name: str, text: str) -> tuple[str, str, bytes]:
    """A document's name, its file's name and bytes. Raises InvalidParam: no name or no text."""
    name = title(name)
    if not storable(text).strip():
        raise InvalidParam("text is required", params="text")
    return name, f"{name[: MAX_NAME // 2]}.txt", storable(text).encode()


def title(name: str) -> str:
    """A document's name as it is stored. Raises InvalidParam: there is none."""
    name = " ".join(storable(name).split())[:MAX_NAME]
    if not name:
        raise InvalidParam("name is required", params="name")
    return name


@contextmanager
def stored(
    dataset: Dataset, name: str, data: bytes | IO[bytes], mime_type: str, user: User | None
) -> Iterator[UploadFile]:
    """Stores a document's file, which goes again if the block fails."""
    upload = store_upload(
        workspace=dataset.workspace,
        user=user,
        name=name,
        data=data,
        mime_type=mime_type,
        extensions=accepted_extensions(),
    )
    try:
        yield upload
    except BaseException:
        delete_uploads([upload])
        raise


def _initialise(
    dataset: Dataset,
    technique: str | None,
    provider: str | None,
    model: str | None,
    retrieval_model: Mapping[str, Any] | None,
) -> None:
    """The first document decides what the base has not decided."""
    if technique is None:
        raise InvalidParam("indexing_technique is required.")
    choose_technique(dataset, technique, provider, model)
    if retrieval_model is not None:
        dataset.retrieval_model = dump_retrieval(parse_retrieval(retrieval_model))
    dataset.save(update_fields=["indexing_technique", "embedding_provider", "embedding_model", "retrieval_model"])
    notify.send(TOPIC, dataset.pk)


def take_rule(dataset: Dataset, parsed: tuple[str, dict[str, Any]] | None, user: User | None) -> ProcessRule:
    """The row of a parsed rule; None: of the base's latest, else of the automatic one."""
    latest = get_latest_rule(dataset=dataset)
    if parsed is None and latest is not None:
        return latest
    mode, rules = parsed or (RuleMode.AUTOMATIC, dict(AUTOMATIC))
    if latest is not None and (latest.mode, latest.rules) == (mode, rules):
        return latest
    return ProcessRule.objects.create(dataset=dataset, mode=mode, rules=rules, created_by=user)
