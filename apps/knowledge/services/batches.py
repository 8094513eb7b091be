"""Batches of one document's segments, embedded and made findable: the part of indexing that costs money.

A few calls to the model are under way at a time. Whatever has come back is written at once, all of it in one
transaction, and nobody asks for more before their own answer is committed. So what a crash can waste is bounded by
`EMBEDDING_CALLS * CALL_TEXTS` texts, and what was paid for outlives a restart of the database in memory.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from apps.common import db
from apps.common.errors import Unavailable
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.errors import JobStopped, LeaseLost, ModelChanged
from apps.knowledge.lexical.tokens import count_slots

from . import jobs
from .embedding import Embedder
from .jobs import Job
from .segment_rows import Entry, write_entries

log = logging.getLogger(__name__)
EMBEDDING_CALLS: Final = 4
# The most texts in one call.
CALL_TEXTS: Final = 64
# Segments in one step where nothing is embedded.
WORDS_ONLY: Final = 256
# Segments read at a time.
PAGE: Final = 2_048
# How long vectors wait in memory for the database, and between two tries.
OUTAGE_S: Final = 60.0
PAUSE_S: Final = 0.5

_UNFINISHED: Final = """
select id, content from knowledge_segment
where document_id = %s and status <> 'completed' order by position limit %s"""

Texts = Sequence[tuple[UUID, str]]


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
        try:
            await _Page(job, embedder, [(row[0], row[1]) for row in rows]).run()
        except ModelChanged:
            log.info("base %s took another model while document %s was embedded", job.dataset_id, job.document_id)


class _Page:
    """Some segments on their way through the model into the tables they are found by."""

    def __init__(self, job: Job, embedder: Embedder, texts: Texts) -> None:
        self.job, self.embedder = job, embedder
        handle = embedder.handle
        size = min(handle.spec.batch_size, CALL_TEXTS) if handle else WORDS_ONLY
        self._calls = deque(texts[start : start + size] for start in range(0, len(texts), size))
        self._embedded: list[Entry] = []
        self._writing = asyncio.Lock()
        self._failure: BaseException | None = None

    async def run(self) -> None:
        """What was embedded is stored even if other calls fail; the first failure is raised."""
        await asyncio.gather(*(self._work() for _ in range(EMBEDDING_CALLS)))
        if self._failure is not None:
            raise self._failure

    async def _work(self) -> None:
        while self._calls and self._failure is None:
            try:
                entries = await self._entries(self._calls.popleft())
                await self._store(entries)
            except Exception as error:  # noqa: BLE001 - the others finish what they have paid for; `run` raises it
                self._failure = self._failure or error

    async def _entries(self, texts: Texts) -> list[Entry]:
        contents = [content for _, content in texts]
        vectors = await self.embedder.embed(contents)
        counts = await asyncio.to_thread(count, contents)
        return list(map(Entry, [id for id, _ in texts], counts, vectors))

    async def _store(self, entries: Sequence[Entry]) -> None:
        """Returns when the entries are committed, perhaps together with others' and by them."""
        self._embedded += entries
        async with self._writing:
            together, self._embedded = self._embedded, []
            if together:
                await self._write(together)

    async def _write(self, entries: Sequence[Entry]) -> None:
        deadline = time.monotonic() + OUTAGE_S
        while True:
            try:
                status = await write_entries(self.job, entries, self.embedder.model)
                break
            except Unavailable:
                if time.monotonic() > deadline:
                    raise
            log.warning("no database; %d segments of document %s wait for it", len(entries), self.job.document_id)
            await asyncio.sleep(PAUSE_S)
        if status != IndexingStatus.INDEXING:
            raise JobStopped
