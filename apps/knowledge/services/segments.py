"""Adding, changing, switching and deleting passages of indexed documents."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.db import transaction

from apps.common.errors import InvalidParam, NotFound
from apps.common.ids import parse_uuid
from apps.common.perloop import call
from apps.knowledge import reading
from apps.knowledge.choices import DocForm, SegmentStatus
from apps.knowledge.contracts import Draft
from apps.knowledge.locks import lock_document
from apps.knowledge.models import Document, Segment
from apps.knowledge.selectors import SEGMENT_NOT_FOUND, get_segment
from apps.workspaces.models import User

from .index_rows import add_entries, delete_segment_rows, enable_entries, remove_entries
from .passages import (
    NOT_AVAILABLE,
    Planned,
    add_passages,
    change_counts,
    check_editable,
    check_record,
    child_rows,
    drafts_of,
    embed,
    fill,
    plan,
    record_change,
    switch,
    with_chunks,
)
from .reweighing import reweigh_if_drifted

__all__ = [
    "BUSY",
    "NOT_AVAILABLE",
    "add_segments",
    "check_editable",
    "delete_segment",
    "delete_segments",
    "set_segments_enabled",
    "update_segment",
]

MAX_SEGMENTS: Final = 1_000
BUSY: Final = "Segment is indexing, please try again later"


def add_segments(
    *, document: Document, records: Sequence[Mapping[str, Any]], user: User | None = None
) -> list[Segment]:
    """Adds passages at a document's end.

    As many as one call of the embedding model takes can be found at once; more are `waiting`, the document is being
    indexed again, and a worker does the rest.

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
    drafts = drafts_of(document, [check_record(document, record) for record in records])
    return add_passages(document=document, drafts=drafts, user=user)


def update_segment(
    *,
    document: Document,
    segment: Segment,
    content: str | None = None,
    answer: str | None = None,
    keywords: Sequence[str] | None = None,
    enabled: bool | None = None,
    regenerate_child_chunks: bool | None = None,
    user: User | None = None,
) -> Segment:
    """Changes a passage; None leaves a field as it is.

    With new content or keywords it is embedded anew, unless children stand for it.

    Args:
        regenerate_child_chunks: cuts the content into new chunks, in documents of parents and children; also those
            that people wrote go. None: where the content changes.

    Raises:
        InvalidParam: the passage is switched off and stays so, is being indexed, or a field is not valid.
        ArchivedDocumentImmutable, ProviderError, NotFound.
    """
    check_editable(document)
    _check_changeable(segment, enabled)
    changes = {"content": content, "answer": answer, "keywords": keywords}
    has_children = segment.children.exists()
    draft = _changed(document, segment, changes)
    is_new_text = draft.digest != segment.index_node_hash
    renews = _renews(document, regenerate_child_chunks, is_new_text=is_new_text)
    passage, embedded = plan(with_chunks(document, draft) if renews else draft, segment.pk), None
    if renews or (_fingerprint(draft) != _indexed(segment) and not has_children):
        embedded = embed(document, passage.found_by)
    with transaction.atomic():
        document = lock_document(document)
        check_editable(document)
        segment = get_segment(document=document, segment_id=segment.pk)
        _check_changeable(segment, enabled)
        draft = _changed(document, segment, changes)
        unchanged = _fingerprint(passage.draft) if embedded else _indexed(segment)
        is_stale = _fingerprint(draft) != unchanged and (embedded or not has_children)
        if is_stale or (segment.children.exists() != has_children and not renews):
            raise InvalidParam(BUSY)  # changed by another call meanwhile
        change_counts(document, 0, draft.word_count - segment.word_count, draft.tokens - segment.tokens)
        fill(segment, draft, user)
        switch(segment, user, enabled=segment.enabled if enabled is None else enabled)
        segment.save()
        if renews:
            _replace_children(document, segment, passage.children, user)
        if embedded:
            remove_entries([segment.pk], document.dataset_id)
            add_entries(document, *embedded, enabled=segment.enabled)
        enable_entries(document)
        record_change(document, user, "segment.update", segment_id=str(segment.pk))
    call(reweigh_if_drifted(document.dataset_id))
    return segment


def set_segments_enabled(
    *, document: Document, segment_ids: Sequence[UUID | str], enabled: bool, user: User | None = None
) -> None:
    """Lets searches find some passages, or no longer: all, or none. What is so already stays.

    Raises:
        InvalidParam: none is named, one is being indexed, or the document is not indexed.
        NotFound: one is not in the document.
        ArchivedDocumentImmutable.
    """
    with transaction.atomic():
        document = lock_document(document)
        check_editable(document)
        for segment in _chosen(document, segment_ids):
            if segment.status != SegmentStatus.COMPLETED:
                raise InvalidParam(BUSY)
            if segment.enabled != enabled:
                switch(segment, user, enabled=enabled)
                segment.save(update_fields=["enabled", "disabled_at", "disabled_by"])
        enable_entries(document)
        action = "segment.enable" if enabled else "segment.disable"
        record_change(document, user, action, count=len(segment_ids))


def delete_segments(*, document: Document, segment_ids: Sequence[UUID | str], user: User | None = None) -> None:
    """Deletes passages with their children, vectors and words: all, or none.

    Raises:
        InvalidParam: none is named, or the document is not indexed.
        NotFound: one is not in the document.
        ArchivedDocumentImmutable.
    """
    with transaction.atomic():
        document = lock_document(document)
        check_editable(document)
        segments = _chosen(document, segment_ids)
        delete_segment_rows([segment.pk for segment in segments], document.dataset_id)
        words, tokens = sum(one.word_count for one in segments), sum(one.tokens for one in segments)
        change_counts(document, -len(segments), -words, -tokens)
        record_change(document, user, "segment.delete", count=len(segments))


def delete_segment(*, document: Document, segment: Segment, user: User | None = None) -> None:
    """Deletes a passage. Raises InvalidParam, ArchivedDocumentImmutable, NotFound."""
    delete_segments(document=document, segment_ids=[segment.pk], user=user)


def _chosen(document: Document, segment_ids: Sequence[UUID | str]) -> Collection[Segment]:
    """The passages of these ids. Raises InvalidParam, NotFound."""
    parsed = [text if isinstance(text, UUID) else parse_uuid(text) for text in segment_ids]
    if not parsed:
        raise InvalidParam("segment_id is required", params="segment_id")
    ids = {id for id in parsed if id is not None}
    found = list(Segment.objects.filter(document=document, parent=None, pk__in=ids))
    if None in parsed or len(found) != len(ids):
        raise NotFound(SEGMENT_NOT_FOUND)
    return found


def _replace_children(document: Document, segment: Segment, children: Sequence[Planned], user: User | None) -> None:
    delete_segment_rows(list(segment.children.values_list("pk", flat=True)), document.dataset_id)
    Segment.objects.bulk_create(child_rows(document, segment, children, user))


def _check_changeable(segment: Segment, enabled: bool | None) -> None:
    if segment.status != SegmentStatus.COMPLETED:
        raise InvalidParam(BUSY)
    if not segment.enabled and not enabled:
        raise InvalidParam("Can't update disabled segment")


def _fingerprint(draft: Draft) -> tuple[str, list[str]]:
    """What a passage is found by."""
    return draft.digest, list(draft.keywords or ())


def _indexed(segment: Segment) -> tuple[str, list[str]]:
    return segment.index_node_hash, list(segment.keywords or ())


def _renews(document: Document, wanted: bool | None, *, is_new_text: bool) -> bool:
    """Whether the passage's chunks are cut anew."""
    return document.doc_form == DocForm.HIERARCHICAL and (is_new_text if wanted is None else wanted)


def _changed(document: Document, segment: Segment, changes: Mapping[str, Any]) -> Draft:
    """The segment's draft with the changes that are not None."""
    fields = {name: getattr(segment, name) if value is None else value for name, value in changes.items()}
    return reading.draft(segment.position, check_record(document, fields))
