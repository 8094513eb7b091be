"""A knowledge base out of an archive: the whole of it, or nothing. No model is called."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from django.conf import settings
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from apps.common import notify
from apps.common.errors import AppError
from apps.common.ids import new_id
from apps.common.packing import ArchiveInvalid
from apps.files import storage
from apps.files.kinds import limit_mb
from apps.files.models import UploadFile
from apps.files.names import extension_of
from apps.files.services.uploads import Kept, keep_bytes, new_upload
from apps.knowledge.archives.shapes import DOCUMENTS, DocumentLine, Manifest, SegmentLine
from apps.knowledge.archives.unpacking import Unpack, unpacking
from apps.knowledge.choices import IndexingStatus, IndexingTechnique, Permission
from apps.knowledge.configs import TOPIC
from apps.knowledge.errors import DatasetNameDuplicate
from apps.knowledge.models import Dataset, Document, MetadataField, ProcessRule
from apps.knowledge.rules import processing
from apps.knowledge.wire import dump_retrieval, parse_retrieval
from apps.workspaces.choices import TagKind
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit
from apps.workspaces.services.tags import set_tags

from .bulk import Ready, is_seen, write_ready
from .datasets import MAX_NAME, check_name, is_embedding_available
from .documents import new_batch

NO_MODEL: Final = (
    "The workspace has no embedding model {}. The base is there with its vectors; to ask it questions by meaning, or"
    " to add documents, configure that model."
)


@dataclass(slots=True)
class Imported:
    """The new base, and what its workspace still needs for it."""

    dataset: Dataset
    documents: int = 0
    segments: int = 0
    warnings: list[str] = field(default_factory=list)


def import_dataset(*, workspace: Workspace, path: Path, name: str | None = None, user: User | None = None) -> Imported:
    """Makes a base of an archive, with ids of its own.

    Originals are stored first, then everything else is written in one transaction: a base appears complete or not at
    all. Bytes that a killed import leaves are removed by `fsck` a day later.

    Args:
        name: 1 to 40 characters; None: the archive's, with a number behind it where that is taken.

    Raises:
        ArchiveInvalid: the file is no archive, damaged or made to do harm; nothing was changed.
        InvalidParam, DatasetNameDuplicate, StorageUnavailable.
    """
    wanted = None if name is None else check_name(name)
    with unpacking(path) as archive:
        documents = list(archive.lines(DOCUMENTS, DocumentLine))
        _check(archive.manifest, documents)
        kept: dict[int, Kept] = {}
        try:
            _store_originals(workspace, archive, documents, kept)
            with transaction.atomic():
                imported = _Import(workspace, archive, user, wanted).run(documents, kept)
        except BaseException as error:
            for stored in kept.values():
                storage.delete(stored.key)
            raise _translated(error) from error
    if not is_embedding_available(imported.dataset):
        model = f"{imported.dataset.embedding_provider}/{imported.dataset.embedding_model}"
        imported.warnings.append(NO_MODEL.format(model))
    return imported


def _translated(error: BaseException) -> BaseException:
    if isinstance(error, DataError):  # a number that is not finite, a text Postgres cannot hold
        return ArchiveInvalid("It holds values that cannot be stored.")
    if isinstance(error, IntegrityError):
        name_taken = "knowledge_dataset_name" in str(error)
        return DatasetNameDuplicate() if name_taken else ArchiveInvalid("Two of its rows take the same place.")
    return error


def _check(manifest: Manifest, documents: Sequence[DocumentLine]) -> None:
    """What single lines cannot know. Raises ArchiveInvalid."""
    base = manifest.base
    if [document.n for document in documents] != list(range(1, manifest.documents + 1)):
        raise ArchiveInvalid(f"{DOCUMENTS}: the documents are not numbered one after the other.")
    for document in documents:
        if document.rule >= len(manifest.rules):
            raise ArchiveInvalid(f"{DOCUMENTS}, line {document.n}: there is no rule {document.rule}.")
        if document.file and document.file.path not in manifest.files:
            raise ArchiveInvalid(f"{DOCUMENTS}, line {document.n}: {document.file.path} is missing.")
    try:
        for rule in manifest.rules:
            processing(rule.mode, rule.rules)
        parse_retrieval(base.retrieval_model)
    except (KeyError, TypeError, AttributeError, AppError) as error:
        raise ArchiveInvalid("Its process rules or retrieval settings are not valid.") from error
    if (base.indexing_technique == IndexingTechnique.HIGH_QUALITY) != bool(base.embedding_model):
        raise ArchiveInvalid("A high-quality base has an embedding model, an economical one has none.")
    if manifest.vectors and not (base.embedding_model and base.dimensions):
        raise ArchiveInvalid("It holds vectors, but names no model or dimension of theirs.")


def _store_originals(
    workspace: Workspace, archive: Unpack, documents: Sequence[DocumentLine], kept: dict[int, Kept]
) -> None:
    for document in documents:
        if document.file:
            largest = max(limit_mb(extension_of(document.file.name)), settings.UPLOAD_VIDEO_FILE_SIZE_LIMIT)
            with archive.open(document.file.path) as source:
                kept[document.n] = keep_bytes(workspace=workspace, data=source, limit_mb=largest)


class _Import:
    """The rows of one archive, in the caller's transaction."""

    def __init__(self, workspace: Workspace, archive: Unpack, user: User | None, name: str | None) -> None:
        self.workspace, self.archive, self.user, self.name = workspace, archive, user, name
        self.manifest = archive.manifest

    def run(self, lines: Sequence[DocumentLine], kept: Mapping[int, Kept]) -> Imported:
        """Writes everything. Raises ArchiveInvalid, DataError, IntegrityError."""
        dataset = self._dataset()
        rules = [
            ProcessRule(dataset=dataset, mode=rule.mode, rules=rule.rules, created_by=self.user)
            for rule in self.manifest.rules
        ]
        ProcessRule.objects.bulk_create(rules)
        MetadataField.objects.bulk_create(
            MetadataField(dataset=dataset, name=item.name, type=item.type, created_by=self.user)
            for item in self.manifest.metadata_fields
        )
        set_tags(
            workspace=self.workspace, kind=TagKind.KNOWLEDGE, names=self.manifest.tags, target_id=dataset.pk,
            user=self.user,
        )  # fmt: skip
        documents = self._documents(dataset, rules, lines, kept)
        segments = write_ready(dataset, self._segments(documents), average_length=self._average_length())
        if segments != self.manifest.segments:
            raise ArchiveInvalid(f"It holds {segments} segments, its manifest says {self.manifest.segments}.")
        audit.record(
            workspace=self.workspace, user=self.user, action="dataset.import", object_type="dataset",
            object_id=dataset.pk, data={"name": dataset.name, "documents": len(documents)},
        )  # fmt: skip
        notify.send(TOPIC, dataset.pk)
        return Imported(dataset, len(documents), segments)

    def _average_length(self) -> float:
        return self.manifest.base.average_length or 1.0

    def _dataset(self) -> Dataset:
        base = self.manifest.base
        # Members of another workspace mean nobody here.
        is_partial = base.permission == Permission.PARTIAL_MEMBERS
        return Dataset.objects.create(
            workspace=self.workspace,
            name=self.name or self._free_name(check_name(base.name)),
            description=base.description,
            permission=Permission.ONLY_ME if is_partial else base.permission,
            data_source_type=base.data_source_type,
            indexing_technique=base.indexing_technique,
            embedding_provider=base.embedding_provider,
            embedding_model=base.embedding_model,
            retrieval_model=dump_retrieval(parse_retrieval(base.retrieval_model)),
            doc_form=base.doc_form,
            enable_api=base.enable_api,
            built_in_field_enabled=base.built_in_field_enabled,
            created_by=self.user,
            updated_by=self.user,
        )

    def _free_name(self, name: str) -> str:
        taken = set(Dataset.objects.filter(workspace=self.workspace).values_list("name", flat=True))
        number, free = 1, name
        while free in taken:
            number += 1
            ending = f" {number}"
            free = name[: MAX_NAME - len(ending)] + ending
        return free

    def _documents(
        self, dataset: Dataset, rules: Sequence[ProcessRule], lines: Sequence[DocumentLine], kept: Mapping[int, Kept]
    ) -> list[Document]:
        batch = new_batch()
        uploads: dict[int, UploadFile] = {}
        for line in lines:
            if line.file:
                uploads[line.n] = new_upload(
                    workspace=self.workspace, name=line.file.name, kept=kept[line.n], mime_type=line.file.mime_type
                )
                uploads[line.n].created_by_user = self.user.pk if self.user else None
        UploadFile.objects.bulk_create(uploads.values(), batch_size=1_000)
        documents = [self._document(dataset, rules[line.rule], line, uploads.get(line.n), batch) for line in lines]
        return Document.objects.bulk_create(documents, batch_size=1_000)

    def _document(
        self, dataset: Dataset, rule: ProcessRule, line: DocumentLine, upload: UploadFile | None, batch: str
    ) -> Document:
        now = timezone.now()
        fields = line.model_dump(exclude={"n", "rule", "file", "data_source_info"})
        info: dict[str, Any] = {**line.data_source_info, **({"upload_file_id": str(upload.pk)} if upload else {})}
        return Document(
            workspace=self.workspace,
            dataset=dataset,
            process_rule=rule,
            upload_file=upload,
            data_source_info=info,
            batch=batch,
            created_by=self.user,
            indexing_status=IndexingStatus.COMPLETED,
            completed_at=now,
            disabled_at=None if line.enabled else now,
            archived_at=now if line.archived else None,
            **fields,
        )

    def _segments(self, documents: Sequence[Document]) -> Iterator[Ready]:
        """Segments of all parts with their vectors, parents before children; numbers become ids."""
        known: dict[int, Ready] = {}  # of the document at hand
        current, number = 0, 0
        for part in self.archive.parts:
            with _Vectors(self.archive, part) as vectors:
                for line in self.archive.lines(f"segments/{part}.jsonl", SegmentLine):
                    number += 1
                    if line.n != number or not current <= line.document <= len(documents):
                        raise ArchiveInvalid(f"segments/{part}.jsonl: the segments are not in order.")
                    if line.document != current:
                        current, known = line.document, {}
                    known[number] = self._ready(line, documents[current - 1], known, vectors)
                    yield known[number]

    def _ready(self, line: SegmentLine, document: Document, known: Mapping[int, Ready], vectors: "_Vectors") -> Ready:
        parent = known.get(line.parent) if line.parent else None
        if line.parent and (parent is None or parent.parent_id):
            raise ArchiveInvalid(f"Segment {line.n} names a passage its document does not have.")
        return Ready(
            id=new_id(),
            document_id=document.pk,
            parent_id=parent.id if parent else None,
            findable=is_seen(document, line.enabled) and (parent is None or parent.enabled),
            vector=vectors.next() if line.vector else None,
            **line.model_dump(
                include={
                    "origin",
                    "position",
                    "page",
                    "content",
                    "answer",
                    "keywords",
                    "metadata",
                    "tokens",
                    "enabled",
                    "words",
                }
            ),
        )


class _Vectors:
    """The vectors of one part, one after the other."""

    def __init__(self, archive: Unpack, part: str) -> None:
        self._name = f"vectors/{part}.f16"
        self._archive = archive
        self._size_bytes = 2 * (archive.manifest.base.dimensions or 0)
        self._opened: Any = None
        self._file: IO[bytes] | None = None

    def __enter__(self) -> "_Vectors":
        if self._name in self._archive.manifest.files:
            self._opened = self._archive.open(self._name)
            self._file = self._opened.__enter__()
        return self

    def next(self) -> bytes:
        """Raises ArchiveInvalid: there are too few."""
        found = self._file.read(self._size_bytes) if self._file else b""
        if not found or len(found) != self._size_bytes:
            raise ArchiveInvalid(f"{self._name} holds too few vectors.")
        return found

    def __exit__(self, *error: object) -> None:
        if self._opened:
            self._opened.__exit__(*error)
