"""Indexes of their own for large bases, each a partial index in Postgres that knows one base's rows only.

`tend_indexes` runs every few seconds: bases that have grown get a row of `SearchIndex`, whose index a worker makes
while searches go on without it (`ready_at` is empty); bases that have shrunk, went or changed their model lose it.
A row may go at any time, for searches without an index are only slower: the index itself is dropped afterwards, like
every index of our names that no row names.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from apps.common import db, notify
from apps.common.db import Connection
from apps.common.ids import new_id
from apps.knowledge.choices import UNFINISHED, IndexKind
from apps.knowledge.configs import TOPIC
from apps.knowledge.models import SearchIndex

from . import leases
from .leases import Lease

log = logging.getLogger(__name__)
# Segments from which an index pays, and below which it goes again (measured: bench/retrieval.md).
FROM_CHUNKS: Final = {IndexKind.VECTORS: 5_000, IndexKind.WORDS: 10_000}
KEPT_SHARE: Final = 0.5
# A base still being filled waits, for rows are added to an HNSW index a hundred times slower than without one; a base
# so many times larger than it need be does not wait.
NOT_WAITING: Final = 5
# The most dimensions an HNSW index takes (pgvector 0.8, halfvec).
MAX_DIMENSIONS: Final = 4_000
# Memory a build asks for: what its graph takes, within these bounds.
_MEMORY_MB: Final = (64, 1_024)
_BYTES_BESIDE_VECTOR: Final = 700
ORPHAN_S: Final = 2

_LARGE: Final = """
select d.id, {model}, {dim}
from knowledge_dataset d join knowledge_lexicalstat s on s.dataset_id = d.id
where s.chunks >= %(least)s and {condition}
  and (s.chunks >= %(not_waiting)s or not exists (
      select from knowledge_document k where k.dataset_id = d.id and k.indexing_status = any(%(unfinished)s)))
  and not exists (
      select from knowledge_searchindex i where i.dataset_id = d.id and i.kind = %(kind)s and i.model = {model})"""
_MODEL: Final = "d.embedding_provider || '/' || d.embedding_model"
_DIM: Final = "(select dim from knowledge_segmentembedding e where e.dataset_id = d.id and e.model = {model} limit 1)"
_LARGE_OF: Final = {
    IndexKind.VECTORS: _LARGE.format(
        model=_MODEL,
        dim=_DIM.format(model=_MODEL),
        condition=f"d.indexing_technique = 'high_quality' and {_DIM.format(model=_MODEL)} <= %(most_dimensions)s",
    ),
    IndexKind.WORDS: _LARGE.format(model="''", dim="null::int", condition="true"),
}
_INSERT: Final = """
insert into knowledge_searchindex (id, dataset_id, kind, model, dim, name, attempt, created_at)
values (%s, %s, %s, %s, %s, %s, 0, now()) on conflict do nothing"""

_OBSOLETE: Final = """
delete from knowledge_searchindex i using knowledge_dataset d left join knowledge_lexicalstat s on s.dataset_id = d.id
where d.id = i.dataset_id and i.kind = %(kind)s and (
    coalesce(s.chunks, 0) < %(kept)s
    or i.model <> '' and (d.indexing_technique <> 'high_quality' or i.model <> {model}))
returning d.id""".replace("{model}", _MODEL)
# Rows whose index went without our doing, as after a restore of rows alone.
_LOST: Final = """
update knowledge_searchindex i set ready_at = null where ready_at is not null and not exists (
    select from pg_index x where x.indexrelid = to_regclass(i.name) and x.indisvalid)
returning dataset_id"""
_UNNAMED: Final = """
select c.relname from pg_index x join pg_class c on c.oid = x.indexrelid
where x.indrelid = any(%s::text[]::regclass[])
  and c.relname ~ '^knowledge_(vectors|words)_[0-9a-f]{32}$'
  and not exists (select from knowledge_searchindex i where i.name = c.relname)"""

TABLES: Final[dict[str, str]] = {
    IndexKind.VECTORS: "knowledge_segmentembedding",
    IndexKind.WORDS: "knowledge_segmentlexical",
}
_VECTORS: Final = """
create index concurrently if not exists {name} on knowledge_segmentembedding
using hnsw ((embedding::halfvec({dim})) halfvec_ip_ops)
where dataset_id = {dataset} and model = {model} and dim = {dim}"""
_WORDS: Final = """
create index concurrently if not exists {name} on knowledge_segmentlexical
using gin (terms) with (fastupdate = off) where dataset_id = {dataset}"""


@dataclass(frozen=True, slots=True)
class _Build:
    """A claimed row's index."""

    dataset_id: UUID
    kind: str
    model: str
    dim: int | None
    name: str
    chunks: int

    @property
    def statement(self) -> sql.Composed:
        """What makes it. Everything is a literal: the planner compares a partial index with the words of a query."""
        values = {"dataset": sql.Literal(str(self.dataset_id)), "model": sql.Literal(self.model)}
        text = _VECTORS if self.kind == IndexKind.VECTORS else _WORDS
        return sql.SQL(text).format(name=sql.Identifier(self.name), dim=sql.Literal(self.dim), **values)

    @property
    def memory_mb(self) -> int:
        """Of maintenance_work_mem: beyond it pgvector builds on disk, many times slower."""
        least, most = _MEMORY_MB
        wanted = self.chunks * (2 * (self.dim or 0) + _BYTES_BESIDE_VECTOR) * 5 // 4 // 2**20
        return min(max(wanted, least), most)


async def tend_indexes() -> int:
    """Plans, drops and makes indexes until nothing is left to do; returns how many were made."""
    await plan_indexes()
    await drop_indexes()
    made = 0
    while lease := await leases.claim(SearchIndex, "ready_at is null"):
        async with leases.working(lease):
            await _make(lease)
            made += 1
    return made


async def plan_indexes() -> None:
    """Rows for bases that have grown large; rows of bases that are large no longer, or have another model, go."""
    changed = []
    for kind, least in FROM_CHUNKS.items():
        await _plan(kind, least)
        changed += await _fetch(_OBSOLETE, {"kind": str(kind), "kept": int(least * KEPT_SHARE)})
    changed += await db.fetch_all(_LOST)
    for (dataset_id,) in changed:
        await notify.asend(TOPIC, dataset_id)


async def _plan(kind: IndexKind, least: int) -> None:
    values = {
        "kind": str(kind),
        "least": least,
        "not_waiting": least * NOT_WAITING,
        "unfinished": [str(status) for status in UNFINISHED],
        "most_dimensions": MAX_DIMENSIONS,
    }
    for dataset_id, model, dim in await _fetch(_LARGE_OF[kind], values):
        id = new_id()
        await db.execute(_INSERT, id, dataset_id, str(kind), model, dim, f"knowledge_{kind}_{id.hex}")


async def drop_indexes() -> None:
    """Drops indexes in Postgres that no row names."""
    for (name,) in await db.fetch_all(_UNNAMED, list(TABLES.values())):
        async with _builder() as connection:
            if await _locked(connection, name):  # else somebody still makes it; the next run drops it
                await connection.execute(sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(name)))
                log.info("index %s dropped", name)


async def _make(lease: Lease) -> None:
    """Makes the index of a claimed row, or takes what a builder that was killed has finished."""
    row = await db.fetch_one(_CLAIMED, lease.key)
    if row is None:
        return
    build = _Build(*row)
    async with _builder() as connection:
        while not await _locked(connection, build.name):  # noqa: ASYNC110 - a lock of Postgres has no event
            await asyncio.sleep(ORPHAN_S / 2)
        if await _is_valid(connection, build.name) is False:
            await connection.execute(sql.SQL("drop index concurrently {}").format(sql.Identifier(build.name)))
        await connection.execute(f"set maintenance_work_mem = '{build.memory_mb}MB'".encode())
        await connection.execute(build.statement)
    await lease.release("error = null, ready_at = now()")
    await notify.asend(TOPIC, build.dataset_id)
    log.info("index %s of base %s made", build.name, build.dataset_id)


_CLAIMED: Final = """
select i.dataset_id, i.kind, i.model, i.dim, i.name, coalesce(s.chunks, 0)
from knowledge_searchindex i left join knowledge_lexicalstat s on s.dataset_id = i.dataset_id where i.id = %s"""


async def _is_valid(connection: Connection, name: str) -> bool | None:
    """Whether the index can be used; None where there is none."""
    query = b"select indisvalid from pg_index where indexrelid = to_regclass(%s)"
    row = await (await connection.execute(query, [name])).fetchone()
    return None if row is None else bool(row[0])


_SETTINGS: Final = (
    "statement_timeout = 0",
    "lock_timeout = 0",
    "max_parallel_maintenance_workers = 0",
    f"client_connection_check_interval = '{ORPHAN_S}s'",
)


@asynccontextmanager
async def _builder() -> AsyncIterator[Connection]:
    """A connection outside of the pool, for statements that take minutes.

    Postgres looks whether its client lives, so that nothing is built for long for a worker that was killed. Builds in
    one process: those in several ask for shared memory, of which a container has little.
    """
    async with await psycopg.AsyncConnection.connect(db.conninfo(), autocommit=True) as connection:
        for setting in _SETTINGS:
            await connection.execute(f"set {setting}".encode())
        yield connection


async def _locked(connection: Connection, name: str) -> bool:
    """Whether this session alone may make or drop the index, until it ends; the worker before may not be dead yet.

    Nobody waits for the lock: that would take a snapshot, for which the other's build waits in turn.
    """
    cursor = await connection.execute(b"select pg_try_advisory_lock(hashtextextended(%s, 0))", [name])
    row = await cursor.fetchone()
    return row is not None and bool(row[0])


async def _fetch(text: str, values: dict[str, Any]) -> list[db.Row]:
    async with db.connect() as connection:
        return await (await connection.execute(text.encode(), values)).fetchall()
