"""Writes of segments and of what they are found by. Each function is one transaction, guarded by the job's lease."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from apps.common import db
from apps.common.db import Connection
from apps.common.encoding import dumps
from apps.common.ids import new_id
from apps.knowledge.choices import UNFINISHED, ChunkOrigin, SegmentStatus
from apps.knowledge.contracts import Draft
from apps.knowledge.errors import LeaseLost, ModelChanged
from apps.knowledge.lexical.bm25 import weights

from . import copying
from .jobs import Job


@dataclass(frozen=True, slots=True)
class Entry:
    """A segment ready to be found.

    Args:
        counts: slot to number of occurrences.
        vector: of the dataset's embedding model; None in an economical base.
        parent_id: of the passage it is a chunk of.
    """

    segment_id: UUID
    counts: Mapping[int, int]
    vector: Sequence[float] | None
    parent_id: UUID | None = None

    @property
    def length(self) -> int:
        """Terms, repetitions counted."""
        return sum(self.counts.values())


_GUARD: Final = """
update knowledge_document
set lease_until = clock_timestamp() + %s * interval '1 second', attempt = 0, waiting_reason = null, {}
where id = %s and lease_owner = %s
returning enabled and not archived and replaces_id is null, indexing_status"""
_FINISH: Final = """
update knowledge_segment
set status = 'completed', indexing_at = coalesce(indexing_at, now()), completed_at = now()
where id = any(%s) and status <> 'completed' returning id"""
_MODEL: Final = """
select case indexing_technique when 'high_quality' then embedding_provider || '/' || embedding_model else '' end
from knowledge_dataset where id = %s"""

_SEGMENTS: Final = (
    "knowledge_segment (id, workspace_id, dataset_id, document_id, parent_id, origin, position, page, content, answer,"
    " word_count, tokens, keywords, metadata, index_node_hash, hit_count, enabled, status, created_at, updated_at)"
)
_LEXICAL: Final = "knowledge_segmentlexical (segment_id, dataset_id, document_id, enabled, length, terms, weights)"
_VECTORS: Final = "knowledge_segmentembedding (segment_id, dataset_id, document_id, model, dim, enabled, embedding)"


ADD_TERMS: Final = """
insert into knowledge_termstat as s (dataset_id, term, df)
select %s, term, n from unnest(%s::int[], %s::int[]) u (term, n) order by term
on conflict (dataset_id, term) do update set df = s.df + excluded.df"""
# A passage is finished when the last of its chunks is.
_COMPLETE_PARENTS: Final = """
with completed as (
    update knowledge_segment p
    set status = 'completed', indexing_at = coalesce(indexing_at, now()), completed_at = now()
    where p.id = any(%s) and p.status <> 'completed'
      and not exists (select from knowledge_segment c where c.parent_id = p.id and c.status <> 'completed')
    returning p.id
)
update knowledge_document
set completed_segments = completed_segments + (select count(*) from completed) where id = %s"""
_DELETE_FORMER: Final = (
    b"delete from knowledge_segment where document_id = %s",
    b"delete from knowledge_documentpart where document_id = %s",
)


def document_frequencies(entries: Iterable[Entry]) -> Counter[int]:
    """In how many of the segments each slot occurs."""
    return Counter(number for entry in entries for number in entry.counts)


async def write_segments(job: Job, drafts: Sequence[Draft], average_length: float) -> None:
    """Writes all segments of a document with their children and enters stage `indexing`. Raises LeaseLost.

    The document counts passages; what parts it was made of (`services.questions`) go.

    Args:
        average_length: in terms; becomes the dataset's if it has none yet.
    """
    counts = (len(drafts), sum(draft.word_count for draft in drafts), sum(draft.tokens for draft in drafts))
    stage = (
        "indexing_status = 'indexing', splitting_completed_at = now(), completed_segments = 0,"
        " segment_count = %s, word_count = %s, tokens = %s"
    )
    async with guarded(job, stage, *counts) as (connection, _, status):
        if status not in UNFINISHED:
            raise LeaseLost
        for statement in _DELETE_FORMER:
            await connection.execute(statement, [job.document_id])
        await copying.copy_rows(connection, _SEGMENTS, _segment_rows(job, drafts))
        await connection.execute(
            b"insert into knowledge_lexicalstat (dataset_id, chunks, tokens, average_length)"
            b" values (%s, 0, 0, %s) on conflict do nothing",
            [job.dataset_id, average_length],
        )


async def write_entries(job: Job, entries: Sequence[Entry], model: str) -> str:
    """Makes a batch of segments findable and counts the progress; returns the document's status.

    Written twice, it changes nothing the second time: whoever lost the connection at the commit may try again. A
    document that was paused or cancelled takes what was already paid for.

    Args:
        model: `provider/model` of the vectors.

    Raises:
        LeaseLost.
        ModelChanged: the base has another model now.
    """
    async with guarded(job, "updated_at = updated_at") as (connection, enabled, status):
        cursor = await connection.execute(_FINISH.encode(), [[entry.segment_id for entry in entries]])
        unwritten = {row[0] for row in await cursor.fetchall()}
        entries = [entry for entry in entries if entry.segment_id in unwritten]
        average_length = await _count_terms(connection, job.dataset_id, entries)
        await _check_model(connection, job.dataset_id, model)
        await copying.copy_rows(connection, _VECTORS, _vector_rows(job, entries, model, enabled))
        lexical = _lexical_rows(job, entries, average_length, enabled)
        await copying.copy_rows(connection, _LEXICAL, lexical)
        await connection.execute(
            b"update knowledge_document set completed_segments = completed_segments + %s where id = %s",
            [sum(entry.parent_id is None for entry in entries), job.document_id],
        )
        if parents := list({entry.parent_id for entry in entries if entry.parent_id is not None}):
            await connection.execute(_COMPLETE_PARENTS.encode(), [parents, job.document_id])
    return status


@asynccontextmanager
async def guarded(job: Job, progress: str, *values: object) -> AsyncIterator[tuple[Connection, bool, str]]:
    """A transaction that holds the document's row, whether the document may be found, and its status.

    What replaces another document is found only when all of it is there.
    """
    async with db.connect() as connection, connection.transaction():
        arguments = [settings.INDEXING_LEASE_S, *values, job.document_id, job.owner]
        row = await (await connection.execute(_GUARD.format(progress).encode(), arguments)).fetchone()
        if row is None:
            raise LeaseLost
        yield connection, bool(row[0]), str(row[1])
        await connection.execute(b"select pg_notify('parley', 'document:' || %s::text)", [job.document_id])


async def _count_terms(connection: Connection, dataset_id: UUID, entries: Sequence[Entry]) -> float:
    """Adds to the dataset's statistics; returns the average length its weights are made with.

    The row of totals is locked first, so writers of one dataset never wait for one another in a circle.
    """
    frequencies = document_frequencies(entries)
    cursor = await connection.execute(
        b"update knowledge_lexicalstat set chunks = chunks + %s, tokens = tokens + %s where dataset_id = %s"
        b" returning average_length",
        [len(entries), sum(entry.length for entry in entries), dataset_id],
    )
    row = await cursor.fetchone()
    if row is None:
        raise LeaseLost
    await connection.execute(ADD_TERMS.encode(), [dataset_id, list(frequencies), list(frequencies.values())])
    return float(row[0])


async def _check_model(connection: Connection, dataset_id: UUID, model: str) -> None:
    """Holds as long as the totals are locked, as whoever changes the model locks them too. Raises ModelChanged."""
    row = await (await connection.execute(_MODEL.encode(), [dataset_id])).fetchone()
    if row is None or row[0] != model:
        raise ModelChanged


def _segment_rows(job: Job, drafts: Iterable[Draft]) -> Iterator[Sequence[bytes | None]]:
    now = copying.timestamptz(timezone.now())
    for draft in drafts:
        id = new_id()
        yield _segment_row(job, draft, id, None, now)
        for child in draft.children:
            yield _segment_row(job, child, new_id(), id, now)


def _segment_row(job: Job, draft: Draft, id: UUID, parent_id: UUID | None, now: bytes) -> Sequence[bytes | None]:
    return (
        copying.uuid(id),
        copying.uuid(job.workspace_id),
        copying.uuid(job.dataset_id),
        copying.uuid(job.document_id),
        None if parent_id is None else copying.uuid(parent_id),
        copying.text(ChunkOrigin.AUTOMATIC),
        copying.int4(draft.position),
        None if draft.page is None else copying.int4(draft.page),
        copying.text(draft.content),
        None if draft.answer is None else copying.text(draft.answer),
        copying.int4(draft.word_count),
        copying.int4(draft.tokens),
        None if draft.keywords is None else copying.jsonb(dumps(draft.keywords)),
        None if draft.metadata is None else copying.jsonb(dumps(draft.metadata)),
        copying.text(draft.digest),
        copying.int4(0),
        copying.boolean(True),
        copying.text(SegmentStatus.WAITING),
        now,
        now,
    )


def _lexical_rows(
    job: Job, entries: Iterable[Entry], average_length: float, enabled: bool
) -> Iterator[Sequence[bytes]]:
    for entry in entries:
        weighed = weights(entry.counts, length=entry.length, average_length=average_length)
        yield (
            copying.uuid(entry.segment_id),
            copying.uuid(job.dataset_id),
            copying.uuid(job.document_id),
            copying.boolean(enabled),
            copying.int4(entry.length),
            copying.int4_array(sorted(entry.counts)),
            copying.sparsevec(weighed),
        )


def _vector_rows(job: Job, entries: Iterable[Entry], model: str, enabled: bool) -> Iterator[Sequence[bytes]]:
    for entry in entries:
        if entry.vector is not None:
            yield (
                copying.uuid(entry.segment_id),
                copying.uuid(job.dataset_id),
                copying.uuid(job.document_id),
                copying.text(model),
                copying.int2(len(entry.vector)),
                copying.boolean(enabled),
                copying.halfvec(entry.vector),
            )
