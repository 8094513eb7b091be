"""Adding, changing and deleting single segments of indexed documents.

Texts are embedded before the transaction that writes the segment together with its vector, words and the counts.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from asgiref.sync import async_to_sync
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from apps.common import notify
from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import new_id
from apps.common.text import storable
from apps.knowledge import reading
from apps.knowledge.choices import DocForm, IndexingStatus, SegmentStatus
from apps.knowledge.configs import TOPIC
from apps.knowledge.contracts import Draft, Record
from apps.knowledge.errors import ArchivedDocumentImmutable
from apps.knowledge.lexical.tokens import count_slots, searchable_text
from apps.knowledge.locks import lock_document
from apps.knowledge.models import Document, Segment
from apps.knowledge.selectors import DATASET_NOT_FOUND, get_segment
from apps.workspaces.models import User
from apps.workspaces.services import audit

from .embedding import Embedder
from .index_rows import add_entries, enable_entries, remove_entry
from .reweighing import reweigh_if_drifted
from .segment_rows import Entry

MAX_SEGMENTS: Final = 1_000
BUSY: Final = "Segment is indexing, please try again later"
NOT_AVAILABLE: Final = "Document is not available"


def add_segments(
    *, document: Document, records: Sequence[Mapping[str, Any]], user: User | None = None
) -> list[Segment]:
    """Adds passages at a document's end; they can be found at once.

    Args:
        records: 1 to 1000, each with `content`, perhaps `answer` and `keywords`.

    Raises:
        InvalidParam: a passage is not valid, or the document is not indexed.
        ArchivedDocumentImmutable, ProviderError, NotFound.
    """
    check_editable(document)
    if not records:
        raise InvalidParam("Segments is required", params="segments")
    if len(records) > MAX_SEGMENTS:
        raise InvalidParam(f"Exceeded maximum segments limit of {MAX_SEGMENTS}.", params="segments")
    drafts = [reading.draft(number, _record(document, record)) for number, record in enumerate(records)]
    entries, model = _embedded(document, [(new_id(), draft) for draft in drafts])
    with transaction.atomic():
        document = lock_document(document)
        check_editable(document)
        last = Segment.objects.filter(document=document).aggregate(last=Max("position"))["last"] or 0
        segments = [
            _segment(document, last + number, entry.segment_id, draft, user)
            for number, (entry, draft) in enumerate(zip(entries, drafts, strict=True), 1)
        ]
        Segment.objects.bulk_create(segments)
        add_entries(document, entries, model)
        _count(document, len(drafts), sum(d.word_count for d in drafts), sum(d.tokens for d in drafts))
        _record_change(document, user, "segment.create", count=len(drafts))
    async_to_sync(reweigh_if_drifted)(document.dataset_id)
    return segments


def update_segment(
    *,
    document: Document,
    segment: Segment,
    content: str | None = None,
    answer: str | None = None,
    keywords: Sequence[str] | None = None,
    enabled: bool | None = None,
    user: User | None = None,
) -> Segment:
    """Changes a passage; None leaves a field as it is. With new content or keywords it is embedded anew.

    Raises:
        InvalidParam: the passage is switched off and stays so, is being indexed, or a field is not valid.
        ArchivedDocumentImmutable, ProviderError, NotFound.
    """
    check_editable(document)
    _check_changeable(segment, enabled)
    changes = {"content": content, "answer": answer, "keywords": keywords}
    draft = _changed(document, segment, changes)
    is_new_text = _is_found_anew(segment, draft)
    entries, model = _embedded(document, [(segment.pk, draft)]) if is_new_text else ([], "")
    with transaction.atomic():
        document = lock_document(document)
        check_editable(document)
        segment = get_segment(document=document, segment_id=segment.pk)
        _check_changeable(segment, enabled)
        draft = _changed(document, segment, changes)
        if not is_new_text and _is_found_anew(segment, draft):  # changed by another call meanwhile
            raise InvalidParam(BUSY)
        _count(document, 0, draft.word_count - segment.word_count, draft.tokens - segment.tokens)
        _fill(segment, draft, user, enabled=segment.enabled if enabled is None else enabled)
        segment.save()
        if is_new_text:
            remove_entry(segment.pk, document.dataset_id)
            add_entries(document, entries, model, enabled=segment.enabled)
        else:
            enable_entries(document)
        _record_change(document, user, "segment.update", segment_id=str(segment.pk))
    async_to_sync(reweigh_if_drifted)(document.dataset_id)
    return segment


def delete_segment(*, document: Document, segment: Segment, user: User | None = None) -> None:
    """Deletes a passage with its vector and words. Raises InvalidParam, ArchivedDocumentImmutable, NotFound."""
    with transaction.atomic():
        document = lock_document(document)
        check_editable(document)
        segment = get_segment(document=document, segment_id=segment.pk)
        remove_entry(segment.pk, document.dataset_id)
        _record_change(document, user, "segment.delete", segment_id=str(segment.pk))
        _count(document, -1, -segment.word_count, -segment.tokens)
        segment.delete()


def check_editable(document: Document) -> None:
    """Raises ArchivedDocumentImmutable, InvalidParam: the document is not indexed."""
    if document.archived:
        raise ArchivedDocumentImmutable
    if document.indexing_status != IndexingStatus.COMPLETED:
        raise InvalidParam(NOT_AVAILABLE)


def _check_changeable(segment: Segment, enabled: bool | None) -> None:
    if segment.status != SegmentStatus.COMPLETED:
        raise InvalidParam(BUSY)
    if not segment.enabled and not enabled:
        raise InvalidParam("Can't update disabled segment")


def _is_found_anew(segment: Segment, draft: Draft) -> bool:
    """Whether the draft says something else, or has other keywords."""
    return draft.digest != segment.index_node_hash or list(draft.keywords or ()) != list(segment.keywords or ())


def _changed(document: Document, segment: Segment, changes: Mapping[str, Any]) -> Draft:
    """The segment's draft with the changes that are not None."""
    fields = {name: getattr(segment, name) if value is None else value for name, value in changes.items()}
    return reading.draft(segment.position, _record(document, fields))


def _record(document: Document, fields: Mapping[str, Any]) -> Record:
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


def _embedded(document: Document, drafts: Sequence[tuple[UUID, Draft]]) -> tuple[list[Entry], str]:
    """Entries of the passages, and the model of their vectors. Raises NotFound, ProviderError."""

    async def embed() -> tuple[list[Entry], str]:
        embedder = await Embedder.of(workspace_id=document.workspace_id, dataset_id=document.dataset_id)
        if embedder is None:
            raise NotFound(DATASET_NOT_FOUND)
        vectors = await embedder.embed([draft.content for _, draft in drafts])
        entries = [
            Entry(id, count_slots(searchable_text(draft.content, draft.keywords)), vector)
            for (id, draft), vector in zip(drafts, vectors, strict=True)
        ]  # fmt: skip
        return entries, embedder.model

    return async_to_sync(embed)()


def _segment(document: Document, position: int, id: UUID, draft: Draft, user: User | None) -> Segment:
    segment = Segment(
        id=id,
        workspace_id=document.workspace_id,
        dataset_id=document.dataset_id,
        document=document,
        position=position,
        created_by=user.pk if user else None,
    )
    _fill(segment, draft, user, enabled=True)
    return segment


def _fill(segment: Segment, draft: Draft, user: User | None, *, enabled: bool) -> None:
    segment.content, segment.answer = draft.content, draft.answer
    segment.keywords = None if draft.keywords is None else list(draft.keywords)
    segment.word_count, segment.tokens, segment.index_node_hash = draft.word_count, draft.tokens, draft.digest
    segment.status = SegmentStatus.COMPLETED
    segment.indexing_at = segment.completed_at = timezone.now()
    if segment.enabled and not enabled:
        segment.disabled_at, segment.disabled_by = timezone.now(), user.pk if user else None
    elif enabled:
        segment.disabled_at = segment.disabled_by = None
    segment.enabled = enabled


def _count(document: Document, segments: int, words: int, tokens: int) -> None:
    Document.objects.filter(pk=document.pk).update(
        segment_count=F("segment_count") + segments,
        completed_segments=F("completed_segments") + segments,
        word_count=F("word_count") + words,
        tokens=F("tokens") + tokens,
        updated_at=timezone.now(),
    )


def _record_change(document: Document, user: User | None, action: str, **data: object) -> None:
    audit.record(
        workspace=document.workspace, user=user, action=action, object_type="document", object_id=document.pk,
        data=data,
    )  # fmt: skip
    notify.send(TOPIC, document.dataset_id)
