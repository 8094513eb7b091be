import math
import random
import uuid
from collections import Counter

import pytest
from django.db import connection

from apps.common import db
from apps.common.errors import InvalidParam
from apps.common.perloop import run
from apps.knowledge.contracts import Hit, Query, RerankChoice, RetrievalSettings, Scope, retrieval_methods
from apps.knowledge.lexical.tokens import terms
from apps.knowledge.models import Dataset, Document, LexicalStat, Segment, SegmentEmbedding, SegmentLexical, TermStat
from apps.knowledge.services.datasets import create_dataset, delete_dataset, update_dataset
from apps.knowledge.services.retrieve import count_hits, retrieve
from apps.knowledge.wire import dump_retrieval, parse_retrieval, stored_retrieval
from tests.factories import make_provider, make_workspace
from tests.knowledge.tables import count_as_indexed
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT

QUESTIONS = [
    "lamp of the lighthouse",
    "how do bees tell where clover flowers",
    "ice in the harbour",
    "trail trail ants",
    "最大的动物",
    "灯台",
    "unheard-of nonsense lamp",
]


def find(dataset: Dataset, query: str, method: str = "full_text_search", **options) -> list[Hit]:
    settings = RetrievalSettings(search_method=method, top_k=options.pop("top_k", 20), **options)
    return run(retrieve(workspace_id=dataset.workspace_id, dataset_ids=[dataset.pk], query=query, settings=settings))


def reference_bm25(passages: list[str], query: str) -> dict[str, float]:
    """BM25 as the textbook writes it (Lucene's idf), divided by what the query could reach."""
    counted = [Counter(terms(passage)) for passage in passages]
    average = sum(sum(counts.values()) for counts in counted) / len(counted)
    scores = dict.fromkeys(passages, 0.0)
    highest = 0.0
    for term, repetitions in Counter(terms(query)).items():
        df = sum(term in counts for counts in counted)
        idf = math.log(1 + (len(passages) - df + 0.5) / (df + 0.5)) * repetitions
        highest += idf
        for passage, counts in zip(passages, counted, strict=True):
            tf, length = counts[term], sum(counts.values())
            scores[passage] += idf * tf / (tf + 1.2 * (1 - 0.75 + 0.75 * length / average))
    return {passage: score / highest for passage, score in scores.items() if score > 0}


@pytest.mark.parametrize("gate", [False, True])
@pytest.mark.parametrize("question", QUESTIONS)
def test_ret_02_words_are_scored_as_bm25_scores_them(economy, add, question, gate):
    add(economy, TEXT, process_rule=ONE_A_LINE)
    if gate:
        count_as_indexed(economy)
    hits = find(economy, question)
    wanted = reference_bm25(PASSAGES, question)
    found = {hit.content: hit.score for hit in hits}
    assert found == pytest.approx({content: wanted[content] for content in found}, rel=1e-4)
    best = max(wanted, key=lambda content: wanted[content])
    assert hits[0].content == best
    if not gate:
        assert found.keys() == wanted.keys()
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)


def test_statistics_count_over_documents_and_forget_deleted_ones(economy, add):
    from apps.knowledge.services.documents import delete_document

    add(economy, PASSAGES[0], process_rule=ONE_A_LINE)
    before = statistics(economy)
    second = add(economy, "\n".join(PASSAGES[1:]))
    assert statistics(economy) != before
    assert LexicalStat.objects.get().chunks == len(PASSAGES)
    delete_document(document=second)
    assert statistics(economy) == before


def statistics(dataset: Dataset) -> tuple:
    totals = LexicalStat.objects.get(dataset=dataset)
    return totals.chunks, totals.tokens, sorted(TermStat.objects.values_list("term", "df"))


def test_ret_01_11_vectors_are_compared_exactly(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    question = PASSAGES[4]
    hits = find(vectors, question, "semantic_search")
    stored = dict(SegmentEmbedding.objects.values_list("segment__content", "embedding"))
    wanted = {content: cosine(stored[question], vector) for content, vector in stored.items()}
    assert {hit.content: hit.score for hit in hits} == pytest.approx(wanted, abs=2e-3)
    assert hits[0].content == question
    assert hits[0].score == pytest.approx(1, abs=2e-3)


def cosine(one: list[float], other: list[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))


def test_ret_03_hybrid_gives_every_candidate_both_scores(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    question = "lamp of the lighthouse"
    cosines = {hit.content: hit.score for hit in find(vectors, question, "semantic_search")}
    words = {hit.content: hit.score for hit in find(vectors, question)}
    best = max(words.values())
    for share in (0.7, 0.2):
        hits = find(vectors, question, "hybrid_search", vector_weight=share, keyword_weight=1 - share)
        wanted = {content: share * cosines[content] + (1 - share) * words.get(content, 0) / best for content in cosines}
        assert {hit.content: hit.score for hit in hits} == pytest.approx(wanted, abs=1e-3)


def test_hybrid_without_a_known_word_is_vectors_alone(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    hits = find(vectors, "zzzzzz", "hybrid_search")
    assert hits
    assert all(hit.score <= 0.7 for hit in hits)


def test_ret_05_an_economical_base_is_searched_by_words_whatever_its_settings(economy, add):
    add(economy, TEXT, process_rule=ONE_A_LINE)
    for method in retrieval_methods.all():
        assert find(economy, "bees", method)[0].content == PASSAGES[1]
    assert not SegmentEmbedding.objects.exists()


def test_ret_05_an_economical_base_calls_no_model(workspace, economy, add, upstream):
    make_provider(workspace, upstream.base_url, **{"text-embedding-3-small": "text-embedding"})
    Dataset.objects.update(embedding_provider="openai_api_compatible", embedding_model="text-embedding-3-small")
    add(economy, TEXT, process_rule=ONE_A_LINE)
    assert find(economy, "bees", "semantic_search")
    assert upstream.last() == []


def test_ret_01_the_best_of_ten_thousand_vectors_are_the_best(vectors, add):
    document = add(vectors, "Any", process_rule=ONE_A_LINE)
    dice, dimensions = random.Random(7), 16
    stored = {}
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy knowledge_segment (id, workspace_id, dataset_id, document_id, position, content, word_count, tokens,"
            " index_node_hash, hit_count, enabled, status, origin, created_at, updated_at) from stdin"
        ) as copy,
    ):
        for number in range(10_000):
            vector = [dice.gauss(0, 1) for _ in range(dimensions)]
            stored[uuid.UUID(int=number)] = [part / math.hypot(*vector) for part in vector]
            copy.write_row((
                uuid.UUID(int=number), vectors.workspace_id, vectors.pk, document.pk, number + 2, str(number), 1, 1, "",
                0, True, "completed", "automatic", document.created_at, document.created_at,
            ))  # fmt: skip
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy knowledge_segmentembedding (segment_id, dataset_id, document_id, model, dim, enabled, embedding)"
            " from stdin"
        ) as copy,
    ):
        for id, vector in stored.items():
            copy.write_row((id, vectors.pk, document.pk, "m", dimensions, True, str(vector)))
    asked = stored[uuid.UUID(int=77)]
    method, scope = retrieval_methods.get("semantic_search")(), Scope(vectors.pk, "Vectors", "m", 10_000)
    hits = run(method.search(scope, Query("", {}, asked), k=20))
    wanted = sorted(stored, key=lambda id: -cosine(asked, stored[id]))[:20]
    assert hits[0].segment_id == uuid.UUID(int=77)
    # Half precision may swap neighbours that are nearer than it can tell.
    assert len({hit.segment_id for hit in hits} & set(wanted)) >= 19
    assert [hit.score for hit in hits] == pytest.approx([cosine(asked, stored[id]) for id in wanted], abs=2e-3)


def test_ret_04_a_rerank_model_orders_and_cuts(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    rerank = RerankChoice("demo", "demo-rerank")
    hits = find(vectors, "bees tell where clover flowers", "semantic_search", rerank=rerank, top_k=3)
    assert len(hits) <= 3
    assert hits[0].content == PASSAGES[1]
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    unlikely = "bees yeast violin ferries"
    assert not find(vectors, unlikely, "semantic_search", rerank=rerank, score_threshold=1.0)


def test_a_hit_says_all_a_citation_needs(economy, add):
    document = add(economy, TEXT, name="Mixed", process_rule=ONE_A_LINE)
    [hit] = find(economy, "yeast")
    segment = Segment.objects.get(pk=hit.segment_id)
    assert hit == Hit(
        segment_id=segment.pk,
        document_id=document.pk,
        dataset_id=economy.pk,
        dataset_name="Economy",
        document_name="Mixed",
        data_source_type="upload_file",
        content=PASSAGES[2],
        answer=None,
        score=hit.score,
        position=3,
        word_count=len(PASSAGES[2]),
        hit_count=0,
        index_node_hash=segment.index_node_hash,
        tokens=segment.tokens,
        lexical_score=hit.score,
    )


def test_several_bases_are_merged_by_score(workspace, economy, vectors, add):
    add(economy, "\n".join(PASSAGES[:5]), process_rule=ONE_A_LINE)
    add(vectors, "\n".join(PASSAGES[5:]), process_rule=ONE_A_LINE)
    hits = run(
        retrieve(
            workspace_id=workspace.pk,
            dataset_ids=[economy.pk, vectors.pk, economy.pk],
            query="lighthouse lamp",
            top_k=4,
            settings=RetrievalSettings("full_text_search"),
        )
    )
    assert {hit.dataset_name for hit in hits} == {"Economy", "Vectors"}
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.segment_id for hit in hits}) == len(hits)


def test_ret_09_top_k_and_threshold_of_the_call_win(economy, add):
    add(economy, TEXT, process_rule=ONE_A_LINE)
    update_dataset(dataset=economy, retrieval_model={"search_method": "keyword_search", "top_k": 1})

    def ask(**options):
        return run(
            retrieve(workspace_id=economy.workspace_id, dataset_ids=[economy.pk], query="lamp lighthouse", **options)
        )

    assert len(ask()) == 1
    assert len(ask(top_k=2)) == 2
    assert ask(top_k=2, score_threshold=0.99) == []


def test_unknown_foreign_deleted_and_empty_bases_give_nothing(workspace, economy, vectors, add):
    other = make_workspace("Other", "other@example.org")
    foreign = create_dataset(workspace=other, name="Theirs", indexing_technique="economy")
    add(foreign, TEXT, process_rule=ONE_A_LINE)
    delete_dataset(dataset=vectors)
    ids = [uuid.uuid4(), foreign.pk, vectors.pk, economy.pk]
    assert run(retrieve(workspace_id=workspace.pk, dataset_ids=ids, query="lighthouse")) == []
    assert run(retrieve(workspace_id=workspace.pk, dataset_ids=[], query="lighthouse")) == []
    assert len(run(retrieve(workspace_id=other.pk, dataset_ids=ids, query="lighthouse lamp"))) == 2


@pytest.mark.parametrize("query", ["", "   ", "?!", "the of and", "x" * 1_000_000, "a " * 300_000])
@pytest.mark.parametrize("method", ["full_text_search", "semantic_search", "hybrid_search"])
def test_odd_queries_are_answered(vectors, add, query, method):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    assert isinstance(find(vectors, query, method), list)


def test_what_is_disabled_is_not_found(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    SegmentLexical.objects.update(enabled=False)
    SegmentEmbedding.objects.update(enabled=False)
    for method in retrieval_methods.all():
        assert find(vectors, "lighthouse", method) == []


def test_used_passages_are_counted(economy, add):
    document = add(economy, TEXT, process_rule=ONE_A_LINE)
    hits = find(economy, "lighthouse lamp", top_k=2)
    run(count_hits([hit.segment_id for hit in hits]))
    run(count_hits([hits[0].segment_id]))
    assert Segment.objects.get(pk=hits[0].segment_id).hit_count == 2
    assert Document.objects.get(pk=document.pk).hit_count == 3
    assert run(count_hits([])) is None


def test_one_statement_answers_a_search(vectors, add, monkeypatch):
    """Apart from reading the base's settings once."""
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    statements = []
    connect = db.connect

    def counting():
        statements.append(1)
        return connect()

    async def ask_twice() -> list[int]:
        counts = []
        for _ in range(2):
            statements.clear()
            await retrieve(workspace_id=vectors.workspace_id, dataset_ids=[vectors.pk], query="lamp")
            counts.append(len(statements))
        return counts

    monkeypatch.setattr(db, "connect", counting)
    from apps.common import notify

    async def listening() -> list[int]:
        notify.listener.get()
        import asyncio

        while not notify.is_connected():
            await asyncio.sleep(0.01)
        return await ask_twice()

    assert run(listening())[1] == 1


def test_weights_follow_the_average_length(economy, add):
    """Added one by one or together: the same scores."""
    add(economy, "lamp", process_rule=ONE_A_LINE)
    for passage in PASSAGES:
        add(economy, passage)
    totals = LexicalStat.objects.get(dataset=economy)
    assert totals.average_length == pytest.approx(totals.tokens / totals.chunks, rel=0.2)
    hits = find(economy, "lamp of the lighthouse")
    wanted = reference_bm25(["lamp", *PASSAGES], "lamp of the lighthouse")
    assert {hit.content: hit.score for hit in hits} == pytest.approx(wanted, rel=0.1)


def test_what_a_document_says_of_itself_comes_with_its_passages(economy, add):
    document = add(economy, PASSAGES[0], process_rule=ONE_A_LINE)
    assert find(economy, "lighthouse")[0].doc_metadata is None
    Document.objects.filter(pk=document.pk).update(doc_metadata={"page": 3, "author": "Ada"})
    assert find(economy, "lighthouse")[0].doc_metadata == {"page": 3, "author": "Ada"}


@pytest.mark.parametrize("weights", [(0, 0), (-1, 1), (0.5, 2), ("x", 1), (float("nan"), 1)])
def test_ret_03_weights_that_weigh_nothing_are_refused(weights):
    vector_weight, keyword_weight = weights
    given = {"vector_setting": {"vector_weight": vector_weight}, "keyword_setting": {"keyword_weight": keyword_weight}}
    with pytest.raises(InvalidParam):
        parse_retrieval({"search_method": "hybrid_search", "reranking_mode": "weighted_score", "weights": given})


def test_ret_03_04_the_two_modes_of_reranking_are_kept():
    model = {"reranking_provider_name": "demo", "reranking_model_name": "demo-rerank"}
    weights = {"vector_setting": {"vector_weight": 0.2}, "keyword_setting": {"keyword_weight": 0.8}}
    both = {"search_method": "hybrid_search", "reranking_enable": True, "reranking_model": model, "weights": weights}
    for mode, rerank in (("weighted_score", None), ("reranking_model", RerankChoice("demo", "demo-rerank"))):
        settings = parse_retrieval({**both, "reranking_mode": mode})
        assert (settings.rerank, settings.vector_weight, settings.keyword_weight) == (rerank, 0.2, 0.8)
        stored = dump_retrieval(settings)
        assert stored["reranking_mode"] == mode
        assert stored_retrieval(stored) == settings
