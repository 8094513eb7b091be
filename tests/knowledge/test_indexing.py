"""The indexing job: what it writes, and what becomes of it when providers, workers or people interfere."""

import asyncio
import math
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import pairwise

import pytest
from django.db import connection
from django.utils import timezone

from apps.common import db
from apps.common.perloop import run
from apps.knowledge.choices import IndexingStatus, SegmentStatus
from apps.knowledge.errors import DocumentIndexing
from apps.knowledge.models import Dataset, Document, Segment, SegmentEmbedding, SegmentLexical, TermStat
from apps.knowledge.services import indexing, jobs
from apps.knowledge.services import segment_rows as indexing_rows
from apps.knowledge.services.datasets import delete_dataset
from apps.knowledge.services.documents import create_document_from_file, create_document_from_text, delete_document
from apps.knowledge.services.indexing import index_document, index_pending
from apps.models import attempts, health
from apps.models.contracts import Embeddings
from apps.models.drivers.demo import DemoDriver
from apps.models.errors import ProviderRateLimited, ProviderUnauthorised, ProviderUnavailable
from tests.knowledge.tables import everything, left_behind
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT, long_text

Hook = Callable[[Sequence[str]], Awaitable[Embeddings | None]]


@pytest.fixture
def on_embed(monkeypatch) -> Callable[[Hook], list[str]]:
    """Calls a hook before the demo provider embeds; what the hook returns or raises takes its answer's place."""
    seen: list[str] = []
    embed = DemoDriver.embed
    monkeypatch.setattr(attempts, "BACK_OFF_S", 0.0)

    def install(hook: Hook) -> list[str]:
        async def hooked(self, endpoint, model, texts):
            answer = await hook(texts)
            if answer is None:
                seen.extend(texts)
                answer = await embed(self, endpoint, model, texts)
            return answer

        monkeypatch.setattr(DemoDriver, "embed", hooked)
        return seen

    return install


def waiting(dataset: Dataset, text: str = TEXT, **options) -> Document:
    return create_document_from_text(dataset=dataset, name="Text", text=text, process_rule=ONE_A_LINE, **options)


def fresh(document: Document) -> Document:
    return Document.objects.get(pk=document.pk)


def test_an_economical_document(economy, add):
    document = add(economy, TEXT, process_rule=ONE_A_LINE)
    assert document.indexing_status == IndexingStatus.COMPLETED
    assert document.segment_count == document.completed_segments == len(PASSAGES)
    assert document.word_count == sum(map(len, PASSAGES))
    stages = [
        document.processing_started_at, document.parsing_completed_at, document.cleaning_completed_at,
        document.splitting_completed_at, document.completed_at,
    ]  # fmt: skip
    assert None not in stages
    assert all(one <= other for one, other in pairwise(stage for stage in stages if stage))
    assert (document.lease_owner, document.lease_until, document.attempt) == (None, None, 0)
    assert list(Segment.objects.order_by("position").values_list("content", flat=True)) == PASSAGES
    assert set(Segment.objects.values_list("status", flat=True)) == {SegmentStatus.COMPLETED}
    assert SegmentLexical.objects.count() == len(PASSAGES)
    assert not SegmentEmbedding.objects.exists()


def test_an_economical_base_calls_no_model(economy, add, on_embed):
    async def never(texts):
        raise AssertionError("called")

    on_embed(never)
    assert add(economy, TEXT).indexing_status == IndexingStatus.COMPLETED


def test_high_quality_embeds_each_segment_once(vectors, add, on_embed):
    async def nothing(texts):
        return None

    seen = on_embed(nothing)
    document = add(vectors, long_text(300), process_rule=ONE_A_LINE)
    assert document.completed_segments == 300
    assert sorted(seen) == sorted(Segment.objects.values_list("content", flat=True))
    assert set(SegmentEmbedding.objects.values_list("model", flat=True)) == {"demo/demo-embedding"}


def test_json_lines_with_answers_and_keywords(economy):
    lines = b'{"content": "What is a lamp?", "answer": "A light.", "keywords": ["lamp"]}\n{"text": "Bees dance."}'
    create_document_from_file(dataset=economy, name="pairs.jsonl", data=lines)
    run(index_pending())
    assert list(Segment.objects.order_by("position").values_list("content", "answer", "keywords")) == [
        ("What is a lamp?", "A light.", ["lamp"]),
        ("Bees dance.", None, None),
    ]


def test_the_oldest_is_taken_first_and_all_are_taken(economy):
    documents = [waiting(economy, name_text) for name_text in PASSAGES[:4]]
    assert run(index_pending()) == 4
    finished = [fresh(document).completed_at for document in documents]
    assert all(one and other and one <= other for one, other in pairwise(finished))
    assert run(index_pending()) == 0


def test_two_workers_do_not_take_the_same_document(economy):
    for text in PASSAGES[:6]:
        waiting(economy, text)

    async def both() -> tuple[int, int, int]:
        return await asyncio.gather(index_pending(), index_pending(), index_pending())

    assert sum(run(both())) == 6
    assert Segment.objects.count() == SegmentLexical.objects.count() == 6


def test_a_provider_that_limits_the_rate_is_waited_for_and_named(vectors, on_embed):
    document = waiting(vectors)
    limited = True

    async def limit(texts):
        if limited:
            raise ProviderRateLimited("Slow down, please.", retry_after_s=60)

    on_embed(limit)
    for _ in range(jobs.MAX_ATTEMPTS + 2):
        Document.objects.update(retry_at=None)
        assert run(index_pending()) == 1
    stopped = fresh(document)
    assert stopped.indexing_status == IndexingStatus.INDEXING
    assert stopped.waiting_reason == "Slow down, please."
    assert timedelta(seconds=50) < stopped.retry_at - timezone.now() <= timedelta(seconds=60)
    assert run(index_pending()) == 0  # nobody asks again before the provider wants to be asked
    limited = False
    health.forget_all()  # as if the time had passed
    Document.objects.update(retry_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.COMPLETED
    assert fresh(document).waiting_reason is None


def test_a_provider_that_is_down_is_tried_again_and_given_up_with_its_words(vectors, on_embed):
    document = waiting(vectors)

    async def down(texts):
        raise ProviderUnavailable("The provider is on fire.")

    on_embed(down)
    for attempt in range(1, jobs.MAX_ATTEMPTS + 1):
        assert run(index_pending()) == 1
        stopped = fresh(document)
        assert (stopped.indexing_status, stopped.attempt) == (IndexingStatus.INDEXING, attempt)
        assert stopped.waiting_reason == "The provider is on fire."
        assert stopped.retry_at > timezone.now()
        health.forget_all()  # as if its rest were over
        Document.objects.update(retry_at=None)
    run(index_pending())
    ended = fresh(document)
    assert ended.indexing_status == IndexingStatus.ERROR
    assert ended.error == "Given up after 5 attempts: The provider is on fire."
    assert ended.stopped_at


def test_a_refused_key_ends_at_once_with_the_providers_words(vectors, on_embed):
    document = waiting(vectors)

    async def refuse(texts):
        raise ProviderUnauthorised("Incorrect API key provided.")

    on_embed(refuse)
    run(index_pending())
    assert (fresh(document).indexing_status, fresh(document).error) == ("error", "Incorrect API key provided.")
    assert not SegmentLexical.objects.exists()


@pytest.mark.parametrize(
    ("answer", "status", "sentence"),
    [
        (lambda texts: Embeddings([[1.0] * 7] * len(texts), 1), "error", "7 dimensions; this knowledge base holds"),
        (lambda texts: Embeddings([[1.0]] * (len(texts) - 1), 1), "indexing", "vectors for"),
        (lambda texts: Embeddings([], 1), "indexing", "0 vectors for"),
        (lambda texts: Embeddings([[math.nan] * 512] * len(texts), 1), "indexing", "not finite"),
    ],
)
def test_vectors_that_cannot_be_right_are_not_stored(vectors, add, on_embed, answer, status, sentence):
    add(vectors, PASSAGES[0])
    dimensions = SegmentEmbedding.objects.get().dim

    async def wrong(texts):
        found = answer(texts)
        if found.vectors and math.isnan(found.vectors[0][0]):
            return Embeddings([[math.nan] * dimensions] * len(texts), 1)
        return found

    on_embed(wrong)
    document = waiting(vectors, "\n".join(PASSAGES[1:]))
    run(index_pending())
    ended = fresh(document)
    assert ended.indexing_status == status
    assert sentence in (ended.error or ended.waiting_reason)
    assert SegmentEmbedding.objects.count() == SegmentLexical.objects.count() == 1


def test_what_was_embedded_is_kept_when_another_call_of_the_batch_fails(vectors, on_embed):
    document = waiting(vectors, long_text(150))
    broken = True

    async def sometimes(texts):
        if broken and any(text.startswith("Chapter 40.") for text in texts):
            raise ProviderUnavailable("Not now.")

    seen = on_embed(sometimes)
    run(index_pending())
    partly = fresh(document)
    assert 0 < partly.completed_segments < 150
    assert partly.completed_segments == SegmentEmbedding.objects.count() == len(seen)
    broken = False
    Document.objects.update(retry_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.COMPLETED
    assert len(seen) == len(set(seen)) == 150


def test_an_unexpected_fault_is_logged_and_retried(economy, monkeypatch, caplog):
    document = waiting(economy)

    def broken(*args):
        raise ZeroDivisionError

    monkeypatch.setattr(indexing.reading, "cut", broken)
    run(index_pending())
    assert "described in the server's log" in fresh(document).waiting_reason
    assert "ZeroDivisionError" in caplog.text
    monkeypatch.undo()
    Document.objects.update(retry_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.COMPLETED


def test_a_lost_file_ends_in_error(economy):
    from apps.files import storage

    document = waiting(economy)
    storage.delete(document.upload_file.storage_key)
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.ERROR
    assert "no longer there" in fresh(document).error


def test_the_heart_beats_while_a_model_thinks(vectors, on_embed, settings):
    settings.INDEXING_LEASE_S = 1.5  # beats come every half second, and the machine may be busy
    document = waiting(vectors)
    taken: list[bool] = []

    async def slow(texts):
        while len(taken) < 6 and not any(taken):
            await asyncio.sleep(0.35)
            taken.append(await index_document(document.pk))

    on_embed(slow)
    run(index_pending())
    assert taken == [False] * 6
    assert fresh(document).indexing_status == IndexingStatus.COMPLETED


def test_who_lost_the_lease_writes_nothing_more(vectors, on_embed):
    document = waiting(vectors)
    thief = jobs.new_id()

    async def robbed(texts):
        await db.execute("update knowledge_document set lease_owner = %s", thief)

    on_embed(robbed)
    run(index_pending())
    robbed_of = fresh(document)
    assert (robbed_of.lease_owner, robbed_of.completed_segments) == (thief, 0)
    assert robbed_of.indexing_status == IndexingStatus.INDEXING
    assert not SegmentEmbedding.objects.exists()


def test_one_document_is_claimed_whatever_the_plan(economy):
    for text in PASSAGES[:4]:
        waiting(economy, text)
    # As after everything was deleted: the table is thought to be empty, and is read before what is to be claimed.
    with connection.cursor() as cursor:
        cursor.execute("update pg_class set reltuples = 0, relpages = 1 where relname like 'knowledge_document%'")
    assert run(jobs.claim()) is not None
    assert Document.objects.filter(lease_owner__isnull=False).count() == 1


def test_a_worker_that_is_gone_is_replaced_when_its_lease_ends(economy):
    document = waiting(economy)
    assert run(jobs.claim()) is not None
    assert run(index_pending()) == 0
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert run(index_pending()) == 1
    assert fresh(document).indexing_status == IndexingStatus.COMPLETED


def test_a_document_that_kills_its_workers_is_given_up(economy):
    document = waiting(economy)
    for _ in range(jobs.MAX_ATTEMPTS):
        assert run(jobs.claim()) is not None
        Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.ERROR
    assert "its worker was stopped each time" in fresh(document).error


def in_thread(function: Callable[[], None]) -> Awaitable[None]:
    def call() -> None:
        try:
            function()
        finally:
            connection.close()

    return asyncio.to_thread(call)


def test_a_base_deleted_while_it_is_indexed_leaves_nothing(vectors, on_embed):
    waiting(vectors, long_text(600))
    calls = []

    async def delete_at_the_sixth_call(texts):
        calls.append(1)
        if len(calls) == 6:  # in the second batch
            await in_thread(lambda: delete_dataset(dataset=Dataset.objects.get(pk=vectors.pk)))

    on_embed(delete_at_the_sixth_call)
    run(index_pending())
    assert len(calls) >= 6
    assert left_behind() == {}


def test_a_document_being_indexed_cannot_be_deleted_but_a_stuck_one_can(economy):
    document = waiting(economy)
    run(jobs.claim())
    with pytest.raises(DocumentIndexing):
        delete_document(document=fresh(document))
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    delete_document(document=fresh(document))
    assert not Document.objects.exists()


def test_deleting_leaves_nothing_in_any_table_or_storage(vectors, economy, add):
    from apps.files import storage
    from apps.files.models import UploadFile

    add(vectors, TEXT, process_rule=ONE_A_LINE)
    kept = add(economy, TEXT, process_rule=ONE_A_LINE)
    keys = list(UploadFile.objects.values_list("storage_key", flat=True))
    before = everything(economy)
    delete_dataset(dataset=vectors)
    assert everything(economy) == before
    assert not TermStat.objects.filter(dataset=vectors.pk).exists()
    delete_document(document=kept)
    delete_dataset(dataset=economy)
    assert left_behind() == {}
    from django.core.files.storage import default_storage

    assert not any(default_storage.exists(key) for key in keys)
    assert storage is not None


def test_a_disabled_document_is_indexed_but_not_found(economy):
    document = waiting(economy)
    Document.objects.update(enabled=False)
    run(index_pending())
    assert fresh(document).display_status == "disabled"
    assert set(SegmentLexical.objects.values_list("enabled", flat=True)) == {False}


def test_a_base_may_be_deleted_while_a_batch_is_being_committed(economy, monkeypatch):
    """The deleter waits for the worker, and the worker for nobody."""
    waiting(economy)
    copy_rows = indexing_rows.copying.copy_rows
    deletions: list[asyncio.Future[None]] = []

    async def slow(connection, target, rows):
        await copy_rows(connection, target, rows)
        if not deletions:
            deletions.append(asyncio.ensure_future(in_thread(lambda: delete_dataset(dataset=economy))))
            await asyncio.sleep(0.4)

    async def both() -> None:
        await index_pending()
        await asyncio.gather(*deletions)

    monkeypatch.setattr(indexing_rows.copying, "copy_rows", slow)
    run(both())
    assert left_behind() == {}


def cut_at(monkeypatch, place: int) -> None:
    """The connection is lost at the copy of that number."""
    copy_rows, calls = indexing_rows.copying.copy_rows, []

    async def cut_off(connection, target, rows):
        calls.append(target)
        if len(calls) == place:
            await db.execute("select pg_terminate_backend(%s)", connection.info.backend_pid)
        await copy_rows(connection, target, rows)

    monkeypatch.setattr(indexing_rows.copying, "copy_rows", cut_off)


async def nothing(texts):
    return None


def test_what_was_paid_for_outlives_a_lost_database_connection(vectors, monkeypatch, on_embed):
    document, seen = waiting(vectors), on_embed(nothing)
    cut_at(monkeypatch, 3)  # within the batch's transaction
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.COMPLETED
    assert SegmentEmbedding.objects.count() == SegmentLexical.objects.count() == len(seen) == len(PASSAGES)


def test_a_lost_database_connection_costs_only_time(vectors, monkeypatch):
    document = waiting(vectors)
    cut_at(monkeypatch, 1)  # where the segments are written
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.SPLITTING
    assert not SegmentEmbedding.objects.exists()
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1), retry_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == IndexingStatus.COMPLETED
    assert SegmentEmbedding.objects.count() == SegmentLexical.objects.count() == len(PASSAGES)
