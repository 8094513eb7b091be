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
from apps.knowledge.contracts import Draft, Processing
from apps.knowledge.errors import LeaseLost
from apps.knowledge.lexical.tokens import count_slots, searchable_text
from apps.knowledge.rules import processing
from apps.models.errors import ProviderRateLimited

from . import jobs, questions
from .embedding import Embedder
from .file_metadata import keep_metadata
from .jobs import Job
from .reuse import embed_once
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
    for unfinished in (_CHUNKS, _PASSAGES):
        while rows := await db.fetch_all(unfinished, job.document_id, indexer.batch):
            ids, texts, keywords, parents = zip(*rows, strict=True)
            words = list(map(searchable_text, texts, keywords))
            await indexer.add(ids, texts, words, parents)


# Unfinished ones, in the order of the text.
_CHUNKS: Final = """
select c.id, c.content, c.keywords, c.parent_id from knowledge_segment c join knowledge_segment p on p.id = c.parent_id
where c.document_id = %s and c.parent_id is not null and c.status <> 'completed'
order by p.position, c.position limit %s"""
_PASSAGES: Final = """
select id, content, keywords, parent_id from knowledge_segment
where document_id = %s and parent_id is null and status <> 'completed' order by position limit %s"""


async def _segment(job: Job) -> None:
    """Stages parsing to splitting; where questions and answers are wanted, these are made last."""
    rule = processing(job.mode, job.rules, job.doc_form)
    if rule.is_pairs and await questions.are_underway(job.document_id):
        drafts = await questions.make_pairs(job)
    else:
        drafts = await _read(job, rule)
        if rule.is_pairs and any(draft.answer is None for draft in drafts):
            await questions.store_passages(job, drafts)
            drafts = await questions.make_pairs(job)
    await write_segments(job, drafts, await _average_length(job, drafts))


async def _read(job: Job, rule: Processing) -> Sequence[Draft]:
    """The work is done in a thread, so that the heart goes on beating."""
    data = await asyncio.to_thread(storage.read, job.storage_key)
    extracted = await extraction.extract(data, job.extension)
    await keep_metadata(job, extracted.metadata)
    await jobs.set_stage(job, IndexingStatus.CLEANING, "parsing_completed_at")
    extracted = await asyncio.to_thread(reading.tidy, extracted, rule)
    await jobs.set_stage(job, IndexingStatus.SPLITTING, "cleaning_completed_at")
    return await asyncio.to_thread(reading.cut, extracted, rule)


async def _average_length(job: Job, drafts: Sequence[Draft]) -> float:
    """The dataset's average length in terms; the first document sets it."""
    row = await db.fetch_one("select average_length from knowledge_lexicalstat where dataset_id = %s", job.dataset_id)
    if row is not None:
        return float(row[0])
    texts = [searchable_text(found.content, found.keywords) for draft in drafts for found in draft.indexed]
    counts = await asyncio.to_thread(_count, texts[:: len(texts) // AVERAGED + 1])
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

    async def add(
        self, ids: Sequence[UUID], texts: Sequence[str], words: Sequence[str], parents: Sequence[UUID | None]
    ) -> None:
        """Embeds and stores some segments. What was embedded is stored even if other calls fail.

        Args:
            texts: to be embedded.
            words: what each is found by word for word.

        Raises:
            LeaseLost, ProviderError.
        """
        vectors, failure = await embed_once(self.embedder, self.job.workspace_id, texts, self.call_size)
        rows = [row for row in zip(ids, texts, words, parents, strict=True) if row[1] in vectors]
        if rows:
            counts = await asyncio.to_thread(_count, [said for _, _, said, _ in rows])
            entries = [
                Entry(id, count, vectors[text], parent)
                for (id, text, _, parent), count in zip(rows, counts, strict=True)
            ]  # fmt: skip
            await write_entries(self.job, entries, self.embedder.model)
        if failure is not None:
            raise failure
