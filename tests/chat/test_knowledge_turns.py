"""What a turn does with several knowledge bases."""

import pytest

from apps.common.perloop import run
from apps.knowledge.models import Dataset, Document, Segment
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.models.contracts import ModelSpec
from apps.models.services.models import add_model
from tests.factories import make_app, make_key, make_provider
from tests.http import Client
from tests.waiting import eventually

PROVIDER = "openai_api_compatible"
CHAT = "/v1/chat/completions"


@pytest.fixture
def bases(workspace) -> list[Dataset]:
    """Lamps and bells, each of fourteen lighthouses."""
    rules = {"pre_processing_rules": [], "segmentation": {"separator": "\n", "max_tokens": 500, "chunk_overlap": 0}}
    found = []
    for thing in ("lamp", "bell"):
        dataset = create_dataset(workspace=workspace, name=thing, indexing_technique="economy")
        text = "\n".join(f"The {thing} of lighthouse {number} is old." for number in range(1, 15))
        create_document_from_text(
            dataset=dataset, name=thing, text=text, process_rule={"mode": "custom", "rules": rules}
        )
        found.append(dataset)
    run(index_pending())
    return found


@pytest.fixture
def asking(server, workspace, upstream):
    """Asks an app that reads some bases."""

    def ask(bases: list[Dataset], query: str, *, model: str = "fake", window: int = 16_000, **settings) -> dict:
        make_provider(workspace, upstream.base_url, rerank="rerank", **{"fail-500": "rerank"})
        spec = ModelSpec(model, "llm", context_tokens=window, features=frozenset({"tool-call"}))
        add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
        datasets = {"datasets": [{"dataset": {"id": str(base.pk), "enabled": True}} for base in bases]}
        config = {
            "model": {"provider": PROVIDER, "name": model, "mode": "chat"},
            "dataset_configs": {"datasets": datasets, **settings},
            "retriever_resource": {"enabled": True},
        }
        client = Client(server.url, make_key(make_app(workspace, config)))
        answer = client.post(
            "/v1/chat-messages", {"inputs": {}, "query": query, "user": "ada", "auto_generate_name": False}
        )
        assert answer.status == 200, answer.body
        return answer.json()["metadata"]

    return ask


def test_ret_06_the_apps_model_chooses_the_base_that_is_read(asking, bases, upstream):
    metadata = asking(bases, "CALL:search_knowledge_2{} lighthouse 7", retrieval_model="single", top_k=3)
    answered, chosen = upstream.last()
    assert [answered["path"], chosen["path"]] == [CHAT, CHAT]
    assert len(chosen["body"]["tools"]) == 2
    assert "tools" not in answered["body"]
    assert {source["dataset_name"] for source in metadata["retriever_resources"]} == {"bell"}
    usage = metadata["usage"]
    assert usage["completion_tokens"] > 50  # of both calls
    assert usage["prompt_tokens"] == sum(_prompt_tokens(row["body"]) for row in (answered, chosen))
    assert usage["total_tokens"] == usage["prompt_tokens"] + usage["completion_tokens"]


def _prompt_tokens(body: dict) -> int:
    """As the fake server counts."""
    return sum(len(message["content"]) // 4 + 4 for message in body["messages"])


def test_ret_06_all_are_read_where_the_model_does_not_choose(asking, bases):
    metadata = asking(bases, "lighthouse 7", retrieval_model="single", top_k=4)
    assert {source["dataset_name"] for source in metadata["retriever_resources"]} == {"lamp", "bell"}


def test_ret_06_one_base_is_not_chosen_from(asking, bases, upstream):
    assert asking(bases[:1], "lighthouse 7", retrieval_model="single")["retriever_resources"]
    assert [row["path"] for row in upstream.last()] == [CHAT]


def test_ret_07_09_the_apps_rerank_model_orders_all(asking, bases, upstream):
    rerank = {"reranking_provider_name": PROVIDER, "reranking_model_name": "rerank"}
    metadata = asking(bases, "the bell of lighthouse 7", retrieval_model="multiple", reranking_model=rerank, top_k=3)
    assert [row["path"] for row in upstream.last()] == [CHAT, "/v1/rerank"]
    sources = metadata["retriever_resources"]
    assert sources[0]["content"] == "The bell of lighthouse 7 is old."
    assert [source["position"] for source in sources] == [1, 2, 3]
    scores = [source["score"] for source in sources]
    assert scores == sorted(scores, reverse=True)


def test_ret_07_an_answer_does_not_fail_with_the_rerank_model(asking, bases, monkeypatch):
    monkeypatch.setattr("apps.models.attempts.BACK_OFF_S", 0)
    rerank = {"reranking_provider_name": PROVIDER, "reranking_model_name": "fail-500"}
    settings = {"reranking_model": rerank, "score_threshold_enabled": True, "score_threshold": 0.99}
    assert asking(bases, "lighthouse 7", retrieval_model="multiple", **settings)["retriever_resources"]


def test_ret_10_passages_are_trimmed_to_a_window_of_two_thousand_tokens(asking, bases, upstream):
    Segment.objects.update(content="word " * 400)  # about 500 tokens each
    metadata = asking(bases, "lighthouse 7", window=2_000, top_k=10)
    used = len(metadata["retriever_resources"])
    assert 1 <= used <= 3
    assert len(upstream.last()[0]["body"]["messages"][0]["content"]) >= used * 2_000


def test_citations_name_what_is_known_of_the_document(asking, bases):
    assert "doc_metadata" not in asking(bases, "lighthouse 7")["retriever_resources"][0]
    eventually(lambda: Document.objects.filter(hit_count__gt=0).exists())  # counted when the answer is out
    Document.objects.update(doc_metadata={"author": "Ada"})
    [source, *_] = asking(bases, "lighthouse 7", model="gen-5-0")["retriever_resources"]
    assert source["doc_metadata"] == {"author": "Ada"}
    assert source["hit_count"] >= 1
    assert (source["word_count"], source["data_source_type"]) == (len(source["content"]), "upload_file")
