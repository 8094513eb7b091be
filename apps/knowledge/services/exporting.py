"""A knowledge base as one file: settings, documents, originals, segments and their vectors."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from django.db import connection, transaction
from django.utils import timezone

from apps.common import product
from apps.common.errors import InvalidParam
from apps.common.packing import MANIFEST, Pack, line, packing
from apps.files import storage
from apps.files.errors import FileMissing
from apps.files.models import UploadFile
from apps.knowledge.archives.shapes import DOCUMENTS, FORMAT, VERSION
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.models import Dataset, Document, LexicalStat, MetadataField, ProcessRule
from apps.workspaces.selectors import list_tags_of
from apps.workspaces.services import audit

PART: Final = 1_000  # segments
_SEGMENTS: Final = """
select s.id, s.document_id, s.parent_id, s.origin, s.position, s.page, s.content, s.answer, s.keywords::text,
    s.metadata, s.tokens, s.enabled, x.segment_id is not null, halfvec_send(e.embedding), e.dim
from knowledge_segment s join knowledge_document d on d.id = s.document_id
left join knowledge_segmentlexical x on x.segment_id = s.id
left join knowledge_segmentembedding e on e.segment_id = s.id and e.model = %s
where s.dataset_id = %s and d.indexing_status = 'completed' and s.status = 'completed'
order by d.position, d.id, s.parent_id is not null, s.position"""
_HEAD_BYTES: Final = 4  # of halfvec_send: dimension and a number that is not used


@dataclass(slots=True)
class Exported:
    """What the file holds.

    Args:
        left_out: documents that are not indexed, which stay behind.
    """

    documents: int = 0
    segments: int = 0
    vectors: int = 0
    originals: int = 0
    left_out: int = 0


def export_dataset(*, dataset: Dataset, path: Path) -> Exported:
    """Writes a base to an archive, which appears under its name when it is whole.

    Tables are read in one snapshot, a thousand segments at a time; originals after it, since they may come over the
    network.

    Raises:
        InvalidParam: the base is kept elsewhere, or the file exists or cannot be written.
        FileMissing, StorageUnavailable: an original could not be read.
    """
    if dataset.provider != "vendor":
        raise InvalidParam("This knowledge base is kept elsewhere; there is nothing to export.")
    with packing(path) as pack:
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read")
            exported, head, originals = _tables(pack, dataset)
        for name, upload in originals.items():
            _original(pack, name, upload)
        pack.add_json(MANIFEST, {**head, "files": pack.files})
    exported.originals = len(originals)
    with transaction.atomic():
        audit.record(
            workspace=dataset.workspace, user=None, action="dataset.export", object_type="dataset",
            object_id=dataset.pk, data={"name": dataset.name},
        )  # fmt: skip
    return exported


def _tables(pack: Pack, dataset: Dataset) -> tuple[Exported, dict[str, Any], Mapping[str, UploadFile]]:
    dataset = Dataset.objects.get(pk=dataset.pk)
    rules = list(ProcessRule.objects.filter(dataset=dataset).order_by("created_at", "pk"))
    documents = list(
        Document.objects.filter(dataset=dataset, indexing_status=IndexingStatus.COMPLETED)
        .select_related("upload_file")
        .order_by("position", "pk")
    )
    numbers = {document.pk: number for number, document in enumerate(documents, 1)}
    places = {rule.pk: place for place, rule in enumerate(rules)}
    originals = {f"files/{n}": d.upload_file for n, d in enumerate(documents, 1) if d.upload_file}
    with pack.entry(DOCUMENTS) as write:
        for number, document in enumerate(documents, 1):
            write(line(_document(document, number, places[document.process_rule_id])))
    exported = Exported(documents=len(documents), left_out=dataset.documents.count() - len(documents))
    dimensions = _segments(pack, dataset, numbers, exported)
    return exported, _head(dataset, rules, exported, dimensions), originals


def _head(dataset: Dataset, rules: Sequence[ProcessRule], exported: Exported, dimensions: int | None) -> dict[str, Any]:
    fields = (
        "name", "description", "permission", "data_source_type", "indexing_technique", "embedding_provider",
        "embedding_model", "retrieval_model", "doc_form", "enable_api", "built_in_field_enabled",
    )  # fmt: skip
    averages = LexicalStat.objects.filter(dataset=dataset).values_list("average_length", flat=True)
    metadata = MetadataField.objects.filter(dataset=dataset).order_by("created_at", "pk")
    tags = list_tags_of(workspace=dataset.workspace_id, target_ids=[dataset.pk]).get(dataset.pk, [])
    return {
        "format": FORMAT,
        "version": VERSION,
        "product_version": product.VERSION,
        "created_at": timezone.now().isoformat(),
        "base": {
            **{field: getattr(dataset, field) for field in fields},
            "dimensions": dimensions,
            "average_length": averages.first(),
        },
        "metadata_fields": list(metadata.values("name", "type")),
        "rules": [{"mode": rule.mode, "rules": rule.rules} for rule in rules],
        "tags": [tag.name for tag in tags],
        "documents": exported.documents,
        "segments": exported.segments,
        "vectors": exported.vectors,
    }


def _document(document: Document, number: int, rule: int) -> dict[str, Any]:
    fields = (
        "position", "name", "data_source_type", "created_from", "doc_form", "doc_language", "doc_type", "doc_metadata",
        "enabled", "archived", "completed_segments",
    )  # fmt: skip
    upload = document.upload_file
    info = {key: value for key, value in document.data_source_info.items() if key != "upload_file_id"}
    file = {"path": f"files/{number}", "name": upload.name, "mime_type": upload.mime_type} if upload else None
    return {
        "n": number,
        **{field: getattr(document, field) for field in fields},
        "data_source_info": info,
        "rule": rule,
        "file": file,
        "created_at": document.created_at.isoformat(),
    }


def _segments(pack: Pack, dataset: Dataset, documents: Mapping[Any, int], exported: Exported) -> int | None:
    """Writes all parts; returns the vectors' dimension."""
    dimensions = None
    parents: dict[Any, int] = {}  # of the document at hand: children come after its passages
    current = None
    for number, rows in enumerate(_pages(dataset), 1):
        lines, vectors = [], []
        for row in rows:
            exported.segments += 1
            if row[1] != current:
                current, parents = row[1], {}
            parents[row[0]] = exported.segments
            lines.append(line(_segment(row, exported.segments, documents[row[1]], parents)))
            if row[13] is not None:
                exported.vectors += 1
                dimensions = row[14]
                vectors.append(bytes(row[13])[_HEAD_BYTES:])
        with pack.entry(f"segments/{number:05}.jsonl") as write:
            write(b"".join(lines))
        if vectors:
            with pack.entry(f"vectors/{number:05}.f16", compressed=False) as write:
                write(b"".join(vectors))
    return dimensions


def _pages(dataset: Dataset) -> Iterator[Sequence[Any]]:
    model = f"{dataset.embedding_provider}/{dataset.embedding_model}"
    with connection.chunked_cursor() as cursor:
        cursor.execute(_SEGMENTS, [model, dataset.pk])
        while rows := cursor.fetchmany(PART):
            yield rows


def _segment(row: Sequence[Any], number: int, document: int, parents: Mapping[Any, int]) -> dict[str, Any]:
    _, _, parent, origin, position, page, content, answer, keywords, metadata, tokens, enabled, words, vector, _ = row
    return {
        "n": number,
        "document": document,
        "parent": parents[parent] if parent else None,
        "origin": origin,
        "position": position,
        "page": page,
        "content": content,
        "answer": answer,
        "keywords": json.loads(keywords) if keywords else None,
        "metadata": metadata and json.loads(metadata),
        "tokens": tokens,
        "enabled": enabled,
        "words": words,
        "vector": vector is not None,
    }


def _original(pack: Pack, name: str, upload: UploadFile) -> None:
    try:
        with storage.open_file(upload.storage_key) as file:
            pack.add_file(name, file)
    except FileMissing as error:
        raise FileMissing(f"The original of {upload.name} is not in storage any more; run `manage.py fsck`.") from error
