"""Large bases for the retrieval benchmark, copied straight into the tables: text and vectors are ready already."""

import asyncio
from collections.abc import Iterator, Sequence
from uuid import UUID

from apps.common import db
from apps.common.ids import new_id
from apps.knowledge.lexical.bm25 import weights
from apps.knowledge.lexical.tokens import count_slots
from apps.knowledge.models import Dataset, Document, ProcessRule
from apps.knowledge.services import copying
from apps.knowledge.services.datasets import create_dataset
from apps.workspaces.models import Workspace

MODEL = "demo/demo-embedding"
AVERAGE = 60.0  # terms of a passage, about

_SEGMENTS = (
    "knowledge_segment (id, workspace_id, dataset_id, document_id, origin, position, content, word_count, tokens,"
    " index_node_hash, hit_count, enabled, status, created_at, updated_at)"
)
_LEXICAL = "knowledge_segmentlexical (segment_id, dataset_id, document_id, enabled, length, terms, weights)"
_VECTORS = "knowledge_segmentembedding (segment_id, dataset_id, document_id, model, dim, enabled, embedding)"
_COUNTS = """
insert into knowledge_termstat (dataset_id, term, df) select dataset_id, term, count(*)
from knowledge_segmentlexical, unnest(terms) as u (term) where dataset_id = any(%s) group by 1, 2"""
_TOTALS = """
insert into knowledge_lexicalstat (dataset_id, chunks, tokens, average_length)
select dataset_id, count(*), sum(length), %s from knowledge_segmentlexical where dataset_id = any(%s) group by 1"""


def new_base(workspace: Workspace, name: str) -> tuple[Dataset, Document]:
    """A base with one finished document."""
    dataset = create_dataset(
        workspace=workspace, name=name, indexing_technique="high_quality", embedding_provider="demo",
        embedding_model="demo-embedding",
    )  # fmt: skip
    rule = ProcessRule.objects.create(dataset=dataset, mode="automatic", rules={})
    document = Document.objects.create(
        workspace=workspace, dataset=dataset, position=1, name="Passages", process_rule=rule, batch="bench",
        indexing_status="completed",
    )  # fmt: skip
    return dataset, document


async def fill(bases: Sequence[Document], texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
    """Copies the passages into the bases, as many into each."""
    share = len(texts) // len(bases)
    ids = [document.dataset_id for document in bases]
    for number, document in enumerate(bases):
        part = slice(number * share, (number + 1) * share)
        await _copy(document, texts[part], vectors[part])
    await db.execute(_COUNTS, ids)
    await db.execute(_TOTALS, AVERAGE, ids)


async def _copy(document: Document, texts: Sequence[str], vectors: Sequence[Sequence[float]]) -> None:
    segments = [new_id() for _ in texts]
    async with db.connect() as connection:
        await copying.copy_rows(connection, _SEGMENTS, _segment_rows(document, segments, texts))
        await copying.copy_rows(connection, _LEXICAL, _lexical_rows(document, segments, texts))
        await copying.copy_rows(connection, _VECTORS, _vector_rows(document, segments, vectors))
    await asyncio.sleep(0)


def _segment_rows(document: Document, ids: Sequence[UUID], texts: Sequence[str]) -> Iterator[Sequence[bytes]]:
    now = copying.timestamptz(document.created_at)
    keys = [copying.uuid(id) for id in (document.workspace_id, document.dataset_id, document.pk)]
    for position, (id, text) in enumerate(zip(ids, texts, strict=True), 1):
        yield (
            copying.uuid(id), *keys, copying.text("automatic"), copying.int4(position), copying.text(text),
            copying.int4(len(text)), copying.int4(len(text) // 4), copying.text(id.hex), copying.int4(0),
            copying.boolean(True), copying.text("completed"), now, now,
        )  # fmt: skip


def _lexical_rows(document: Document, ids: Sequence[UUID], texts: Sequence[str]) -> Iterator[Sequence[bytes]]:
    for id, text in zip(ids, texts, strict=True):
        counts = count_slots(text)
        length = sum(counts.values())
        yield (
            copying.uuid(id), copying.uuid(document.dataset_id), copying.uuid(document.pk), copying.boolean(True),
            copying.int4(length), copying.int4_array(sorted(counts)),
            copying.sparsevec(weights(counts, length=length, average_length=AVERAGE)),
        )  # fmt: skip


def _vector_rows(
    document: Document, ids: Sequence[UUID], vectors: Sequence[Sequence[float]]
) -> Iterator[Sequence[bytes]]:
    for id, vector in zip(ids, vectors, strict=True):
        yield (
            copying.uuid(id), copying.uuid(document.dataset_id), copying.uuid(document.pk), copying.text(MODEL),
            copying.int2(len(vector)), copying.boolean(True), copying.halfvec(vector),
        )  # fmt: skip


async def execute(text: str) -> None:
    """One statement without a time limit."""
    async with db.connect() as connection:
        await connection.execute(b"set statement_timeout = 0")
        await connection.execute(text.encode())
