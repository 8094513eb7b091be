"""Batches of one document's segments, embedded and made findable: the part of indexing that costs money."""

import asyncio
import logging
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.errors import JobStopped, LeaseLost, ModelChanged
from apps.knowledge.lexical.tokens import count_slots

from . import jobs
from .embedding import Embedder
from .jobs import Job
from .pipeline import Pipeline, call_size
from .segment_rows import Entry, write_entries

log = logging.getLogger(__name__)
# Segments read at a time.
PAGE: Final = 2_048

_UNFINISHED: Final = """
select id, content from knowledge_segment
where document_id = %s and status <> 'completed' order by position limit %s"""


def count(texts: Sequence[str]) -> list[dict[int, int]]:
    """Slots and their occurrences, of each text."""
    return [count_slots(text) for text in texts]


async def index_segments(job: Job) -> None:
    """Makes all of the document's segments findable that are not yet.

    Raises:
        LeaseLost, JobStopped, ProviderError, VectorsDoNotFit, ProviderNotInitialized.
        Unavailable: the database was away for longer than vectors wait.
    """
    while True:
        await jobs.check(job)
        embedder = await Embedder.of(workspace_id=job.workspace_id, dataset_id=job.dataset_id)
        if embedder is None:
            raise LeaseLost
        rows = await db.fetch_all(_UNFINISHED, job.document_id, PAGE)
        if not rows:
            return
        steps = _Steps(job, embedder)
        texts = [(row[0], row[1]) for row in rows]
        try:
            await Pipeline(texts, call_size(embedder), steps.entries, steps.write).run()
        except ModelChanged:
            log.info("base %s took another model while document %s was embedded", job.dataset_id, job.document_id)


class _Steps:
    """What becomes of a batch: vectors and words, then rows."""

    def __init__(self, job: Job, embedder: Embedder) -> None:
        self.job, self.embedder = job, embedder

    async def entries(self, texts: Sequence[tuple[UUID, str]]) -> list[Entry]:
        contents = [content for _, content in texts]
        vectors = await self.embedder.embed(contents)
        counts = await asyncio.to_thread(count, contents)
        return list(map(Entry, [id for id, _ in texts], counts, vectors))

    async def write(self, entries: Sequence[Entry]) -> None:
        status = await write_entries(self.job, entries, self.embedder.model)
        if status != IndexingStatus.INDEXING:
            raise JobStopped
