"""Adding, changing and deleting the child chunks a passage is found by.

While a passage has chunks they alone are found. When the last one is deleted the passage is found by itself again, as
is one that never had any: something that is switched on and that no search can find would help nobody.
"""

from django.db import transaction
from django.db.models import Max

from apps.common.errors import InvalidParam
from apps.common.perloop import call
from apps.knowledge import reading
from apps.knowledge.choices import ChunkOrigin, DocForm, SegmentStatus
from apps.knowledge.contracts import Draft, Record
from apps.knowledge.locks import lock_document
from apps.knowledge.models import Document, Segment
from apps.knowledge.selectors import get_child_chunk, get_segment
from apps.workspaces.models import User

from .index_rows import add_entries, delete_segment_rows, remove_entries
from .passages import check_editable, check_record, embed, fill, new_row, plan, record_change
from .reweighing import reweigh_if_drifted
from .segments import BUSY


def add_child_chunk(*, document: Document, segment: Segment, content: object, user: User | None = None) -> Segment:
    """Adds a chunk at a passage's end; it can be found at once.

    Raises:
        InvalidParam: the content is empty, or the document has no chunks or is not indexed.
        ArchivedDocumentImmutable, ProviderError, NotFound.
    """
    _check(document, segment)
    planned = plan(_draft(document, content))
    embedded = embed(document, [planned])
    with transaction.atomic():
        document, segment = _locked(document, segment)
        last = segment.children.aggregate(last=Max("position"))["last"]
        if last is None:  # until now it was found by itself
            remove_entries([segment.pk], document.dataset_id)
        chunk = new_row(
            document, planned, (last or 0) + 1, user, parent=segment, origin=ChunkOrigin.CUSTOMIZED
        )  # fmt: skip
        chunk.save(force_insert=True)
        if embedded:
            add_entries(document, *embedded, enabled=segment.enabled)
        record_change(document, user, "child_chunk.create", segment_id=str(segment.pk), chunk_id=str(chunk.pk))
    call(reweigh_if_drifted(document.dataset_id))
    return chunk


def update_child_chunk(
    *, document: Document, segment: Segment, chunk: Segment, content: object, user: User | None = None
) -> Segment:
    """Gives a chunk another text, by which alone it is found from then on. Raises as `add_child_chunk`."""
    _check(document, segment)
    draft = _draft(document, content)
    embedded = embed(document, [plan(draft, chunk.pk)]) if draft.digest != chunk.index_node_hash else None
    with transaction.atomic():
        document, segment = _locked(document, segment)
        chunk = get_child_chunk(segment=segment, chunk_id=chunk.pk)
        if embedded is None and chunk.index_node_hash != draft.digest:  # changed by another call meanwhile
            raise InvalidParam(BUSY)
        fill(chunk, draft, user)
        chunk.origin = ChunkOrigin.CUSTOMIZED
        chunk.save()
        if embedded:
            remove_entries([chunk.pk], document.dataset_id)
            add_entries(document, *embedded, enabled=segment.enabled)
        record_change(document, user, "child_chunk.update", segment_id=str(segment.pk), chunk_id=str(chunk.pk))
    call(reweigh_if_drifted(document.dataset_id))
    return chunk


def delete_child_chunk(*, document: Document, segment: Segment, chunk: Segment, user: User | None = None) -> None:
    """Deletes a chunk; a passage that loses its last one is embedded and found by itself.

    Raises:
        InvalidParam, ArchivedDocumentImmutable, ProviderError, NotFound.
    """
    _check(document, segment)
    digest, embedded = segment.index_node_hash, None
    if not _has_others(segment, chunk):
        alone = plan(reading.draft(segment.position, Record(segment.content)), segment.pk)
        embedded = embed(document, [alone])
    with transaction.atomic():
        document, segment = _locked(document, segment)
        chunk = get_child_chunk(segment=segment, chunk_id=chunk.pk)
        has_others = _has_others(segment, chunk)
        if not has_others and (embedded is None or segment.index_node_hash != digest):
            raise InvalidParam(BUSY)  # the others went, or the passage changed, by another call meanwhile
        delete_segment_rows([chunk.pk], document.dataset_id)
        if embedded and not has_others:
            add_entries(document, *embedded, enabled=segment.enabled)
        record_change(document, user, "child_chunk.delete", segment_id=str(segment.pk), chunk_id=str(chunk.pk))
    call(reweigh_if_drifted(document.dataset_id))


def _has_others(segment: Segment, chunk: Segment) -> bool:
    return segment.children.exclude(pk=chunk.pk).exists()


def _check(document: Document, segment: Segment) -> None:
    if document.doc_form != DocForm.HIERARCHICAL:
        raise InvalidParam(f"Only documents of the form {DocForm.HIERARCHICAL} have child chunks.")
    check_editable(document)
    if segment.status != SegmentStatus.COMPLETED:
        raise InvalidParam(BUSY)


def _locked(document: Document, segment: Segment) -> tuple[Document, Segment]:
    """Both rows as they are now, held until the transaction ends. Raises as `_check`, NotFound."""
    document = lock_document(document)
    segment = get_segment(document=document, segment_id=segment.pk)
    _check(document, segment)
    return document, segment


def _draft(document: Document, content: object) -> Draft:
    record = check_record(document, {"content": content})
    return reading.draft(1, record)
