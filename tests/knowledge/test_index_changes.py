"""Another technique or embedding model for a base that is in use."""

import asyncio
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.errors import InvalidParam, NotFound
from apps.common.perloop import run
from apps.knowledge.models import Dataset, IndexChange, Segment, SegmentEmbedding, SegmentLexical
from apps.knowledge.services.datasets import update_dataset
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.index_changes import cancel_change, run_changes
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.segments import add_segments, update_segment
from apps.knowledge.services.updates import set_documents_status
from apps.models import attempts, health
from apps.models.drivers.openai import OpenAIDriver
from apps.models.errors import ProviderRateLimited, ProviderUnauthorised
from tests.factories import make_provider
from tests.http import Client
from tests.knowledge.api import add_indexed, create, found
from tests.knowledge.tables import everything
from tests.knowledge.test_indexing import fresh, in_thread, nothing, on_embed, waiting  # noqa: F401 - a fixture
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT, long_text

PROVIDER, NAME = "openai_api_compatible", "text-embedding-3-small"
OLD, NEW = "demo/demo-embedding", f"{PROVIDER}/{NAME}"


@pytest.fixture
def other(workspace, upstream, monkeypatch):
    """The other model; calling it with a hook says what it does before each call. Returns the texts it was sent."""
    make_provider(workspace, upstream.base_url, **{NAME: "text-embedding"})
    monkeypatch.setattr(attempts, "BACK_OFF_S", 0.0)
    embed, seen = OpenAIDriver.embed, []

    def install(hook=nothing):
        async def hooked(self, endpoint, model, texts):
            await hook(texts)
            seen.extend(texts)
            return await embed(self, endpoint, model, texts)

        monkeypatch.setattr(OpenAIDriver, "embed", hooked)
        return seen

    return install


def change(dataset: Dataset) -> None:
    update_dataset(dataset=dataset, embedding_provider=PROVIDER, embedding_model=NAME)


def finish() -> None:
    """Works on changes to the end, without the pause for searches under way."""
    for _ in range(3):
        IndexChange.objects.update(retry_at=None)
        run(run_changes())


def switch_to_the_other(dataset: Dataset) -> None:
    change(dataset)
    run(run_changes())


def models_of(dataset: Dataset) -> dict[str, int]:
    names = SegmentEmbedding.objects.filter(dataset=dataset.pk).values_list("model", flat=True)
    return {name: list(names).count(name) for name in names}


def again(dataset: Dataset) -> Dataset:
    return Dataset.objects.get(pk=dataset.pk)


def test_kb_16_searches_use_the_old_model_until_all_vectors_are_there(vectors, add, other):
    add(vectors, long_text(300), process_rule=ONE_A_LINE)
    counts = []

    async def look(texts):
        await in_thread(lambda: counts.append(again(vectors).embedding_model))

    seen = other(look)
    change(vectors)
    assert again(vectors).embedding_model == "demo-embedding"
    assert run(run_changes()) == 1
    assert set(counts) == {"demo-embedding"}
    assert again(vectors).embedding_model == NAME
    assert models_of(vectors) == {OLD: 300, NEW: 300}  # searches under way may still look for the old ones
    assert run(run_changes()) == 0
    finish()
    assert models_of(vectors) == {NEW: 300}
    assert not IndexChange.objects.exists()
    assert len(seen) == len(set(seen)) == 300


def test_kb_16_from_economical_to_high_quality_and_back(economy, add, other, on_embed):  # noqa: F811
    add(economy, TEXT, process_rule=ONE_A_LINE)
    seen = other()
    update_dataset(
        dataset=economy, indexing_technique="high_quality", embedding_provider=PROVIDER, embedding_model=NAME
    )
    assert again(economy).indexing_technique == "economy"
    finish()
    dear = again(economy)
    assert (dear.indexing_technique, dear.retrieval_model["search_method"]) == ("high_quality", "semantic_search")
    assert models_of(dear) == {NEW: len(PASSAGES)}
    assert len(seen) == len(PASSAGES)
    update_dataset(dataset=dear, indexing_technique="economy")
    cheap = again(dear)
    assert (cheap.indexing_technique, cheap.retrieval_model["search_method"]) == ("economy", "keyword_search")
    finish()
    assert models_of(cheap) == {}
    assert not IndexChange.objects.exists()
    assert len(seen) == len(PASSAGES)  # the way back has cost nothing
    assert SegmentLexical.objects.filter(dataset=cheap).count() == len(PASSAGES)


def test_a_retrieval_that_needs_vectors_gives_way_to_words(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    update_dataset(dataset=vectors, retrieval_model={"search_method": "hybrid_search", "top_k": 7})
    update_dataset(dataset=again(vectors), indexing_technique="economy")
    after = again(vectors).retrieval_model
    assert (after["search_method"], after["top_k"]) == ("keyword_search", 7)


def test_documents_and_segments_of_meanwhile_are_covered(vectors, add, other):
    document = add(vectors, long_text(100), process_rule=ONE_A_LINE)
    first, second = Segment.objects.order_by("position")[:2]
    calls = []

    def meddle():
        add_segments(document=fresh(document), records=[{"content": "Obsidian is volcanic glass."}])
        update_segment(document=fresh(document), segment=first, content="Basalt is volcanic too.")
        update_segment(document=fresh(document), segment=second, enabled=False)
        waiting(vectors, TEXT)
        run(index_pending())

    async def at_the_first_call(texts):
        calls.append(1)
        if len(calls) == 1:
            await in_thread(meddle)

    other(at_the_first_call)
    change(vectors)
    finish()
    assert models_of(vectors) == {NEW: 101 + len(PASSAGES)}
    assert not SegmentEmbedding.objects.get(segment_id=second.pk).enabled
    stored = everything(again(vectors))["vectors"]
    # What a base has that was embedded by this model from the start.
    Segment.objects.filter(pk=second.pk).update(enabled=True)
    assert len(stored) == 101 + len(PASSAGES)
    assert SegmentEmbedding.objects.filter(segment_id=first.pk).count() == 1


def test_a_batch_of_the_old_model_that_comes_late_is_made_anew(vectors, add, other, on_embed):  # noqa: F811
    add(vectors, PASSAGES[0], process_rule=ONE_A_LINE)
    other()
    calls = []

    async def switch_in_mid_call(texts):
        calls.append(1)
        if len(calls) == 1:
            await in_thread(lambda: switch_to_the_other(vectors))

    on_embed(switch_in_mid_call)
    document = waiting(vectors, long_text(100))
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    finish()
    assert models_of(vectors) == {NEW: 101}


def test_a_segment_embedded_by_the_old_model_is_refused_after_the_switch(vectors, add, other, on_embed):  # noqa: F811
    document = add(vectors, PASSAGES[0], process_rule=ONE_A_LINE)
    other()

    async def switch(texts):
        await in_thread(lambda: switch_to_the_other(vectors))

    on_embed(switch)
    with pytest.raises(InvalidParam, match="try again"):
        add_segments(document=document, records=[{"content": "Obsidian is volcanic glass."}])
    assert Segment.objects.count() == SegmentEmbedding.objects.filter(model=NEW).count() == 1


def test_it_waits_for_the_provider_and_says_so(vectors, add, other, client, workspace):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    path, limited = f"/v1/datasets/{vectors.pk}", True

    async def limit(texts):
        if limited:
            raise ProviderRateLimited("Slow down, please.", retry_after_s=600)

    other(limit)
    change(vectors)
    run(run_changes())
    shown = client.get(path).json()["index_change"]
    assert (shown["status"], shown["waiting_reason"]) == ("waiting", "Slow down, please.")
    assert (shown["completed_segments"], shown["total_segments"]) == (0, len(PASSAGES))
    assert (shown["embedding_model"], shown["embedding_model_provider"]) == (NAME, PROVIDER)
    assert timedelta(seconds=500) < IndexChange.objects.get().retry_at - timezone.now() < timedelta(seconds=601)
    limited = False
    health.forget_all()  # as if the time had passed
    finish()
    assert client.get(path).json()["index_change"] is None
    assert client.get(path).json()["embedding_model"] == NAME


def test_a_refused_key_ends_it_until_it_is_asked_for_again(vectors, add, other):
    add(vectors, long_text(300), process_rule=ONE_A_LINE)
    broken = True

    async def refuse(texts):
        if broken and any(text.startswith("Chapter 200.") for text in texts):
            raise ProviderUnauthorised("Incorrect API key provided.")

    seen = other(refuse)
    change(vectors)
    finish()
    assert IndexChange.objects.get().error == "Incorrect API key provided."
    assert again(vectors).embedding_model == "demo-embedding"
    broken = False
    change(vectors)
    assert IndexChange.objects.get().error is None
    finish()
    assert models_of(vectors) == {NEW: 300}
    assert len(seen) == len(set(seen)) == 300


def test_cancelled_half_way_nothing_of_it_stays(vectors, add, other, client):
    add(vectors, long_text(300), process_rule=ONE_A_LINE)
    before, calls = everything(vectors), []

    async def cancel_at_the_third_call(texts):
        calls.append(1)
        if len(calls) == 5:
            await asyncio.to_thread(client.request, "DELETE", f"/v1/datasets/{vectors.pk}/index-change")

    other(cancel_at_the_third_call)
    change(vectors)
    run(run_changes())
    finish()
    assert everything(vectors) == before
    assert not IndexChange.objects.exists()
    with pytest.raises(NotFound):
        cancel_change(dataset=vectors)


def test_a_worker_killed_in_the_middle_is_followed_by_another(vectors, add, other):
    add(vectors, long_text(300), process_rule=ONE_A_LINE)

    async def die(texts):
        if len(seen) >= 128:
            raise SystemExit

    seen = other(die)
    change(vectors)
    with pytest.raises(SystemExit):
        run(run_changes())
    IndexChange.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    other()
    finish()
    assert models_of(vectors) == {NEW: 300}


def test_deleted_and_switched_off_documents_meanwhile(vectors, add, other):
    gone = add(vectors, TEXT, process_rule=ONE_A_LINE)
    off = add(vectors, long_text(20), process_rule=ONE_A_LINE)

    def meddle():
        delete_document(document=gone)
        set_documents_status(dataset=vectors, document_ids=[off.pk], action="disable")

    calls = []

    async def at_the_first_call(texts):
        calls.append(1)
        if len(calls) == 1:
            await in_thread(meddle)

    other(at_the_first_call)
    change(vectors)
    finish()
    assert models_of(vectors) == {NEW: 20}
    assert not SegmentEmbedding.objects.filter(enabled=True).exists()


def test_what_is_found_before_between_and_after(client: Client, workspace, other):
    other()
    dataset_id = create(
        client,
        indexing_technique="high_quality",
        embedding_model_provider="demo",
        embedding_model="demo-embedding",
    )
    add_indexed(client, dataset_id)
    query = PASSAGES[0]
    before = found(client, dataset_id, query, "semantic_search")
    fields = {"embedding_model_provider": PROVIDER, "embedding_model": NAME}
    answer = client.request("PATCH", f"/v1/datasets/{dataset_id}", fields)
    assert answer.json()["index_change"]["status"] == "running"
    assert found(client, dataset_id, query, "semantic_search") == before
    run(run_changes())
    assert found(client, dataset_id, query, "semantic_search")[0] == query
    finish()
    assert found(client, dataset_id, query, "semantic_search")[0] == query
