"""Retrieval from several bases, with rerank models and a model that chooses the base."""

import uuid

import pytest

from apps.common.perloop import run
from apps.knowledge.configs import BaseConfig
from apps.knowledge.contracts import Hit, RerankChoice, RetrievalSettings, Scope
from apps.knowledge.models import Dataset
from apps.knowledge.services.choosing import Choice, choose_base
from apps.knowledge.services.datasets import create_dataset, update_dataset
from apps.knowledge.services.ordering import Part, fuse
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.searches import Demand, Search
from apps.models.attempts import Patience
from apps.models.contracts import ModelSpec
from apps.models.errors import ProviderBadAnswer, ProviderNotInitialized
from apps.models.handles import ModelHandle
from apps.models.services.models import add_model
from apps.models.services.resolve import resolve_model
from tests.factories import make_provider
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT

PROVIDER = "openai_api_compatible"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    """Nobody waits for a fake server."""
    monkeypatch.setattr("apps.models.attempts.BACK_OFF_S", 0)
    monkeypatch.setattr("apps.knowledge.services.ordering.RERANK_PATIENCE", Patience(2, 0.5))


@pytest.fixture
def three(workspace, add) -> list[Dataset]:
    """Economical, demo vectors, both: with a third of the passages each."""
    bases = [
        create_dataset(workspace=workspace, name="Words", indexing_technique="economy"),
        create_dataset(workspace=workspace, name="Vectors", indexing_technique="high_quality"),
        create_dataset(
            workspace=workspace,
            name="Both",
            indexing_technique="high_quality",
            retrieval_model={"search_method": "hybrid_search"},
        ),
    ]
    for number, base in enumerate(bases):
        add(base, "\n".join(PASSAGES[number::3]), process_rule=ONE_A_LINE)
    return bases


def ask(bases: list[Dataset], query: str, **options) -> list[Hit]:
    return run(
        retrieve(workspace_id=bases[0].workspace_id, dataset_ids=[base.pk for base in bases], query=query, **options)
    )


def upstream_rerank(workspace, upstream, name: str = "rerank") -> RerankChoice:
    make_provider(workspace, upstream.base_url, **{name: "rerank"})
    return RerankChoice(PROVIDER, name)


def paths(upstream) -> list[str]:
    return [row["path"] for row in upstream.last()]


# --- multi-path ----------------------------------------------------------------------------------------------------


def test_ret_07_one_rerank_call_orders_what_three_bases_bring(workspace, three, upstream):
    rerank = upstream_rerank(workspace, upstream)
    hits = ask(three, PASSAGES[4], rerank=rerank, top_k=4)
    assert paths(upstream) == ["/v1/rerank"]
    documents = upstream.last()[0]["body"]["documents"]
    assert len(documents) <= 30
    assert {hit.dataset_name for hit in hits} <= {"Words", "Vectors", "Both"}
    assert hits[0].content == PASSAGES[4]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len(hits) == 4


def test_ret_07_bases_that_agree_on_a_rerank_model_share_its_call(workspace, three, upstream):
    rerank = upstream_rerank(workspace, upstream)
    assert len(ask(three, "lamp", settings=RetrievalSettings("hybrid_search", top_k=3, rerank=rerank))) == 3
    assert paths(upstream) == ["/v1/rerank"]


def test_ret_07_each_embedding_model_is_asked_once(workspace, three, upstream, add):
    make_provider(workspace, upstream.base_url, **{"text-embedding-3-small": "text-embedding"})
    more = [
        create_dataset(
            workspace=workspace, name=name, indexing_technique="high_quality", embedding_provider=PROVIDER,
            embedding_model="text-embedding-3-small",
        )
        for name in ("One", "Two", "Three")
    ]  # fmt: skip
    for base in more:
        add(base, TEXT, process_rule=ONE_A_LINE)
    upstream.reset()
    hits = ask([*three, *more], PASSAGES[6], top_k=9)
    assert paths(upstream) == ["/v1/embeddings"]
    assert len(hits) == 9


def test_ret_07_scores_that_measure_different_things_take_turns(three):
    hits = ask(three, "the lamp of a lighthouse", top_k=6)
    assert {hit.dataset_name for hit in hits[:3]} == {"Words", "Vectors", "Both"}
    for base in three:
        own = [hit.score for hit in hits if hit.dataset_id == base.pk]
        assert own == sorted(own, reverse=True)


def test_ret_03_weights_search_all_bases_by_both(three):
    vectors = ask(three[1:], "lamp", top_k=20, weights=(1.0, 0.0))
    assert [hit.score for hit in vectors] == pytest.approx([hit.vector_score for hit in vectors], abs=1e-6)
    words = ask(three[1:], "lamp of the lighthouse", top_k=20, weights=(0.0, 1.0))
    best = max(hit.lexical_score or 0 for hit in words)
    assert [hit.score for hit in words] == pytest.approx([(hit.lexical_score or 0) / best for hit in words], abs=1e-6)
    assert words[0].score == pytest.approx(1)
    assert sum(hit.score == pytest.approx(1) for hit in words) == 1  # not one in each base


def hit(name: str, score: float, **fields) -> Hit:
    id = uuid.uuid4()
    return Hit(id, id, id, name, "d", "upload_file", name, None, score, 1, 1, 0, "", 1, **fields)


def part(scale: str, *scores: float) -> Part:
    base = BaseConfig(uuid.uuid4(), True, "", "", Scope(uuid.uuid4(), scale))
    return Part(Search(base, Demand()), [hit(f"{scale}{score}", score) for score in scores], scale, None)


def test_ret_07_the_merged_order():
    parts = [part("a", 0.9, 0.2), part("b", 0.4), part("a", 0.5, 0.1)]
    assert [one.content for one in fuse(parts)] == ["a0.9", "b0.4", "a0.5", "a0.2", "a0.1"]
    assert [one.content for one in fuse(parts[:1])] == ["a0.9", "a0.2"]
    assert fuse([part("a"), part("b")]) == []


def test_ret_09_what_the_app_says_wins(workspace, three, upstream):
    for base in three:
        update_dataset(dataset=base, retrieval_model={"search_method": "semantic_search", "top_k": 1})
    assert len(ask(three[1:2], "lamp")) == 1
    assert len(ask(three[1:2], "lamp", top_k=3)) == 3
    rerank = upstream_rerank(workspace, upstream)
    assert ask(three[:1], "lamp", rerank=rerank)
    assert paths(upstream) == ["/v1/rerank"]


# --- rerank --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["semantic_search", "full_text_search", "hybrid_search", "keyword_search"])
def test_ret_04_threshold_and_top_k_act_on_the_scores_of_the_rerank_model(workspace, vectors, add, upstream, method):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    rerank = upstream_rerank(workspace, upstream)
    settings = RetrievalSettings(method, top_k=2, rerank=rerank)
    question = "lamp before dusk"
    hits = ask([vectors], question, settings=settings)
    body = upstream.last()[0]["body"]
    assert (body["query"], body["top_n"]) == (question, 2)
    assert len(body["documents"]) >= 2
    assert hits[0].content == PASSAGES[0]
    between = (hits[0].score + hits[1].score) / 2
    assert ask([vectors], question, settings=settings, score_threshold=between) == hits[:1]


@pytest.mark.parametrize("name", ["rerank-nan", "rerank-wrong", "rerank-twice", "rerank-few", "fail-429", "fail-500"])
def test_ret_04_a_rerank_model_that_fails_leaves_the_order_as_it_was(workspace, vectors, add, upstream, name):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    plain = ask([vectors], "lamp of the lighthouse", settings=RetrievalSettings("hybrid_search", top_k=2))
    rerank = upstream_rerank(workspace, upstream, name)
    settings = RetrievalSettings("hybrid_search", top_k=2, rerank=rerank, score_threshold=0.99)
    found = ask([vectors], "lamp of the lighthouse", settings=settings)
    assert [hit.segment_id for hit in found] == [hit.segment_id for hit in plain]
    assert [hit.score for hit in found] == pytest.approx([hit.score for hit in plain])
    assert 1 <= len(paths(upstream)) <= 2  # somebody waits: it is asked again but once


def test_ret_04_one_base_whose_own_rerank_model_fails_takes_part_all_the_same(workspace, three, upstream):
    upstream_rerank(workspace, upstream, "fail-500")
    reranking = {
        "search_method": "hybrid_search",
        "reranking_enable": True,
        "reranking_model": {"reranking_provider_name": PROVIDER, "reranking_model_name": "fail-500"},
    }
    update_dataset(dataset=three[2], retrieval_model=reranking)
    hits = ask(three, "lamp", top_k=6)
    assert {hit.dataset_name for hit in hits} >= {"Vectors", "Both"}


def test_ret_04_a_rerank_model_that_is_not_there_is_said(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    with pytest.raises(ProviderNotInitialized):
        ask([vectors], "lamp", rerank=RerankChoice("cohere", "rerank"))


@pytest.mark.parametrize("name", ["embed-few", "embed-nan"])
def test_ret_01_a_question_without_a_usable_vector_is_an_error(workspace, vectors, add, upstream, name):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    make_provider(workspace, upstream.base_url, **{name: "text-embedding"})
    Dataset.objects.update(embedding_provider=PROVIDER, embedding_model=name)
    update_dataset(dataset=vectors, description="read anew")
    with pytest.raises(ProviderBadAnswer):
        ask([vectors], "lamp")


# --- N-to-1 --------------------------------------------------------------------------------------------------------


@pytest.fixture
def model(workspace, upstream):
    def make(name: str = "fake", *features: str) -> ModelHandle:
        make_provider(workspace, upstream.base_url)
        spec = ModelSpec(name, "llm", context_tokens=16_000, features=frozenset(features))
        add_model(workspace=workspace, user=None, provider=PROVIDER, spec=spec, check=False)
        return run(resolve_model(workspace_id=workspace.pk, model_type="llm", provider=PROVIDER, name=name))

    return make


def choose(handle: ModelHandle, bases: list[Dataset], query: str) -> Choice:
    ids = [base.pk for base in bases]
    return run(choose_base(workspace_id=bases[0].workspace_id, handle=handle, dataset_ids=ids, query=query))


def test_ret_06_a_function_call_chooses_the_base(three, upstream, model):
    update_dataset(dataset=three[1], description="Lamps and harbours.")
    choice = choose(model("fake", "tool-call"), three, "CALL:search_knowledge_2{}")
    assert choice.dataset_ids == [three[1].pk]
    assert choice.prompt_tokens > 0
    [request] = upstream.last()
    tools = request["body"]["tools"]
    assert [tool["function"]["name"] for tool in tools] == [f"search_knowledge_{n}" for n in (1, 2, 3)]
    assert tools[1]["function"]["description"].endswith("Vectors: Lamps and harbours.")


@pytest.mark.parametrize("said", ["2", " 2. ", "search_knowledge_2", "**2**"])
def test_ret_06_a_model_without_functions_names_the_number(three, upstream, model, said):
    assert choose(model(), three, f"SAY:{said}").dataset_ids == [three[1].pk]
    assert "tools" not in upstream.last()[0]["body"]


@pytest.mark.parametrize("said", ["0", "4", "999", "Both 1 and 2.", "none", "", "1" * 500, "word " * 500])
def test_ret_06_without_a_choice_all_are_searched(three, model, said):
    assert choose(model(), three, f"SAY:{said}").dataset_ids == [base.pk for base in three]


@pytest.mark.parametrize("name", ["fail-429", "fail-500", "cut-after-1", "garbage", "empty"])
def test_ret_06_a_model_that_fails_chooses_nothing(three, model, name):
    assert choose(model(name), three, "lamp").dataset_ids == [base.pk for base in three]


def test_ret_06_one_base_costs_no_call(workspace, three, upstream, model):
    handle = model()
    gone = Dataset(pk=uuid.uuid4(), workspace=workspace)
    assert choose(handle, [three[0]], "lamp") == Choice([three[0].pk])
    assert choose(handle, [three[0], gone], "lamp") == Choice([three[0].pk])
    assert choose(handle, [gone], "lamp") == Choice([])
    assert upstream.last() == []
