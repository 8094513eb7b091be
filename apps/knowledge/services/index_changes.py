"""Another technique or embedding model for a base that has documents.

Vectors of the new model are made beside those in use, batch by batch under the lease of an `IndexChange`; searches use
the old ones until all are there. The switch is one transaction. A row whose target is what the base has already is on
its last stage: vectors of other models are deleted, then the row is.

Whoever writes what segments are found by locks the base's totals and looks at its model (`segment_rows`,
`index_rows`); the switch locks the totals too. So nobody writes vectors of a model that the base no longer has, and
none is missing after the switch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction

from apps.common import db, jobs, notify
from apps.common.db import Connection
from apps.common.encoding import dumps
from apps.common.errors import NotFound
from apps.knowledge.choices import IndexingTechnique
from apps.knowledge.configs import TOPIC
from apps.knowledge.contracts import retrieval_methods
from apps.knowledge.errors import LeaseLost
from apps.knowledge.locks import lock_dataset
from apps.knowledge.models import Dataset, IndexChange, LexicalStat, SegmentLexical
from apps.knowledge.wire import dump_retrieval, parse_retrieval
from apps.models.services.resolve import resolve_model
from apps.workspaces.models import User
from apps.workspaces.services import audit

from . import copying, leases
from .embedding import Embedder
from .leases import Lease
from .pipeline import Pipeline, call_size

TASK: Final = "knowledge.change_indexes"
FIELDS: Final = ("indexing_technique", "embedding_provider", "embedding_model")
# Segments read at a time, and vectors deleted in one transaction.
PAGE: Final = 2_048
# Searches that began before the switch still look for vectors of the old model.
GRACE_S: Final = 10
_UNCLAIMED: Final[Mapping[str, Any]] = {
    "lease_owner": None, "lease_until": None, "attempt": 0, "waiting_reason": None, "retry_at": None, "error": None
}  # fmt: skip


def default_retrieval(technique: str | None) -> dict[str, Any]:
    """How a base is searched that says nothing of it: an economical one by words."""
    value = {"search_method": "keyword_search"} if technique == IndexingTechnique.ECONOMY else None
    return dump_retrieval(parse_retrieval(value))


def start_change(*, dataset: Dataset, wanted: Mapping[str, Any], user: User | None = None) -> None:
    """Begins another technique or model, in place of a change under way; the caller has locked the base.

    What needs no vectors happens at once.

    Args:
        wanted: those of `FIELDS` that are to be different.
    """
    target = {field: wanted.get(field, getattr(dataset, field)) for field in FIELDS}
    total = SegmentLexical.objects.filter(dataset=dataset.pk).count()
    values = {**target, **_UNCLAIMED, "total_segments": total, "completed_segments": 0, "created_by": user}
    if target["indexing_technique"] == IndexingTechnique.ECONOMY:
        list(LexicalStat.objects.select_for_update().filter(dataset=dataset).values_list("pk"))
        retrieval = _retrieval_after(dataset.retrieval_model, dataset.indexing_technique, IndexingTechnique.ECONOMY)
        Dataset.objects.filter(pk=dataset.pk).update(**target, retrieval_model=retrieval)
        dataset.refresh_from_db(fields=[*FIELDS, "retrieval_model"])
    change, _ = IndexChange.objects.update_or_create(dataset=dataset, defaults=values)
    dataset.index_change = change
    jobs.enqueue(TASK)


def cancel_change(*, dataset: Dataset, user: User | None = None) -> None:
    """Gives up a change under way; the vectors made for it go. Raises NotFound: there is none."""
    with transaction.atomic():
        dataset = lock_dataset(dataset)
        change = IndexChange.objects.select_for_update().filter(dataset=dataset).first()
        if change is None or is_made(dataset, change):
            raise NotFound("No change of the index is under way.")
        current = {field: getattr(dataset, field) for field in FIELDS}
        IndexChange.objects.filter(pk=change.pk).update(**current, **_UNCLAIMED)
        audit.record(
            workspace=dataset.workspace, user=user, action="dataset.cancel_change", object_type="dataset",
            object_id=dataset.pk, data={"model": str(change)},
        )  # fmt: skip
        notify.send(TOPIC, dataset.pk)
        jobs.enqueue(TASK)


def is_made(dataset: Dataset, change: IndexChange) -> bool:
    """Whether the base has what the change was for, so that only old vectors are left to delete."""
    return all(getattr(dataset, field) == getattr(change, field) for field in FIELDS)


async def run_changes() -> int:
    """Works on changes, oldest first, until nobody is needed; returns how many were taken."""
    taken = 0
    while lease := await leases.claim(IndexChange):
        async with leases.working(lease):
            await _work(lease)
        taken += 1
    return taken


@dataclass(frozen=True, slots=True)
class _Target:
    workspace_id: UUID
    technique: str
    provider: str
    name: str
    is_made: bool

    @property
    def model(self) -> str:
        """As vectors name it."""
        return f"{self.provider}/{self.name}" if self.technique == IndexingTechnique.HIGH_QUALITY else ""


_TARGET: Final = """
select d.workspace_id, c.indexing_technique, c.embedding_provider, c.embedding_model,
       (c.indexing_technique, c.embedding_provider, c.embedding_model)
       = (d.indexing_technique, d.embedding_provider, d.embedding_model)
from knowledge_indexchange c join knowledge_dataset d on d.id = c.dataset_id
where c.dataset_id = %s and c.lease_owner = %s"""


async def _work(lease: Lease) -> None:
    row = await db.fetch_one(_TARGET, lease.key, lease.owner)
    if row is None:
        raise LeaseLost
    target = _Target(*row)
    if target.is_made:
        return await _clean(lease, target.model)
    handle = await resolve_model(
        workspace_id=target.workspace_id, model_type="text-embedding", provider=target.provider, name=target.name
    )
    embedder = await Embedder.for_model(handle, lease.key)
    while True:
        await _embed_missing(lease, embedder)
        if await _switch(lease, target):
            return None


# Index rows, not segments: a document on its way embeds its own, with the model of the day.
_MISSING: Final = """
from knowledge_segmentlexical x join knowledge_segment s on s.id = x.segment_id
where x.dataset_id = %s and not exists (
    select from knowledge_segmentembedding e where e.segment_id = x.segment_id and e.model = %s)"""
_PAGE: Final = f"select x.segment_id, s.content, s.index_node_hash {_MISSING} and x.segment_id > %s order by 1 limit %s"
_ANY: Final = f"select exists (select {_MISSING})"

Text = tuple[UUID, str, str]
Vector = tuple[UUID, str, Sequence[float]]


async def _embed_missing(lease: Lease, embedder: Embedder) -> None:
    """One walk over the base."""

    async def embed(texts: Sequence[Text]) -> list[Vector]:
        vectors = await embedder.embed([content for _, content, _ in texts])
        return [(id, digest, vector or ()) for (id, _, digest), vector in zip(texts, vectors, strict=True)]

    async def write(vectors: Sequence[Vector]) -> None:
        await _write_vectors(lease, embedder.model, vectors)

    last = UUID(int=0)
    while rows := await db.fetch_all(_PAGE, lease.key, embedder.model, last, PAGE):
        texts: list[Text] = [(row[0], row[1], row[2]) for row in rows]
        await Pipeline(texts, call_size(embedder), embed, write).run()
        last = texts[-1][0]


# Only where the text is still what was embedded; whoever changes it waits for this transaction.
_SAME: Final = "(s.id, s.index_node_hash) in (select * from unnest(%s::uuid[], %s::text[]))"
_STILL: Final = f"select s.id, x.document_id, x.enabled {_MISSING} and {_SAME} for share of s"
_PROGRESS: Final = """
update knowledge_indexchange
set completed_segments = completed_segments + %s, attempt = 0, waiting_reason = null,
    lease_until = clock_timestamp() + %s * interval '1 second'
where dataset_id = %s and lease_owner = %s"""
_VECTORS: Final = "knowledge_segmentembedding (segment_id, dataset_id, document_id, model, dim, enabled, embedding)"


async def _write_vectors(lease: Lease, model: str, vectors: Sequence[Vector]) -> None:
    """Vectors and progress, in one transaction. Raises LeaseLost."""
    made = {id: vector for id, _, vector in vectors}
    digests = [digest for _, digest, _ in vectors]
    async with db.connect() as connection, connection.transaction():
        still = await connection.execute(_STILL.encode(), [lease.key, model, list(made), digests])
        rows = [
            (
                copying.uuid(id), copying.uuid(lease.key), copying.uuid(document_id), copying.text(model),
                copying.int2(len(made[id])), copying.boolean(enabled), copying.halfvec(made[id]),
            )
            for id, document_id, enabled in await still.fetchall()
        ]  # fmt: skip
        progress = [len(rows), settings.INDEXING_LEASE_S, lease.key, lease.owner]
        if not (await connection.execute(_PROGRESS.encode(), progress)).rowcount:
            raise LeaseLost
        await copying.copy_rows(connection, _VECTORS, rows)
        await connection.execute(b"select pg_notify('parley', 'index_change:' || %s::text)", [lease.key])


_SYNC: Final = """
update knowledge_segmentembedding e set enabled = x.enabled from knowledge_segmentlexical x
where x.segment_id = e.segment_id and e.dataset_id = %s and e.model = %s and e.enabled <> x.enabled"""
_SET: Final = """
update knowledge_dataset
set indexing_technique = %s, embedding_provider = %s, embedding_model = %s, retrieval_model = %s, updated_at = now()
where id = %s"""
_RELEASE: Final = """
update knowledge_indexchange
set lease_owner = null, lease_until = null, attempt = 0, waiting_reason = null,
    retry_at = clock_timestamp() + %s * interval '1 second'
where dataset_id = %s and lease_owner = %s"""


async def _switch(lease: Lease, target: _Target) -> bool:
    """Gives the base its new model, unless a vector is missing; returns whether it did. Raises LeaseLost."""
    async with db.connect() as connection, connection.transaction():
        technique, retrieval = await _locked(connection, lease.key)
        cursor = await connection.execute(_ANY.encode(), [lease.key, target.model])
        [is_missing] = await cursor.fetchone() or [True]
        if is_missing:
            return False
        if not (await connection.execute(_RELEASE.encode(), [GRACE_S, lease.key, lease.owner])).rowcount:
            raise LeaseLost
        await connection.execute(_SYNC.encode(), [lease.key, target.model])
        after = dumps(_retrieval_after(retrieval, technique, target.technique))
        fields = [target.technique, target.provider, target.name, after, lease.key]
        await connection.execute(_SET.encode(), fields)
        await connection.execute(b"select pg_notify('parley', 'dataset:' || %s::text)", [lease.key])
    return True


async def _locked(connection: Connection, dataset_id: UUID) -> tuple[str, dict[str, Any]]:
    """Locks the base, then its totals; returns its technique and retrieval settings. Raises LeaseLost: deleted."""
    select = b"select indexing_technique, retrieval_model from knowledge_dataset where id = %s for no key update"
    row = await (await connection.execute(select, [dataset_id])).fetchone()
    if row is None:
        raise LeaseLost
    await connection.execute(b"select from knowledge_lexicalstat where dataset_id = %s for update", [dataset_id])
    return row[0], row[1]


def _retrieval_after(retrieval: dict[str, Any], technique: str | None, new: str) -> dict[str, Any]:
    """Settings after a switch: what nobody chose follows the technique; nothing asks for vectors where none are."""
    if retrieval == default_retrieval(technique):
        return default_retrieval(new)
    needs_vector = retrieval_methods.get(retrieval["search_method"]).needs_vector
    if new == IndexingTechnique.ECONOMY and needs_vector:
        return {**retrieval, "search_method": "keyword_search"}
    return retrieval


_DELETE: Final = """
delete from knowledge_segmentembedding where (segment_id, model) in (
    select segment_id, model from knowledge_segmentembedding where dataset_id = %s and model <> %s limit %s)"""
_END: Final = "delete from knowledge_indexchange where dataset_id = %s and lease_owner = %s"


async def _clean(lease: Lease, model: str) -> None:
    """Deletes vectors of other models, then the row of the change. Raises LeaseLost."""
    while await db.execute(_DELETE, lease.key, model, PAGE):
        await lease.progress("error = null")
    if not await db.execute(_END, lease.key, lease.owner):
        raise LeaseLost
