"""Hit testing: every candidate's scores, and why it was cut."""

import json
from io import StringIO

import pytest
from django.core.management import call_command

from apps.common import db
from apps.common.perloop import run
from apps.knowledge.contracts import RerankChoice, RetrievalSettings, retrieval_methods
from apps.knowledge.models import Dataset, Document, Segment, SegmentEmbedding, SegmentLexical
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.explaining import CUTS, Candidate, Explanation, explain
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.searches import Demand
from tests.factories import make_provider
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT

QUESTION = "lamp of the lighthouse"


def told(bases: list[Dataset], query: str = QUESTION, **options) -> Explanation:
    """The explanation; what it says was found is what a search finds."""
    ids = [base.pk for base in bases]
    explanation = run(
        explain(workspace_id=bases[0].workspace_id, dataset_ids=ids, query=query, demand=Demand(**options))
    )
    found = run(retrieve(workspace_id=bases[0].workspace_id, dataset_ids=ids, query=query, **options))
    assert [hit.segment_id for hit in explanation.hits] == [hit.segment_id for hit in found]
    assert [hit.score for hit in explanation.hits] == pytest.approx([hit.score for hit in found])
    kept = [candidate for candidate in explanation.candidates if candidate.cut is None]
    assert [candidate.rank for candidate in kept] == list(range(1, len(found) + 1))
    assert [candidate.hit for candidate in kept] == list(explanation.hits)
    assert all(candidate.cut in CUTS for candidate in explanation.candidates if candidate.rank is None)
    return explanation


def by_content(explanation: Explanation) -> dict[str, Candidate]:
    return {candidate.hit.content: candidate for candidate in explanation.candidates}


@pytest.mark.parametrize("method", list(retrieval_methods.all()))
def test_kb_27_each_method_tells_what_it_searched_by(vectors, add, method):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    explanation = told([vectors], settings=RetrievalSettings(method, top_k=1))
    best, last = explanation.candidates[0], explanation.candidates[-1]
    assert (best.rank, best.fused_rank, best.cut, best.rerank_score) == (1, 1, None, None)
    assert (last.rank, last.cut) == (None, "beyond_top_k")
    assert best.lexical_score > 0
    has_vector = method in ("semantic_search", "hybrid_search")
    assert (best.vector_score is not None) == (best.vector_rank is not None) == has_vector
    assert best.fused_score == best.hit.score
    # Two passages hold lamp and lighthouse; the words rank them.
    ranks = {one.lexical_rank for one in explanation.candidates if "lighthouse" in one.hit.content}
    assert ranks == {1, 2}


def test_both_scores_of_a_candidate_make_the_fused_one(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    explanation = told([vectors], settings=RetrievalSettings("hybrid_search", vector_weight=0.6, keyword_weight=0.4))
    best = max(one.lexical_score or 0 for one in explanation.candidates)
    for one in explanation.candidates:
        assert one.fused_score == pytest.approx(0.6 * one.vector_score + 0.4 * one.lexical_score / best, abs=1e-4)
    by_rank = sorted(explanation.candidates, key=lambda one: one.vector_rank or 0)
    assert [one.vector_rank for one in by_rank] == list(range(1, len(by_rank) + 1))
    scores = [one.vector_score or 0 for one in by_rank]
    assert scores == sorted(scores, reverse=True)


def test_the_threshold_and_top_k_say_so(economy, add):
    add(economy, TEXT, process_rule=ONE_A_LINE)
    everything = told([economy], "lamp lighthouse ants", top_k=20).candidates
    middle = (everything[0].hit.score + everything[-1].hit.score) / 2
    cuts = [one.cut for one in told([economy], "lamp lighthouse ants", top_k=1, score_threshold=middle).candidates]
    assert cuts[0] is None
    assert {"beyond_top_k"} <= set(cuts[1:]) <= {"beyond_top_k", "below_threshold"}
    high = told([economy], "lamp lighthouse ants", top_k=3, score_threshold=0.999).candidates
    assert {one.cut for one in high} == {"below_threshold"}


def test_a_rerank_model_gives_its_score_to_every_candidate_it_saw(vectors, add):
    lines = [f"Lighthouse {number} has a lamp." for number in range(40)]
    add(vectors, "\n".join(lines), process_rule=ONE_A_LINE)
    rerank = RerankChoice("demo", "demo-rerank")
    settings = RetrievalSettings("hybrid_search", top_k=2, rerank=rerank)
    candidates = told([vectors], "lamp of lighthouse 7", settings=settings).candidates
    assert candidates[0].hit.content == lines[7]
    seen = [one for one in candidates if one.rerank_score is not None]
    assert len(seen) == 30
    assert [one.rerank_rank for one in seen] == list(range(1, 31))
    assert {one.cut for one in candidates if one.rerank_score is None} == {"beyond_rerank_candidates"}
    assert {one.cut for one in seen[2:]} == {"beyond_top_k"}


def test_a_rerank_model_that_failed_is_told(workspace, vectors, add, upstream, monkeypatch):
    monkeypatch.setattr("apps.models.attempts.BACK_OFF_S", 0)
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    make_provider(workspace, upstream.base_url, **{"fail-500": "rerank"})
    rerank = RerankChoice("openai_api_compatible", "fail-500")
    explanation = told([vectors], rerank=rerank, score_threshold=0.9)
    [note] = explanation.notes
    assert "openai_api_compatible/fail-500 failed" in note
    assert "sk-secret" not in note
    assert len(explanation.hits) == 2


@pytest.mark.parametrize("method", list(retrieval_methods.all()))
@pytest.mark.parametrize("side_rows", [True, False])
@pytest.mark.parametrize("cut", ["disabled", "document_disabled", "document_archived"])
def test_what_is_hidden_is_never_found_and_the_reason_told(vectors, add, cut, method, side_rows):
    """Whether or not the tables that are searched know of it."""
    add(vectors, "\n".join(PASSAGES[1:]), process_rule=ONE_A_LINE)
    hidden = add(vectors, PASSAGES[0], name="Hidden", process_rule=ONE_A_LINE)
    if cut == "disabled":
        Segment.objects.filter(document=hidden).update(enabled=False)
    else:
        Document.objects.filter(pk=hidden.pk).update(
            **{"enabled": False} if cut == "document_disabled" else {"archived": True}
        )
    if side_rows:
        SegmentLexical.objects.filter(segment__document=hidden).update(enabled=False)
        SegmentEmbedding.objects.filter(segment__document=hidden).update(enabled=False)
    explanation = told([vectors], PASSAGES[0], settings=RetrievalSettings(method, top_k=20))
    assert hidden.pk not in {hit.document_id for hit in explanation.hits}
    one = by_content(explanation)[PASSAGES[0]]
    assert (one.cut, one.rank) == (cut, None)
    assert one.hit.score > 0.5


def test_several_bases_are_told_together(workspace, economy, vectors, add):
    add(economy, "\n".join(PASSAGES[:6]), process_rule=ONE_A_LINE)
    add(vectors, "\n".join(PASSAGES[6:]), process_rule=ONE_A_LINE)
    hybrid = create_dataset(
        workspace=workspace, name="Hybrid", indexing_technique="high_quality",
        retrieval_model={"search_method": "hybrid_search"},
    )  # fmt: skip
    add(hybrid, TEXT, process_rule=ONE_A_LINE)
    bases = [economy, vectors, hybrid]
    for options in (
        {},
        {"top_k": 3},
        {"weights": (0.5, 0.5)},
        {"rerank": RerankChoice("demo", "demo-rerank")},
        {"settings": RetrievalSettings("full_text_search", 4, 0.2)},
    ):
        explanation = told(bases, **options)
        assert {one.hit.dataset_name for one in explanation.candidates} == {"Economy", "Vectors", "Hybrid"}


def test_bases_with_rerank_models_of_their_own(workspace, economy, vectors, add, upstream):
    make_provider(workspace, upstream.base_url, rerank="rerank")
    for base, provider, name in ((economy, "demo", "demo-rerank"), (vectors, "openai_api_compatible", "rerank")):
        model = {"reranking_provider_name": provider, "reranking_model_name": name}
        settings = {**base.retrieval_model, "reranking_enable": True, "reranking_model": model, "reranking_mode": None}
        from apps.knowledge.services.datasets import update_dataset

        update_dataset(dataset=base, retrieval_model=settings)
        add(base, TEXT, process_rule=ONE_A_LINE)
    explanation = told([economy, vectors])
    assert {one.hit.dataset_name for one in explanation.candidates if one.rerank_score is not None} == {
        "Economy",
        "Vectors",
    }


def test_nothing_to_tell_of(economy):
    assert told([economy]) == Explanation([], [], [])
    assert told([economy], "  ") == Explanation()


def test_the_command_explains_when_asked(vectors, add):
    add(vectors, TEXT, process_rule=ONE_A_LINE)

    def command(*more: str) -> dict:
        out = StringIO()
        call_command("knowledge_search", str(vectors.pk), QUESTION, *more, "--json", stdout=out)
        return json.loads(out.getvalue())

    assert list(command()) == ["records"]
    answer = command("--explain", "--method", "hybrid_search")
    assert answer["explanation"]["notes"] == []
    candidates = answer["explanation"]["candidates"]
    assert [one["segment_id"] for one in candidates[:2]] == [row["segment"]["id"] for row in answer["records"]]
    assert {"vector_score", "lexical_score", "fused_score", "rerank_score", "cut", "reason"} <= set(candidates[0])
    assert candidates[2]["reason"] == CUTS["beyond_top_k"]


def test_an_explanation_costs_two_statements_more(vectors, add, monkeypatch):
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    statements: list[int] = []
    connect = db.connect

    def counting():
        statements.append(1)
        return connect()

    async def counts() -> list[int]:
        where = {"workspace_id": vectors.workspace_id, "dataset_ids": [vectors.pk], "query": "lamp"}
        monkeypatch.setattr(db, "connect", counting)
        await retrieve(**where)
        plain = len(statements)
        statements.clear()
        await explain(**where, demand=Demand())
        return [plain, len(statements)]

    plain, explained = run(counts())
    assert explained - plain == 2
