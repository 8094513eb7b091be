"""Batches of one document's segments, embedded and made findable: the part of indexing that costs money."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.errors import JobStopped, LeaseLost, ModelChanged
from apps.knowledge.lexical.tokens import count_slots, searchable_text

from . import jobs
from .embedding import Embedder
from .jobs import Job
from .pipeline import Pipeline, call_size
from .reuse import Vector, embed_once
from .segment_rows import Entry, write_entries

log = logging.getLogger(__name__)
# Segments read at a time.
PAGE: Final = 2_048

# Unfinished ones, in the order of the text: chunks first, for a passage is finished with its last chunk.
_CHUNKS: Final = """
select c.id, c.content, c.keywords, c.parent_id from knowledge_segment c join knowledge_segment p on p.id = c.parent_id
where c.document_id = %s and c.parent_id is not null and c.status <> 'completed'
order by p.position, c.position limit %s"""
_PASSAGES: Final = """
select id, content, keywords, parent_id from knowledge_segment
where document_id = %s and parent_id is null and status <> 'completed' order by position limit %s"""


@dataclass(frozen=True, slots=True)
class Unfinished:
    """Something to be indexed.

    Args:
        text: to be embedded.
        words: what it is found by word for word.
        parent_id: of a chunk.
    """

    id: UUID
    text: str
    words: str
    parent_id: UUID | None


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
        rows = await _unfinished(job.document_id)
        if not rows:
            return
        steps = _Steps(job, embedder)
        try:
            await Pipeline(_by_text(rows), call_size(embedder), steps.entries, steps.write).run()
        except ModelChanged:
            log.info("base %s took another model while document %s was embedded", job.dataset_id, job.document_id)


async def _unfinished(document_id: UUID) -> list[Unfinished]:
    for statement in (_CHUNKS, _PASSAGES):
        if rows := await db.fetch_all(statement, document_id, PAGE):
            return [
                Unfinished(id, text, searchable_text(text, keywords), parent) for id, text, keywords, parent in rows
            ]
    return []


def _by_text(rows: Sequence[Unfinished]) -> list[list[Unfinished]]:
    """Those of one text together: it is embedded once."""
    groups: dict[str, list[Unfinished]] = {}
    for row in rows:
        groups.setdefault(row.text, []).append(row)
    return list(groups.values())


class _Steps:
    """What becomes of some texts: vectors and words, then rows."""

    def __init__(self, job: Job, embedder: Embedder) -> None:
        self.job, self.embedder = job, embedder

    async def entries(self, groups: Sequence[Sequence[Unfinished]]) -> list[Entry]:
        texts = [group[0].text for group in groups]
        vectors, failure = await embed_once(self.embedder, self.job.workspace_id, texts, len(texts))
        entries = await self._entries([row for group in groups for row in group if row.text in vectors], vectors)
        if failure is not None:
            if entries:  # what the workspace had already
                await self.write(entries)
            raise failure
        return entries

    async def _entries(self, rows: Sequence[Unfinished], vectors: Mapping[str, Vector]) -> list[Entry]:
        counts = await asyncio.to_thread(count, [row.words for row in rows])
        return [
            Entry(row.id, counted, vectors[row.text], row.parent_id)
            for row, counted in zip(rows, counts, strict=True)
        ]  # fmt: skip

    async def write(self, entries: Sequence[Entry]) -> None:
        status = await write_entries(self.job, entries, self.embedder.model)
        if status != IndexingStatus.INDEXING:
            raise JobStopped
