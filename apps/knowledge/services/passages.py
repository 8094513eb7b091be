"""What all edits of passages share: their checks, drafts, vectors, rows and counts.

Texts are embedded before the transaction that writes the passages together with their vectors, words and counts. More
than a request should wait for is written as waiting, and a worker goes on from there as with any document.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from apps.common import jobs, notify
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import new_id
from apps.common.perloop import call
from apps.common.text import storable
from apps.knowledge import reading
from apps.knowledge.choices import ChunkOrigin, DocForm, IndexingStatus, SegmentStatus
from apps.knowledge.configs import TOPIC
from apps.knowledge.contracts import Draft, Record
from apps.knowledge.errors import ArchivedDocumentImmutable
from apps.knowledge.lexical.tokens import count_slots, searchable_text
from apps.knowledge.locks import lock_document
from apps.knowledge.models import Document, Segment
from apps.knowledge.rules import processing
from apps.knowledge.selectors import DATASET_NOT_FOUND
from apps.workspaces.models import User
from apps.workspaces.services import audit

from .documents import TASK
from .embedding import Embedder
from .index_rows import add_entries
from .pipeline import call_size
from .reuse import embed_once
from .reweighing import reweigh_if_drifted
from .segment_rows import Entry

NOT_AVAILABLE: Final = "Document is not available"
# A request waits for so many texts even where a model takes fewer in one call.
FEW: Final = 10
_ROWS: Final = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """A passage before it is written, with the id its row will have."""

    id: UUID
    draft: Draft
    children: Sequence["Planned"] = ()

    @property
    def found_by(self) -> Sequence["Planned"]:
        """Its children, else itself."""
        return self.children or (self,)


def plan(draft: Draft, id: UUID | None = None) -> Planned:
    """A draft with ids for itself and its children."""
    return Planned(id or new_id(), draft, [plan(child) for child in draft.children])


def add_passages(
    *, document: Document, drafts: Sequence[Draft], user: User | None, action: str = "segment.create"
) -> list[Segment]:
    """Adds passages at a document's end: a few can be found at once, many are left to a worker.

    Raises:
        InvalidParam, ArchivedDocumentImmutable, ProviderError, NotFound.
    """
    check_editable(document)
    planned = [plan(draft) for draft in drafts]
    embedded = embed(document, [one for passage in planned for one in passage.found_by], patient=False)
    with transaction.atomic():
        document = lock_document(document)
        check_editable(document)
        last = Segment.objects.filter(document=document, parent=None).aggregate(last=Max("position"))["last"] or 0
        status = SegmentStatus.COMPLETED if embedded else SegmentStatus.WAITING
        segments = [
            new_row(document, passage, last + number, user, status=status) for number, passage in enumerate(planned, 1)
        ]
        Segment.objects.bulk_create(segments, _ROWS)
        families = zip(segments, planned, strict=True)
        chunks = (row for parent, one in families for row in child_rows(document, parent, one.children, user, status))
        Segment.objects.bulk_create(chunks, _ROWS)
        if embedded:
            add_entries(document, *embedded)
        else:
            _put_to_work(document)
        count(document, drafts, completed=bool(embedded))
        record_change(document, user, action, count=len(drafts))
    if embedded:
        call(reweigh_if_drifted(document.dataset_id))
    return segments


def check_editable(document: Document) -> None:
    """Raises ArchivedDocumentImmutable, InvalidParam: the document is not indexed."""
    if document.archived:
        raise ArchivedDocumentImmutable
    if document.indexing_status != IndexingStatus.COMPLETED:
        raise InvalidParam(NOT_AVAILABLE)


def check_record(document: Document, fields: Mapping[str, Any]) -> Record:
    """`content`, `answer` and `keywords` of a passage. Raises InvalidParam with the service API's sentences."""
    content, answer, keywords = fields.get("content"), fields.get("answer"), fields.get("keywords")
    if not isinstance(content, str) or not storable(content).strip():
        raise InvalidParam("Content is empty", params="content")
    if document.doc_form == DocForm.QA and answer is None:
        raise InvalidParam("Answer is required", params="answer")
    if answer is not None and not isinstance(answer, str):
        raise InvalidParam("answer must be text", params="answer")
    if document.doc_form == DocForm.QA and not storable(answer or "").strip():
        raise InvalidParam("Answer is empty", params="answer")
    if keywords is not None and not (isinstance(keywords, list) and all(isinstance(word, str) for word in keywords)):
        raise InvalidParam("keywords must be a list of texts", params="keywords")
    words = None if keywords is None else [word for word in map(str.strip, map(storable, keywords)) if word]
    return Record(storable(content).strip(), None if answer is None else storable(answer), words)


def drafts_of(document: Document, records: Iterable[Record]) -> list[Draft]:
    """Drafts, in documents of parents and children with the chunks they are found by."""
    return [with_chunks(document, reading.draft(number, record)) for number, record in enumerate(records, 1)]


def with_chunks(document: Document, draft: Draft) -> Draft:
    """The draft with the chunks it is found by; as it is in documents that have none."""
    rule = processing(document.process_rule.mode, document.process_rule.rules, document.doc_form).children
    return draft if rule is None else reading.with_children(draft, rule)


def embed(document: Document, planned: Sequence[Planned], *, patient: bool = True) -> tuple[list[Entry], str] | None:
    """Entries of passages or chunks, and the model of their vectors.

    Args:
        patient: embeds any number; else None is returned where there are more than one call takes.

    Raises:
        NotFound, ProviderError, VectorsDoNotFit.
    """
    return call(_embed(document, planned, patient))


async def _embed(document: Document, planned: Sequence[Planned], patient: bool) -> tuple[list[Entry], str] | None:
    embedder = await Embedder.of(workspace_id=document.workspace_id, dataset_id=document.dataset_id)
    if embedder is None:
        raise NotFound(DATASET_NOT_FOUND)
    if not patient and len(planned) > _most(embedder):
        return None
    texts = [one.draft.content for one in planned]
    vectors, failure = await embed_once(embedder, document.workspace_id, texts, _most(embedder))
    if failure is not None:
        raise failure
    entries = [
        Entry(one.id, count_slots(searchable_text(one.draft.content, one.draft.keywords)), vectors[one.draft.content])
        for one in planned
    ]
    return entries, embedder.model


def _most(embedder: Embedder) -> int:
    return max(FEW, call_size(embedder))


def new_row(
    document: Document,
    planned: Planned,
    position: int,
    user: User | None,
    *,
    parent: Segment | None = None,
    origin: str = ChunkOrigin.AUTOMATIC,
    status: str = SegmentStatus.COMPLETED,
) -> Segment:
    """The row of a passage or chunk; the caller saves it."""
    segment = Segment(
        id=planned.id,
        workspace_id=document.workspace_id,
        dataset_id=document.dataset_id,
        document=document,
        parent=parent,
        origin=origin,
        position=position,
        created_by=user.pk if user else None,
    )
    fill(segment, planned.draft, user)
    if status != SegmentStatus.COMPLETED:
        segment.status, segment.indexing_at, segment.completed_at = status, None, None
    return segment


def child_rows(
    document: Document,
    parent: Segment,
    children: Sequence[Planned],
    user: User | None,
    status: str = SegmentStatus.COMPLETED,
) -> list[Segment]:
    """The rows of a passage's chunks; the caller saves them."""
    return [
        new_row(document, child, number, user, parent=parent, status=status) for number, child in enumerate(children, 1)
    ]


def fill(segment: Segment, draft: Draft, user: User | None) -> None:
    """Gives a row a draft's content."""
    segment.content, segment.answer = draft.content, draft.answer
    segment.keywords = None if draft.keywords is None else list(draft.keywords)
    segment.word_count, segment.tokens, segment.index_node_hash = draft.word_count, draft.tokens, draft.digest
    segment.status = SegmentStatus.COMPLETED
    segment.indexing_at = segment.completed_at = segment.updated_at = timezone.now()
    segment.updated_by = user.pk if user else None


def switch(segment: Segment, user: User | None, *, enabled: bool) -> None:
    """Switches a passage on or off; the caller saves it."""
    if segment.enabled and not enabled:
        segment.disabled_at, segment.disabled_by = timezone.now(), user.pk if user else None
    elif enabled:
        segment.disabled_at = segment.disabled_by = None
    segment.enabled = enabled


def count(document: Document, drafts: Sequence[Draft], *, completed: bool) -> None:
    """Counts new passages; chunks are counted nowhere."""
    words, tokens = sum(draft.word_count for draft in drafts), sum(draft.tokens for draft in drafts)
    change_counts(document, len(drafts), words, tokens, completed=len(drafts) if completed else 0)


def change_counts(document: Document, segments: int, words: int, tokens: int, *, completed: int | None = None) -> None:
    """Adds to a document's counts of passages, characters and tokens.

    Args:
        completed: passages that can be found, where these are not all of `segments`.
    """
    Document.objects.filter(pk=document.pk).update(
        segment_count=F("segment_count") + segments,
        completed_segments=F("completed_segments") + (segments if completed is None else completed),
        word_count=F("word_count") + words,
        tokens=F("tokens") + tokens,
    )


def _put_to_work(document: Document) -> None:
    """Lets a worker take the document up at its first passage that waits."""
    Document.objects.filter(pk=document.pk).update(
        indexing_status=IndexingStatus.INDEXING,
        attempt=0,
        processing_started_at=timezone.now(),
        **dict.fromkeys(("error", "waiting_reason", "retry_at", "completed_at", "stopped_at")),
    )
    jobs.enqueue(TASK)


def record_change(document: Document, user: User | None, action: str, **data: object) -> None:
    """Notes a change within a document: in its row, in the audit, and to the base's searches."""
    Document.objects.filter(pk=document.pk).update(updated_at=timezone.now())
    audit.record(
        workspace=document.workspace, user=user, action=action, object_type="document", object_id=document.pk,
        data=data,
    )  # fmt: skip
    notify.send(TOPIC, document.dataset_id)
