"""Keeps stored BM25 weights near the truth: they were made with the average length a base had at the time."""

import logging
from collections.abc import Iterator, Sequence
from typing import Final
from uuid import UUID

from pgvector import SparseVector

from apps.common import db
from apps.common.db import Connection, Row
from apps.knowledge.lexical.bm25 import counts_of, weights

from . import copying

log = logging.getLogger(__name__)
# By how much the average may have moved.
DRIFT: Final = 0.2
_PAGE: Final = 2_000

# Postgres tests conditions in any order, so a base emptied meanwhile needs nullif, not "chunks > 0".
_TOTALS: Final = """
select average_length, tokens::float8 / chunks from knowledge_lexicalstat
where dataset_id = %s and abs(tokens::float8 / nullif(chunks, 0) / average_length - 1) > %s"""
_ROWS: Final = """
select segment_id, length, weights::text from knowledge_segmentlexical
where dataset_id = %s and segment_id > %s order by segment_id limit %s"""


async def reweigh_if_drifted(dataset_id: UUID) -> bool:
    """Makes all weights of a base anew if its average length has moved by a fifth; returns whether it had.

    The base's totals are locked meanwhile, so that nobody adds rows by the old average. Searches go on.
    """
    if await db.fetch_one(_TOTALS, dataset_id, DRIFT) is None:
        return False
    async with db.connect() as connection, connection.transaction():
        cursor = await connection.execute(f"{_TOTALS} for no key update".encode(), [dataset_id, DRIFT])
        totals = await cursor.fetchone()
        if totals is None:
            return False
        old, new = totals
        await connection.execute(b"create temp table reweighed (id uuid, weights sparsevec) on commit drop")
        last = UUID(int=0)
        while rows := await (await connection.execute(_ROWS.encode(), [dataset_id, last, _PAGE])).fetchall():
            await copying.copy_rows(connection, "reweighed (id, weights)", _anew(rows, old, new))
            last = rows[-1][0]
        await _replace(connection, dataset_id, new)
    log.info("weights of base %s made anew: average length %.1f, was %.1f", dataset_id, new, old)
    return True


async def _replace(connection: Connection, dataset_id: UUID, average_length: float) -> None:
    await connection.execute(
        b"update knowledge_segmentlexical x set weights = r.weights from reweighed r where r.id = x.segment_id"
    )
    await connection.execute(
        b"update knowledge_lexicalstat set average_length = %s where dataset_id = %s", [average_length, dataset_id]
    )


def _anew(rows: Sequence[Row], old: float, new: float) -> Iterator[Sequence[bytes]]:
    for segment_id, length, text in rows:
        vector = SparseVector.from_text(text)
        weighed = {index + 1: value for index, value in zip(vector.indices(), vector.values(), strict=True)}
        counts = counts_of(weighed, length=length, average_length=old)
        yield copying.uuid(segment_id), copying.sparsevec(weights(counts, length=length, average_length=new))
