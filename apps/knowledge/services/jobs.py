"""The document row as a job: who works on it, since when, what it waits for, how it ended.

A claim holds for a lease, which the owner's heartbeat renews. Every write of an owner names it, so whoever lost the
lease, or whose document was deleted, changes nothing more. All times are the database's.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final, Protocol
from uuid import UUID

import psycopg
from django.conf import settings

from apps.common import db
from apps.common.errors import Unavailable
from apps.common.ids import new_id
from apps.knowledge.choices import UNFINISHED, IndexingStatus
from apps.knowledge.errors import JobStopped, LeaseLost

log = logging.getLogger(__name__)
TOPIC = "document"
MAX_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed document.

    Args:
        owner: of the lease, new with each claim.
        attempt: claims since the last progress, this one included.
        rules: of its process rule, as stored.
        is_split: its segments are written; what is left is to make them findable.
    """

    document_id: UUID
    dataset_id: UUID
    workspace_id: UUID
    owner: UUID
    status: str
    attempt: int
    waiting_reason: str | None
    doc_form: str
    doc_language: str
    storage_key: str
    extension: str
    mode: str
    rules: Mapping[str, Any]
    is_split: bool


class Held(Protocol):
    """A document under somebody's lease."""

    @property
    def document_id(self) -> UUID:
        """Its row."""
        ...

    @property
    def owner(self) -> UUID:
        """Of the lease."""
        ...


# A subquery may be evaluated once for each row that is joined with it, and then takes another row each time.
_CLAIM: Final = """
with found as materialized (
    select k.id, f.storage_key, f.extension, r.mode, r.rules
    from knowledge_document k
    join files_uploadfile f on f.id = k.upload_file_id
    join knowledge_processrule r on r.id = k.process_rule_id
    where k.indexing_status = any(%(unfinished)s)
      and (k.lease_until is null or k.lease_until < clock_timestamp())
      and (k.retry_at is null or k.retry_at <= clock_timestamp())
      and (%(document)s::uuid is null or k.id = %(document)s)
    order by k.priority desc, k.created_at limit 1
    for update of k skip locked
)
update knowledge_document d
set lease_owner = %(owner)s, lease_until = clock_timestamp() + %(lease)s * interval '1 second',
    attempt = attempt + 1, retry_at = null,
    indexing_status = case when splitting_completed_at is not null then 'indexing'
        when indexing_status in ('waiting', 'indexing') then 'parsing' else indexing_status end,
    processing_started_at = coalesce(processing_started_at, now())
from found
where d.id = found.id
returning d.id, d.dataset_id, d.workspace_id, d.indexing_status, d.attempt, d.waiting_reason,
          d.doc_form, d.doc_language,
          found.storage_key, found.extension, found.mode, found.rules, d.splitting_completed_at is not null"""

_RENEW: Final = """
update knowledge_document set lease_until = clock_timestamp() + %s * interval '1 second'
where id = %s and lease_owner = %s"""

# What somebody stopped is no longer its owner's to change.
_OWNED: Final = (
    "with changed as (update knowledge_document set {} where id = %s and lease_owner = %s"
    " and indexing_status not in ('paused', 'error') returning id)"
)
_TELL: Final = " select pg_notify('parley', 'document:' || id) from changed"


# Two that replace the same document end one after the other: else neither sees that the other is there.
_ONE_AT_A_TIME: Final = """
select 1 from knowledge_document o join knowledge_document d on d.replaces_id = o.id where d.id = %s for update of o"""
_COMPLETE: Final = """
with changed as (
    update knowledge_document
    set indexing_status = 'completed', completed_at = now(), error = null, waiting_reason = null, attempt = 0,
        lease_owner = null, lease_until = null
    where id = %s and lease_owner = %s and indexing_status = 'indexing'
    returning id, replaces_id, enabled and not archived as findable
),
replaced as (
    update knowledge_document o
    set enabled = false, disabled_at = now(), archived = true, archived_at = now()
    from changed c
    where not o.archived and o.id <> c.id
      and (o.id = c.replaces_id or (o.replaces_id = c.replaces_id and o.indexing_status = 'completed'))
    returning o.id
),
findable as (
    select g.id, c.findable and g.enabled as enabled from knowledge_segment g join changed c on g.document_id = c.id
    union all
    select g.id, false from knowledge_segment g join replaced r on g.document_id = r.id
),
words as (
    update knowledge_segmentlexical x set enabled = f.enabled from findable f
    where x.segment_id = f.id and x.enabled <> f.enabled
),
vectors as (
    update knowledge_segmentembedding e set enabled = f.enabled from findable f
    where e.segment_id = f.id and e.enabled <> f.enabled
)
select pg_notify('parley', 'document:' || id) from (select id from changed union all select id from replaced) told"""


async def claim(document_id: UUID | None = None) -> Job | None:
    """The lease on a document that needs work: this one, or the oldest that nobody works on. None: there is none."""
    owner = new_id()
    arguments = {
        "owner": owner,
        "lease": settings.INDEXING_LEASE_S,
        "unfinished": [str(status) for status in UNFINISHED],
        "document": document_id,
    }
    async with db.connect() as connection:
        row = await (await connection.execute(_CLAIM.encode(), arguments)).fetchone()
    if row is None:
        return None
    return Job(row[0], row[1], row[2], owner, *row[3:])


async def set_stage(job: Job, status: IndexingStatus, finished: str) -> None:
    """Enters a stage; `finished` is the column that says when the one before ended. Raises LeaseLost."""
    await _change(job, f"indexing_status = %s, {finished} = now()", str(status))


async def check(job: Job) -> None:
    """Raises LeaseLost, or JobStopped: it was paused or cancelled."""
    row = await db.fetch_one(
        "select indexing_status from knowledge_document where id = %s and lease_owner = %s", job.document_id, job.owner
    )
    if row is None:
        raise LeaseLost
    if row[0] not in UNFINISHED:
        raise JobStopped


async def release(job: Job) -> None:
    """Lets go of a document that somebody stopped."""
    await db.execute(
        "update knowledge_document set lease_owner = null, lease_until = null where id = %s and lease_owner = %s",
        job.document_id,
        job.owner,
    )


async def complete(job: Job) -> None:
    """The document is indexed; the one it replaces is archived with the same commit. Raises LeaseLost, JobStopped."""
    async with db.connect() as connection, connection.transaction():
        await connection.execute(_ONE_AT_A_TIME.encode(), [job.document_id])
        done = await connection.execute(_COMPLETE.encode(), [job.document_id, job.owner])
    if not done.rowcount:
        await check(job)
        raise LeaseLost
    await db.execute("select pg_notify('parley', 'dataset:' || %s::text)", job.dataset_id)


async def fail(job: Job, reason: str) -> None:
    """The document cannot be indexed; `reason` is for its owner. Raises LeaseLost."""
    await _change(
        job,
        "indexing_status = 'error', error = %s, stopped_at = now(), waiting_reason = null,"
        " lease_owner = null, lease_until = null",
        reason,
    )


async def postpone(job: Job, reason: str, delay_s: float, *, counts: bool = True) -> None:
    """Gives the document back, to be claimed again after a delay. Raises LeaseLost.

    Args:
        counts: whether this was one of its attempts; waiting for a provider's rate limit is none.
    """
    attempt = "greatest(attempt, 1)" if counts else "greatest(attempt - 1, 0)"
    await _change(
        job,
        "waiting_reason = %s, retry_at = clock_timestamp() + %s * interval '1 second', lease_owner = null,"
        f" lease_until = null, attempt = {attempt}",
        reason,
        delay_s,
    )


async def _change(job: Job, assignments: str, *values: object) -> None:
    sql = _OWNED.format(assignments) + _TELL
    if not await db.execute(sql, *values, job.document_id, job.owner):
        raise LeaseLost


@asynccontextmanager
async def heartbeat(job: Held) -> AsyncIterator[None]:
    """Renews the lease while the block runs."""
    task = asyncio.create_task(_beat(job), name="heartbeat")
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _beat(job: Held) -> None:
    renewed = 1
    while renewed:
        await asyncio.sleep(settings.INDEXING_LEASE_S / 3)
        try:
            renewed = await db.execute(_RENEW, settings.INDEXING_LEASE_S, job.document_id, job.owner)
        except (Unavailable, psycopg.Error) as error:
            log.warning("no heartbeat for document %s: %s", job.document_id, type(error).__name__)
