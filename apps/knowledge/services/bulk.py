"""Whole segments that come with their vectors, many at once: from an archive, or out of another vector store."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.utils import timezone

from apps.common.encoding import dumps
from apps.knowledge.choices import ChunkOrigin, SegmentStatus
from apps.knowledge.lexical.bm25 import weights
from apps.knowledge.lexical.tokens import count_slots, searchable_text
from apps.knowledge.models import Dataset, Document, LexicalStat

from . import copying
from .recount import COUNTED, recount_base

BATCH: Final = 1_000
_SEGMENTS: Final = (
    "knowledge_segment (id, workspace_id, dataset_id, document_id, parent_id, origin, position, page, content, answer,"
    " word_count, tokens, keywords, metadata, index_node_hash, hit_count, enabled, status, created_at, updated_at,"
    " indexing_at, completed_at)"
)
_LEXICAL: Final = "knowledge_segmentlexical (segment_id, dataset_id, document_id, enabled, length, terms, weights)"
_VECTORS: Final = "knowledge_segmentembedding (segment_id, dataset_id, document_id, model, dim, enabled, embedding)"
_COUNT: Final = f"""
update knowledge_document d set segment_count = c.n, word_count = c.words, tokens = c.tokens
from ({COUNTED}) c where c.id = d.id and d.dataset_id = %s"""  # noqa: S608 - a statement of our own


@dataclass(frozen=True, slots=True)
class Ready:
    """A segment with all that it is found by.

    Args:
        findable: whether searches may see it: it, its parent and its document are switched on.
        words: whether it is found by words.
        vector: big-endian half-precision floats.
    """

    id: UUID
    document_id: UUID
    position: int
    content: str
    tokens: int
    parent_id: UUID | None = None
    origin: str = ChunkOrigin.AUTOMATIC
    page: int | None = None
    answer: str | None = None
    keywords: Sequence[str] | None = None
    metadata: Mapping[str, Any] | None = None
    enabled: bool = True
    findable: bool = True
    words: bool = True
    vector: bytes | None = None


def write_ready(dataset: Dataset, segments: Iterable[Ready], *, average_length: float) -> int:
    """Writes segments in the caller's transaction and counts base and documents anew; returns how many there were.

    Args:
        segments: read a thousand at a time; parents before their children.
        average_length: in terms, which the weights are made with; a base that has one already keeps it.
    """
    rest, total = iter(segments), 0
    with connection.cursor() as cursor:
        while batch := list(islice(rest, BATCH)):
            if not total:
                average_length = _locked_average(dataset, average_length)
            total += len(batch)
            copying.copy_batch(cursor, _SEGMENTS, _segment_rows(dataset, batch))
            copying.copy_batch(cursor, _LEXICAL, _lexical_rows(dataset, batch, average_length))
            copying.copy_batch(cursor, _VECTORS, _vector_rows(dataset, batch))
        cursor.execute(_COUNT, [dataset.pk])
    recount_base(dataset.pk)
    return total


def _locked_average(dataset: Dataset, average_length: float) -> float:
    LexicalStat.objects.get_or_create(dataset=dataset, defaults={"average_length": average_length})
    return LexicalStat.objects.select_for_update().get(dataset=dataset).average_length


def is_seen(document: Document, enabled: bool) -> bool:  # noqa: FBT001 - of a segment of it
    """Whether searches may see such a segment of the document."""
    return enabled and document.enabled and not document.archived


def counted_terms(contents: Iterable[str]) -> float:
    """The average length in terms of some texts, at least 1."""
    lengths = [sum(count_slots(content).values()) for content in contents]
    return max(sum(lengths) / max(len(lengths), 1), 1.0)


def _segment_rows(dataset: Dataset, batch: Sequence[Ready]) -> Iterator[Sequence[bytes | None]]:
    now = copying.timestamptz(timezone.now())
    for segment in batch:
        yield (
            copying.uuid(segment.id),
            copying.uuid(dataset.workspace_id),
            copying.uuid(dataset.pk),
            copying.uuid(segment.document_id),
            _or_null(copying.uuid, segment.parent_id),
            copying.text(segment.origin),
            copying.int4(segment.position),
            _or_null(copying.int4, segment.page),
            copying.text(segment.content),
            _or_null(copying.text, segment.answer),
            copying.int4(len(segment.content)),
            copying.int4(segment.tokens),
            None if segment.keywords is None else copying.jsonb(dumps(list(segment.keywords))),
            None if segment.metadata is None else copying.jsonb(dumps(segment.metadata)),
            copying.text(sha256(segment.content.encode()).hexdigest()),
            copying.int4(0),
            copying.boolean(segment.enabled),
            copying.text(SegmentStatus.COMPLETED),
            *[now] * 4,
        )


def _or_null(encode: Any, value: Any) -> bytes | None:
    return None if value is None else encode(value)


def _lexical_rows(dataset: Dataset, batch: Sequence[Ready], average_length: float) -> Iterator[Sequence[bytes]]:
    for segment in batch:
        if segment.words:
            counts = count_slots(searchable_text(segment.content, segment.keywords))
            yield (
                *_place(dataset, segment),
                copying.boolean(segment.findable),
                copying.int4(length := sum(counts.values())),
                copying.int4_array(sorted(counts)),
                copying.sparsevec(weights(counts, length=length, average_length=average_length)),
            )


def _vector_rows(dataset: Dataset, batch: Sequence[Ready]) -> Iterator[Sequence[bytes]]:
    model = copying.text(f"{dataset.embedding_provider}/{dataset.embedding_model}")
    for segment in batch:
        if segment.vector is not None:
            yield (
                *_place(dataset, segment),
                model,
                copying.int2(len(segment.vector) // 2),
                copying.boolean(segment.findable),
                copying.halfvec_of(segment.vector),
            )


def _place(dataset: Dataset, segment: Ready) -> tuple[bytes, bytes, bytes]:
    return copying.uuid(segment.id), copying.uuid(dataset.pk), copying.uuid(segment.document_id)
