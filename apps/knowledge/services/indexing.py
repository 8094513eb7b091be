"""Indexing of documents: parsing, cleaning, splitting, then batch by batch into what segments are found by.

Everything up to splitting is repeated after a crash, for its result is written at once, with all segments, in one
transaction. From then on each batch (segments, vectors, words, progress) is one transaction, and a new owner goes on
at the first segment that is not finished. Models are called outside of transactions.
"""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

import psycopg

from apps.common import db
from apps.common.errors import AppError, Unavailable
from apps.files import storage
from apps.knowledge import extraction, reading
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.contracts import Draft
from apps.knowledge.errors import LeaseLost
from apps.knowledge.lexical.tokens import count_slots, searchable_text
from apps.knowledge.rules import processing
from apps.models.errors import ProviderRateLimited

from . import jobs
from .embedding import Embedder
from .jobs import Job
from .reweighing import reweigh_if_drifted
from .segment_rows import Entry, write_entries, write_segments

log = logging.getLogger(__name__)
# Segments in one transaction where nothing is embedded; else as many as these calls take at the same time.
BATCH: Final = 256
EMBEDDING_CALLS: Final = 4
# The most texts in one call: what a crash in mid call wastes.
CALL_TEXTS: Final = 64
# Segments of a base's first document that set its average length; what that misses, reweighing makes good.
AVERAGED: Final = 1_000
LONGEST_WAIT_S: Final = 300.0
RATE_LIMIT_WAIT_S: Final = 20.0
_UNEXPECTED: Final = "An unexpected fault stopped the indexing. It is described in the server's log."


async def index_pending() -> int:
    """Indexes documents, oldest first, until none is left that nobody works on; returns how many were taken."""
    taken = 0
    while job := await jobs.claim():
        await _work(job)
        taken += 1
    return taken


async def index_document(document_id: UUID) -> bool:
    """Indexes one document, unless somebody works on it, or it waits or is finished; returns whether it was taken."""
    job = await jobs.claim(document_id)
    if job is None:
        return False
    await _work(job)
    return True


async def _work(job: Job) -> None:
    """Brings a claimed document to its end, or gives it back with the reason why it must wait."""
    try:
        if job.attempt > jobs.MAX_ATTEMPTS:
            reason = job.waiting_reason or "its worker was stopped each time"
            await jobs.fail(job, f"Given up after {jobs.MAX_ATTEMPTS} attempts: {reason}")
            return
        async with jobs.heartbeat(job):
            await _index(job)
        await jobs.complete(job)
        await reweigh_if_drifted(job.dataset_id)
    except LeaseLost:
        log.info("document %s was taken over or deleted", job.document_id)
    except (Unavailable, psycopg.OperationalError):
        log.warning("no database while indexing document %s; its lease will run out", job.document_id)
    except Exception as error:  # noqa: BLE001 - a worker's boundary: the trace is logged, the row gets a reason
        await _settle(job, error)


async def _settle(job: Job, error: Exception) -> None:
    """What follows from an error: wait for the provider, try again later, or end with the reason."""
    try:
        if isinstance(error, ProviderRateLimited):
            wait = min(error.retry_after_s or RATE_LIMIT_WAIT_S, LONGEST_WAIT_S)
            await jobs.postpone(job, error.message, wait, counts=False)
        elif isinstance(error, AppError) and not error.retryable:
            await jobs.fail(job, error.message)
        else:
            if not isinstance(error, AppError):
                log.error("indexing document %s failed", job.document_id, exc_info=error)
            reason = error.message if isinstance(error, AppError) else _UNEXPECTED
            await jobs.postpone(job, reason, min(2.0**job.attempt, LONGEST_WAIT_S))
    except (LeaseLost, Unavailable, psycopg.OperationalError):
        log.info("document %s could not be settled; its lease will run out", job.document_id)


async def _index(job: Job) -> None:
    if job.status != IndexingStatus.INDEXING:
        await _segment(job)
    indexer = await _Indexer.of(job)
    while rows := await db.fetch_all(_UNFINISHED, job.document_id, indexer.batch):
        words = [searchable_text(content, keywords) for _, content, keywords in rows]
        await indexer.add([row[0] for row in rows], [row[1] for row in rows], words)


_UNFINISHED: Final = """
select id, content, keywords from knowledge_segment
where document_id = %s and status <> 'completed' order by position limit %s"""


async def _segment(job: Job) -> None:
    """Stages parsing to splitting. The work is done in a thread, so that the heart goes on beating."""
    rule = processing(job.mode, job.rules)
    data = await asyncio.to_thread(storage.read, job.storage_key)
    extracted = await extraction.extract(data, job.extension)
    await jobs.set_stage(job, IndexingStatus.CLEANING, "parsing_completed_at")
    extracted = await asyncio.to_thread(reading.tidy, extracted, rule)
    await jobs.set_stage(job, IndexingStatus.SPLITTING, "cleaning_completed_at")
    drafts = await asyncio.to_thread(reading.cut, extracted, rule)
    await write_segments(job, drafts, await _average_length(job, drafts))


async def _average_length(job: Job, drafts: Sequence[Draft]) -> float:
    """The dataset's average length in terms; the first document sets it."""
    row = await db.fetch_one("select average_length from knowledge_lexicalstat where dataset_id = %s", job.dataset_id)
    if row is not None:
        return float(row[0])
    sample = drafts[:: len(drafts) // AVERAGED + 1]
    counts = await asyncio.to_thread(_count, [searchable_text(draft.content, draft.keywords) for draft in sample])
    return max(sum(sum(count.values()) for count in counts) / len(counts), 1.0)


def _count(texts: Sequence[str]) -> list[dict[int, int]]:
    return [count_slots(text) for text in texts]


class _Indexer:
    """Brings batches of one document's segments into the tables they are found by."""

    def __init__(self, job: Job, embedder: Embedder) -> None:
        self.job, self.embedder = job, embedder
        handle = embedder.handle
        self.call_size = min(handle.spec.batch_size, CALL_TEXTS) if handle else BATCH
        self.batch = EMBEDDING_CALLS * self.call_size if handle else BATCH

    @classmethod
    async def of(cls, job: Job) -> "_Indexer":
        """With the dataset's embedding model, if it has one. Raises LeaseLost, ProviderNotInitialized."""
        embedder = await Embedder.of(workspace_id=job.workspace_id, dataset_id=job.dataset_id)
        if embedder is None:
            raise LeaseLost
        return cls(job, embedder)

    async def add(self, ids: Sequence[UUID], texts: Sequence[str], words: Sequence[str]) -> None:
        """Embeds and stores some segments. What was embedded is stored even if other calls fail.

        Args:
            texts: to be embedded.
            words: what each is found by word for word.

        Raises:
            LeaseLost, ProviderError.
        """
        calls = [slice(start, start + self.call_size) for start in range(0, len(texts), self.call_size)]
        embedded = (self.embedder.embed(texts[part]) for part in calls)
        results = await asyncio.gather(*embedded, return_exceptions=True)
        entries: list[Entry] = []
        for part, vectors in zip(calls, results, strict=True):
            if not isinstance(vectors, BaseException):
                counts = await asyncio.to_thread(_count, words[part])
                entries += map(Entry, ids[part], counts, vectors)
        if entries:
            await write_entries(self.job, entries, self.embedder.model)
        for result in results:
            if isinstance(result, BaseException):
                raise result
