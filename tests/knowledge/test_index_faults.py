"""Faults of providers, disks and clocks: each has its outcome, and a retry goes on from what is there."""

import resource
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.utils import timezone

from apps.common.perloop import run
from apps.files.models import UploadFile
from apps.knowledge.errors import DocumentIndexing
from apps.knowledge.models import Document, Segment, SegmentEmbedding, SegmentLexical
from apps.knowledge.services import pipeline
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.indexing import index_document, index_pending
from apps.knowledge.services.job_control import retry_document
from apps.models import attempts, health
from apps.models.contracts import Embeddings
from apps.models.errors import ProviderRateLimited, ProviderUnavailable
from apps.models.services.credentials import remove_credentials
from tests.factories import make_provider
from tests.fakes.upstream import Upstream
from tests.http import Client
from tests.knowledge.api import add_text, create, error_of
from tests.knowledge.test_indexing import fresh, in_thread, nothing, on_embed, waiting  # noqa: F401 - a fixture
from tests.knowledge.texts import PASSAGES, TEXT, long_text

PROVIDER, NAME = "openai_api_compatible", "text-embedding-3-small"


def test_kb_18_a_rate_limit_of_an_hour_is_waited_for_and_shown(client: Client, on_embed):  # noqa: F811
    dataset_id = create(
        client, indexing_technique="high_quality", embedding_model_provider="demo", embedding_model="demo-embedding"
    )
    batch = add_text(client, dataset_id, long_text(300)).json()["batch"]
    limited = True

    async def limit(texts):
        if limited and any(text.startswith("Chapter 200.") for text in texts):
            raise ProviderRateLimited("Slow down, please.", retry_after_s=3600)

    seen = on_embed(limit)
    run(index_pending())
    path = f"/v1/datasets/{dataset_id}/documents/{batch}/indexing-status"
    [status] = client.get(path).json()["data"]
    assert (status["indexing_status"], status["waiting_reason"]) == ("indexing", "Slow down, please.")
    assert 3_500 < status["retry_at"] - timezone.now().timestamp() < 3_601
    assert Document.objects.get().attempt == 0
    assert run(index_pending()) == 0
    limited = False
    health.forget_all()  # as if the hour had passed
    Document.objects.update(retry_at=None)
    run(index_pending())
    [status] = client.get(path).json()["data"]
    assert (status["indexing_status"], status["waiting_reason"], status["retry_at"]) == ("completed", None, None)
    assert len(seen) == len(set(seen)) == 300


def test_every_third_call_fails(vectors, on_embed):  # noqa: F811
    document, calls = waiting(vectors, long_text(600)), []

    async def every_third(texts):
        calls.append(1)
        if len(calls) % 3 == 0:
            raise ProviderUnavailable("Internal error.")

    seen = on_embed(every_third)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert len(seen) == len(set(seen)) == 600


def test_r_06_a_server_that_stalls_is_left_and_asked_again(workspace, upstream, settings, monkeypatch):
    monkeypatch.setattr(attempts, "BACK_OFF_S", 0.0)
    settings.MODEL_CONNECT_TIMEOUT_S = settings.MODEL_FIRST_BYTE_TIMEOUT_S = settings.MODEL_IDLE_TIMEOUT_S = 0.3
    stalled = Upstream("--embed-ms", "60000")
    try:
        make_provider(workspace, stalled.base_url, **{NAME: "text-embedding"})
        dataset = create_dataset(
            workspace=workspace,
            name="Slow",
            indexing_technique="high_quality",
            embedding_provider=PROVIDER,
            embedding_model=NAME,
        )
        document = waiting(dataset)
        run(index_pending())
        assert (fresh(document).indexing_status, fresh(document).attempt) == ("indexing", 1)
        assert "sent no data" in fresh(document).waiting_reason
        assert not SegmentEmbedding.objects.exists()
        assert not SegmentLexical.objects.exists()
    finally:
        stalled._process.kill()  # it would end its answers first
    make_provider(workspace, upstream.base_url, **{NAME: "text-embedding"})
    Document.objects.update(retry_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert SegmentEmbedding.objects.count() == len(PASSAGES)


def test_a_wrong_dimension_names_the_model(vectors, add, on_embed):  # noqa: F811
    add(vectors, PASSAGES[0])

    async def short(texts):
        return Embeddings([[1.0] * 7] * len(texts), 1)

    on_embed(short)
    document = waiting(vectors, PASSAGES[1])
    run(index_pending())
    assert fresh(document).error.startswith("demo/demo-embedding returned a vector of 7 dimensions")
    on_embed(nothing)
    retry_document(document=document)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"


def test_a_key_removed_half_way_ends_with_a_sentence(workspace, upstream):
    make_provider(workspace, upstream.base_url, **{NAME: "text-embedding"})
    dataset = create_dataset(
        workspace=workspace, name="Base", indexing_technique="high_quality", embedding_provider=PROVIDER,
        embedding_model=NAME,
    )  # fmt: skip
    first, second = waiting(dataset, TEXT), waiting(dataset, long_text(50))
    run(index_document(first.pk))
    remove_credentials(workspace=workspace, user=None, provider=PROVIDER)
    run(index_pending())
    assert fresh(first).indexing_status == "completed"
    assert fresh(second).indexing_status == "error"
    assert "credentials" in fresh(second).error
    assert fresh(second).segment_count == 50  # read and split already
    make_provider(workspace, upstream.base_url, **{NAME: "text-embedding"})
    retry_document(document=second)
    run(index_pending())
    assert fresh(second).completed_segments == 50


@pytest.mark.parametrize("moved", [timedelta(days=-1), timedelta(days=1)])
def test_a_moved_clock_changes_nothing(vectors, on_embed, monkeypatch, moved):  # noqa: F811
    document, now = waiting(vectors), timezone.now
    monkeypatch.setattr(timezone, "now", lambda: now() + moved)

    def delete():
        with pytest.raises(DocumentIndexing):
            delete_document(document=document)

    async def in_call(texts):
        await in_thread(delete)
        assert await index_pending() == 0

    on_embed(in_call)
    run(index_pending())
    done = fresh(document)
    assert done.indexing_status == "completed"
    assert abs(done.completed_at - now()) < timedelta(minutes=1)


def test_a_full_disk_refuses_a_file_and_keeps_nothing_of_it(client: Client):
    dataset_id = create(client)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, hard))  # writing beyond it fails as on a full disk
    try:
        answer = add_text(client, dataset_id, long_text(100))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert error_of(answer)[:2] == (503, "service_unavailable")
    assert not Document.objects.exists()
    assert not UploadFile.objects.exists()
    assert not [path for path in Path(django_settings.MEDIA_ROOT).rglob("*.txt") if path.stat().st_size == 1_000]


def test_a_full_database_is_waited_for_and_told(vectors, on_embed, monkeypatch):  # noqa: F811
    monkeypatch.setattr(pipeline, "OUTAGE_S", 0.0)
    monkeypatch.setattr(pipeline, "PAUSE_S", 0.0)
    document, seen = waiting(vectors), on_embed(nothing)
    with connection.cursor() as cursor:
        cursor.execute(
            "create function full_disk() returns trigger language plpgsql as "
            "$$ begin raise 'could not extend file' using errcode = '53100'; end $$"
        )
        cursor.execute(
            "create trigger full_disk before insert on knowledge_segmentembedding execute function full_disk()"
        )
        try:
            run(index_pending())
        finally:
            cursor.execute("drop function full_disk cascade")
    stopped = fresh(document)
    assert stopped.waiting_reason == "The database has no room left. Indexing goes on by itself when there is."
    assert (stopped.lease_owner, stopped.attempt) == (None, 0)
    assert stopped.retry_at > timezone.now()
    assert not SegmentLexical.objects.exists()
    Document.objects.update(retry_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert SegmentEmbedding.objects.count() == Segment.objects.count() == len(PASSAGES)
    assert set(seen) == set(PASSAGES)
