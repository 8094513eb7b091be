"""Bases out of other installations' vector stores: the vectors that are there, and not one call of a model."""

import json
from collections.abc import Iterator
from io import StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import call_command

from apps.common.errors import AppError, Conflict
from apps.common.fsck import run_checks
from apps.common.perloop import run
from apps.knowledge.errors import VectorStoreFailed
from apps.knowledge.models import Dataset, Document, Segment, SegmentEmbedding
from apps.knowledge.selectors import get_dataset
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.store_contracts import vector_stores
from apps.models.drivers._demo_text import embed
from apps.models.handles import ModelHandle
from tests.factories import make_workspace
from tests.fakes.vector_stores import (
    KEY,
    MilvusHandler,
    OtherHandler,
    QdrantHandler,
    Rows,
    VectorServer,
    WeaviateHandler,
)
from tests.knowledge.texts import PASSAGES

pytestmark = pytest.mark.django_db(transaction=True)
HANDLERS = {"qdrant": QdrantHandler, "weaviate": WeaviateHandler, "milvus": MilvusHandler}
FIRST, SECOND = UUID(int=0xA1 << 96), UUID(int=0xB2 << 96)
DOCUMENTS = [UUID(int=number << 64) for number in (1, 2, 3)]
TEXTS = [f"{text} ({number})" for number in range(18) for text in PASSAGES]  # more than two pages


def name_of(dataset: UUID) -> str:
    return f"Vector_index_{str(dataset).replace('-', '_')}_Node"


def rows_of(dataset: UUID, texts: list[str], documents: list[UUID]) -> Rows:
    return [
        (
            str(uuid4()),
            text,
            {
                "doc_id": str(UUID(int=dataset.int + number)), "doc_hash": "0" * 64, "dataset_id": str(dataset),
                "document_id": str(documents[number % len(documents)]),
            },
            embed(text),
        )
        for number, text in enumerate(texts)
    ]  # fmt: skip


@pytest.fixture(params=HANDLERS)
def store(request, workspace) -> Iterator[tuple[str, VectorServer]]:
    collections = {
        name_of(FIRST): rows_of(FIRST, TEXTS, DOCUMENTS[:2]),
        name_of(SECOND): rows_of(SECOND, PASSAGES[:3], DOCUMENTS[2:]),
        "Somebody_elses": rows_of(FIRST, ["not ours"], DOCUMENTS),
    }
    server = VectorServer(HANDLERS[request.param], collections)
    yield request.param, server
    server.stop()


@pytest.fixture
def calls(monkeypatch) -> list[object]:
    """Of any embedding model."""
    found: list[object] = []
    monkeypatch.setattr(ModelHandle, "embed", lambda self, texts: found.append(texts))
    return found


def migrate(store: tuple[str, VectorServer], *arguments: str, name: str = "vdb_migrate") -> dict[str, Any]:
    out, (kind, server) = StringIO(), store
    call_command(name, "--from", kind, "--url", server.url, "--api-key", KEY, *arguments, "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def test_ret_12_bases_come_out_of_each_store_with_their_vectors(store, workspace, calls):
    found = migrate(store, "--dataset-map", json.dumps({str(FIRST): "Lamps", str(SECOND): "Few"}))
    assert [(row["dataset_id"], row["name"], row["documents"], row["segments"]) for row in found["bases"]] == [
        (str(FIRST), "Lamps", 2, len(TEXTS)),
        (str(SECOND), "Few", 1, 3),
    ]
    assert found["skipped"] == 0
    base = get_dataset(workspace=workspace, dataset_id=FIRST)
    assert (base.embedding_provider, base.embedding_model) == ("demo", "demo-embedding")
    assert sorted(Segment.objects.filter(dataset=base).values_list("content", flat=True)) == sorted(TEXTS)
    assert set(Document.objects.filter(dataset=base).values_list("pk", flat=True)) == set(DOCUMENTS[:2])
    vector = SegmentEmbedding.objects.get(segment__content=TEXTS[7])
    assert vector.dim == len(embed("x"))
    assert vector.embedding == pytest.approx(embed(TEXTS[7]), abs=1e-3)
    assert calls == []
    assert run_checks().found == {}


def test_questions_are_answered_from_the_vectors(store, workspace):
    migrate(store)
    for method in ("semantic_search", "full_text_search"):
        Dataset.objects.update(retrieval_model={"search_method": method, "top_k": 2})
        hits = run(retrieve(workspace_id=workspace.pk, dataset_ids=[FIRST], query=TEXTS[20]))
        assert hits[0].content == TEXTS[20]


def test_cmd_05_run_again_it_adds_what_is_new(store, workspace):
    first = migrate(store, name="vdb_migrarte")
    assert [row["name"] for row in first["bases"]] == ["Migrated 000000a1", "Migrated 000000b2"]
    before = set(Segment.objects.values_list("pk", "position"))
    assert [(row["documents"], row["segments"]) for row in migrate(store)["bases"]] == [(0, 0), (0, 0)]
    assert set(Segment.objects.values_list("pk", "position")) == before
    _, server = store
    more = rows_of(SECOND, [*PASSAGES[:3], "A new passage."], DOCUMENTS[2:])
    server.collections[name_of(SECOND)] = more
    assert [(row["documents"], row["segments"]) for row in migrate(store)["bases"]] == [(0, 0), (0, 1)]
    assert run_checks().found == {}


def test_a_dry_run_counts_and_changes_nothing(store):
    found = migrate(store, "--dry-run")
    assert found["dry_run"]
    assert [row["segments"] for row in found["bases"]] == [len(TEXTS), 3]
    assert not Dataset.objects.exists()


def test_only_the_bases_named_are_taken(store):
    assert [row["name"] for row in migrate(store, "--dataset-map", json.dumps({str(SECOND): "Few"}))["bases"]] == [
        "Few"
    ]
    assert Dataset.objects.count() == 1


def test_points_of_no_use_are_counted_and_left_out(store):
    _, server = store
    good = rows_of(SECOND, PASSAGES[:2], DOCUMENTS[2:])
    id, text, metadata, vector = good[0]
    bad = [
        ("00000000-0000-4000-8000-000000000001", " \0 ", metadata, vector),
        ("00000000-0000-4000-8000-000000000002", text, {"doc_id": "annotation"}, vector),
        ("00000000-0000-4000-8000-000000000003", text, metadata, []),
        ("00000000-0000-4000-8000-000000000004", text, metadata, [1e9] * len(vector)),
    ]
    other = ("00000000-0000-4000-8000-000000000005", text, {**metadata, "doc_id": "short"}, [0.5, 0.5])
    server.collections = {name_of(SECOND): [*good, *bad, other]}
    found = migrate(store)
    assert (found["skipped"], found["bases"][0]["segments"]) == (4, 2)
    assert "other dimensions" in found["warnings"][0]
    assert run_checks().found == {}


def test_a_store_that_loses_points_is_no_success(store):
    store[1].cut = True
    with pytest.raises(VectorStoreFailed, match="Only 100 of the 234 points"):
        migrate(store)
    assert not Dataset.objects.exists()


def test_a_wrong_key_is_named(store):
    kind, server = store
    with pytest.raises(VectorStoreFailed, match="refuses the key"):
        call_command("vdb_migrate", "--from", kind, "--url", server.url, "--api-key", "wrong-key", "--json")


def test_the_manual_s_variables_name_store_and_key(store, monkeypatch):
    kind, server = store
    values = {
        "qdrant": {"QDRANT_URL": server.url, "QDRANT_API_KEY": KEY},
        "weaviate": {"WEAVIATE_ENDPOINT": server.url, "WEAVIATE_API_KEY": KEY},
        "milvus": {"MILVUS_HOST": "127.0.0.1", "MILVUS_PORT": str(server.server_port)},
    }[kind]
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    key = ["--api-key", KEY] if kind == "milvus" else []
    out = StringIO()
    call_command("vdb_migrate", "--from", kind, *key, "--dry-run", "--json", stdout=out)
    assert len(json.loads(out.getvalue())["bases"]) == 2


def test_a_base_or_document_of_others_is_left_alone(store, workspace):
    migrate(store)
    other = make_workspace("Other", "other@example.org")
    with pytest.raises(Conflict, match="another workspace"):
        migrate(store, "--workspace", other.name)
    found = migrate(store, "--workspace", workspace.name, "--embedding", "openai/text-embedding-3-small")
    assert [row["segments"] for row in found["bases"]] == [0, 0]
    assert all("with another model" in warning for warning in found["warnings"])


def test_a_model_the_workspace_has_not_is_said(store):
    found = migrate(store, "--embedding", "openai/text-embedding-3-small")
    assert all("this workspace has not" in warning for warning in found["warnings"])
    assert set(SegmentEmbedding.objects.values_list("model", flat=True)) == {"openai/text-embedding-3-small"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "pinecone"], "knowledge_add"),
        (["--from", "zilliz"], "--from milvus"),
        (["--from", "paper"], "Known: milvus, qdrant, weaviate"),
        (["--from", "qdrant"], "--url"),
        (["--from", "qdrant", "--url", "127.0.0.1:6333"], "--url"),
        (["--from", "qdrant", "--url", "http://x", "--dataset-map", '{"a": "b"}'], "no id"),
        (["--from", "qdrant", "--url", "http://x", "--embedding", "demo"], "PROVIDER/MODEL"),
        (["--from", "qdrant", "--url", "http://127.0.0.1:1"], "connect"),
    ],
)
def test_wrong_arguments_are_explained(workspace, arguments, sentence):
    with pytest.raises(AppError, match=sentence):
        call_command("vdb_migrate", *arguments, "--json")


def test_another_server_s_answer_is_no_store(workspace):
    server = VectorServer(OtherHandler, {})
    for kind in vector_stores.all():
        with pytest.raises(VectorStoreFailed, match="is not"):
            call_command("vdb_migrate", "--from", kind, "--url", server.url, "--json")
    server.stop()


def test_progress_is_told(store, capsys):
    kind, server = store
    call_command("vdb_migrate", "--from", kind, "--url", server.url, "--api-key", KEY)
    assert f"{name_of(FIRST)}: 234 of 234 points read" in capsys.readouterr().err
    assert vector_stores.failures == {}
