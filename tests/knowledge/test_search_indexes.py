"""Indexes of large bases: made, resumed, used by the right searches, dropped."""

import json
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from apps.common import db
from apps.common.perloop import run
from apps.knowledge.choices import IndexKind
from apps.knowledge.configs import get_config
from apps.knowledge.contracts import Query, Scope
from apps.knowledge.lexical.tokens import count_slots
from apps.knowledge.models import Dataset, LexicalStat, SearchIndex, SegmentEmbedding
from apps.knowledge.retrieval import _sql
from apps.knowledge.retrieval._sql import QUERY_TERMS, arguments, by_vector, by_words
from apps.knowledge.services import search_indexes
from apps.knowledge.services.datasets import create_dataset, delete_dataset
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.embedding import Embedder
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.search_indexes import drop_indexes, plan_indexes, tend_indexes
from tests.knowledge.texts import ONE_A_LINE, long_text

LINES = 60


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch):
    """Thirty segments make a base large."""
    monkeypatch.setattr(search_indexes, "FROM_CHUNKS", dict.fromkeys(IndexKind, 30))
    yield
    SearchIndex.objects.all().delete()
    run(drop_indexes())


@pytest.fixture
def large(vectors: Dataset, add) -> Dataset:
    add(vectors, long_text(LINES), process_rule=ONE_A_LINE)
    return vectors


def indexes() -> dict[str, bool]:
    """Names of our indexes in Postgres, and whether they are valid."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select c.relname, x.indisvalid from pg_index x join pg_class c on c.oid = x.indexrelid"
            " where c.relname ~ '^knowledge_(vectors|words)_[0-9a-f]{32}$'"
        )
        return dict(cursor.fetchall())


def scope_of(dataset: Dataset) -> Scope:
    config = run(get_config(workspace_id=dataset.workspace_id, dataset_id=dataset.pk))
    assert config is not None
    return config.scope


def question(dataset: Dataset, text: str = "lamp and river") -> Query:
    async def embed():
        embedder = await Embedder.of(workspace_id=dataset.workspace_id, dataset_id=dataset.pk)
        return (await embedder.embed([text]))[0]

    return Query(text, count_slots(text), run(embed()))


def used_indexes(scope: Scope, query: Query, *, words: bool) -> set[str]:
    """Indexes that a half's plan reads its table by, once where the plan is generic and once where it is not."""
    halves = [QUERY_TERMS, by_words(scope, 10)] if words else [by_vector(scope, query, 10)]
    table = "knowledge_segmentlexical" if words else "knowledge_segmentembedding"
    text = f"with {','.join(halves)} select * from {'l' if words else 'v'}"

    async def explain(mode: str) -> str:
        async with db.connect() as pooled:
            await pooled.execute(f"set plan_cache_mode = {mode}".encode())
            await pooled.execute(b"set enable_seqscan = off")  # a table of a test is smaller than any index
            cursor = await pooled.execute(f"explain (format json, verbose) {text}".encode(), arguments(scope, query))
            row = await cursor.fetchone()
            return json.dumps(row[0])

    found: set[str] = set()
    for mode in ("force_generic_plan", "force_custom_plan"):
        plan = json.loads(run(explain(mode)))
        found |= {node["Index Name"] for node in nodes(plan[0]["Plan"]) if "Index Name" in node and reads(node, table)}
    return found


def nodes(plan: dict):
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def reads(node: dict, table: str) -> bool:
    """Whether a node scans the table (a bitmap's index names none, but it has no other)."""
    return node.get("Relation Name", table) == table


def test_a_base_that_has_grown_gets_both_indexes_and_its_searches_use_them(large):
    before = run(retrieve(workspace_id=large.workspace_id, dataset_ids=[large.pk], query="lamp and river", top_k=5))
    assert run(tend_indexes()) == 2
    rows = list(SearchIndex.objects.filter(dataset=large))
    assert {row.kind for row in rows} == {"vectors", "words"}
    assert all(row.ready_at and row.lease_owner is None for row in rows)
    assert indexes() == {row.name: True for row in rows}
    scope = scope_of(large)
    assert scope.has_vector_index
    assert scope.has_word_index
    names = {row.kind: row.name for row in rows}
    query = question(large)
    assert used_indexes(scope, query, words=False) == {names["vectors"]}
    assert used_indexes(scope, query, words=True) == {names["words"]}
    after = run(retrieve(workspace_id=large.workspace_id, dataset_ids=[large.pk], query="lamp and river", top_k=5))
    assert [round(hit.score, 4) for hit in after] == [round(hit.score, 4) for hit in before]
