"""Indexing of documents: parsing, cleaning, splitting, then batch by batch into what segments are found by.

Everything up to splitting is repeated after a crash, for its result is written at once, with all segments, in one
transaction. From then on each batch (segments, vectors, words, progress) is one transaction, and a new owner goes on
at the first segment that is not finished. Models are called outside of transactions.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from typing import Final
from uuid import UUID

import psycopg

from apps.common import db
from apps.common.errors import AppError, Unavailable
from apps.files import storage
from apps.knowledge import extraction, reading
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.contracts import Draft, Processing
from apps.knowledge.errors import JobStopped, LeaseLost
from apps.knowledge.lexical.tokens import searchable_text
from apps.knowledge.rules import processing
from apps.models.errors import ProviderRateLimited

from . import jobs, questions
from .batches import count, index_segments
from .file_metadata import keep_metadata
from .jobs import Job
from .reweighing import reweigh_if_drifted
from .segment_rows import write_segments

log = logging.getLogger(__name__)
# Segments of a base's first document that set its average length; what that misses, reweighing makes good.
AVERAGED: Final = 1_000
LONGEST_WAIT_S: Final = 300.0
# For a rate limit: what is waited where the provider does not say, and at most where it does.
RATE_LIMIT_WAIT_S: Final = 20.0
LONGEST_RATE_LIMIT_S: Final = 3_600.0
FULL_WAIT_S: Final = 60.0
_FULL: Final = "The database has no room left. Indexing goes on by itself when there is."
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
        log.info("document %s was taken over, stopped or deleted", job.document_id)
    except Exception as error:  # noqa: BLE001 - a worker's boundary: the trace is logged, the row gets a reason
        await _settle(job, error)


async def _settle(job: Job, error: Exception) -> None:
    """What follows from an error: wait for the provider, try again later, or end with the reason."""
    try:
        if isinstance(error, JobStopped):
            await jobs.release(job)
        elif isinstance(error, (Unavailable, psycopg.OperationalError)):
            await _without_database(job, error)
        elif isinstance(error, ProviderRateLimited):
            wait = min(error.retry_after_s or RATE_LIMIT_WAIT_S, LONGEST_RATE_LIMIT_S)
            await jobs.postpone(job, error.message, wait, counts=False)
        elif isinstance(error, AppError) and not error.retryable:
            await jobs.fail(job, error.message)
        else:
            if not isinstance(error, AppError):
                log.error("indexing document %s failed", job.document_id, exc_info=error)
            reason = error.message if isinstance(error, AppError) else _UNEXPECTED
            await jobs.postpone(job, reason, min(2.0**job.attempt, LONGEST_WAIT_S))
    except LeaseLost:
        log.info("document %s was taken over, stopped or deleted", job.document_id)
        with suppress(Unavailable, psycopg.OperationalError):
            await jobs.release(job)
    except (Unavailable, psycopg.OperationalError):
        log.info("document %s could not be settled; its lease will run out", job.document_id)


async def _without_database(job: Job, error: Exception) -> None:
    """A full disk can be told, and is told; what is away altogether leaves the lease to run out."""
    if not db.is_full(error):
        log.warning("no database while indexing document %s; its lease will run out", job.document_id)
        return
    log.error("the database has no room left; document %s waits", job.document_id)
    await jobs.postpone(job, _FULL, FULL_WAIT_S, counts=False)


async def _index(job: Job) -> None:
    if not job.is_split:
        await _segment(job)
    await index_segments(job)


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
    counts = await asyncio.to_thread(count, texts[:: len(texts) // AVERAGED + 1])
    return max(sum(sum(count.values()) for count in counts) / len(counts), 1.0)
