"""Passages that are found by their child chunks."""

import pytest

from apps.common.perloop import run
from apps.knowledge.contracts import Hit, RerankChoice, RetrievalSettings, retrieval_methods
from apps.knowledge.models import Dataset, Document, Segment, SegmentEmbedding, SegmentLexical
from apps.knowledge.retrieval import _sql
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.explaining import explain
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.searches import Demand
from tests.factories import make_provider
from tests.knowledge.families import give_children
from tests.knowledge.texts import ONE_A_LINE

TEXT = "\n".join(
    [
        "The lighthouse has a lamp. The lamp of the lighthouse burns oil. Gulls sleep on its roof",
        "Ferries cross the harbour. The lighthouse guides them. Ice stops them in January",
        "Bees dance in the hive. Clover flowers in June. Honey keeps for years",
        "Bread dough rises. Yeast turns sugar into gas. The oven is hot",
    ]
)
PARENTS = TEXT.split("\n")
METHODS = list(retrieval_methods.all())


@pytest.fixture
def family(workspace, add) -> Dataset:
    """Four passages of three chunks each, with vectors and words."""
    dataset = create_dataset(workspace=workspace, name="Families", indexing_technique="high_quality")
    Dataset.objects.filter(pk=dataset.pk).update(doc_form="hierarchical_model")
    give_children(add(dataset, TEXT, process_rule=ONE_A_LINE))
    return dataset


def find(dataset: Dataset, query: str, method: str = "full_text_search", **options) -> list[Hit]:
    settings = RetrievalSettings(search_method=method, top_k=options.pop("top_k", 20), **options)
    return run(retrieve(workspace_id=dataset.workspace_id, dataset_ids=[dataset.pk], query=query, settings=settings))


@pytest.mark.parametrize("method", METHODS)
def test_a_search_answers_each_parent_once_with_its_best_childs_score(family, method):
    hits = find(family, "oil lamp of the lighthouse", method)
    assert hits[0].content == PARENTS[0]
    assert len({hit.segment_id for hit in hits}) == len(hits)
    assert {hit.content for hit in hits} <= set(PARENTS)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    for hit in hits:
        assert hit.score == hit.children[0].score == max(child.score for child in hit.children)
        parent = Segment.objects.get(pk=hit.segment_id)
        assert (hit.position, hit.word_count, parent.parent) == (parent.position, len(hit.content), None)
        kept = {child.pk: (child.content, child.position) for child in parent.children.all()}
        assert all(kept[child.segment_id] == (child.content, child.position) for child in hit.children)
    assert hits[0].children[0].content == "The lamp of the lighthouse burns oil"


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("has_children", [True, False])
def test_top_k_counts_parents(family, method, has_children, monkeypatch):
    """Also where the best rows are all chunks of one passage, and the base does not say that there are any."""
    monkeypatch.setattr(_sql, "CHILDREN_READ", 2)
    monkeypatch.setattr(_sql, "CANDIDATES", 1)
    form = "hierarchical_model" if has_children else "text_model"
    Dataset.objects.filter(pk=family.pk).update(doc_form=form)
    assert len(find(family, "lighthouse lamp ferries bees yeast", method, top_k=4)) == 4
    assert len(find(family, "lighthouse lamp ferries bees yeast", method, top_k=2)) == 2
    if method != "semantic_search":
        [first, second] = find(family, "lighthouse", "full_text_search", top_k=4)
        assert {first.content, second.content} == set(PARENTS[:2])


@pytest.mark.parametrize("what", ["parent", "children", "document"])
@pytest.mark.parametrize("method", METHODS)
def test_what_is_disabled_is_not_found(family, method, what):
    parent = Segment.objects.get(content=PARENTS[0])
    if what == "document":
        Document.objects.update(enabled=False)
    else:
        rows = Segment.objects.filter(pk=parent.pk) if what == "parent" else parent.children.all()
        rows.update(enabled=False)
    assert PARENTS[0] not in {hit.content for hit in find(family, "oil lamp of the lighthouse", method)}


def test_a_disabled_chunk_leaves_its_passage_to_the_others(family):
    Segment.objects.filter(content="The lamp of the lighthouse burns oil").update(enabled=False)
    [hit, *_] = find(family, "lamp lighthouse")
    assert (hit.content, hit.children[0].content) == (PARENTS[0], "The lighthouse has a lamp")


def test_passages_with_and_without_children_are_found_together(family, add):
    add(family, "The lamp of the lighthouse burns gas.", process_rule=ONE_A_LINE)
    hits = find(family, "oil lamp of the lighthouse")
    assert {hit.content for hit in hits[:2]} == {PARENTS[0], "The lamp of the lighthouse burns gas."}
    assert {len(hit.children) > 0 for hit in hits[:2]} == {True, False}


def test_a_rerank_model_reads_the_chunk_that_was_found(workspace, family, upstream):
    make_provider(workspace, upstream.base_url, rerank="rerank")
    rerank = RerankChoice("openai_api_compatible", "rerank")
    hits = find(family, "yeast sugar gas", "hybrid_search", top_k=2, rerank=rerank)
    [call] = [row for row in upstream.last() if row["path"] == "/v1/rerank"]
    assert "Yeast turns sugar into gas" in call["body"]["documents"]
    assert hits[0].content == PARENTS[3]


@pytest.mark.parametrize("method", METHODS)
def test_an_explanation_tells_of_passages_and_their_chunks(family, method):
    where = {"workspace_id": family.workspace_id, "dataset_ids": [family.pk], "query": "oil lamp of the lighthouse"}
    Segment.objects.filter(content=PARENTS[1]).update(enabled=False)
    settings = RetrievalSettings(method, top_k=1)
    told = run(explain(**where, demand=Demand(settings=settings)))
    assert list(told.hits) == run(retrieve(**where, settings=settings))
    assert len({one.hit.segment_id for one in told.candidates}) == len(told.candidates)
    best, *rest = told.candidates
    assert (best.hit.content, best.rank, best.cut) == (PARENTS[0], 1, None)
    assert best.lexical_score > 0
    assert best.fused_score == best.hit.score == best.hit.children[0].score
    cuts = {one.hit.content: one.cut for one in rest}
    assert cuts[PARENTS[1]] == "disabled"
    assert set(cuts.values()) <= {"disabled", "beyond_top_k"}


def test_hit_testing_shows_the_chunks(client, family):
    body = {"query": "oil lamp of the lighthouse", "retrieval_model": {"search_method": "hybrid_search", "top_k": 2}}
    [record, _] = client.post(f"/v1/datasets/{family.pk}/hit-testing", {**body, "explain": True}).json()["records"]
    assert record["segment"]["content"] == PARENTS[0]
    chunk = record["child_chunks"][0]
    assert set(chunk) == {"id", "content", "position", "score"}
    assert (chunk["content"], chunk["position"]) == ("The lamp of the lighthouse burns oil", 2)
    assert chunk["score"] == record["score"]


def test_side_tables_hold_no_passage_with_children(family):
    assert not SegmentLexical.objects.filter(segment__parent=None).exists()
    assert SegmentEmbedding.objects.count() == SegmentLexical.objects.count() == 12
