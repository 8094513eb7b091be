"""Parents and children: passages that are cited, and the chunks they are found by."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.common.errors import InvalidParam
from apps.common.perloop import run
from apps.common.tokens import estimate_tokens
from apps.knowledge import reading
from apps.knowledge.contracts import Extracted, SplitRule
from apps.knowledge.models import Document, LexicalStat, Segment, SegmentEmbedding, SegmentLexical
from apps.knowledge.rules import FULL_DOC_TOKENS, form_of, parse_rule, processing
from apps.knowledge.services import segment_rows
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_file, create_document_from_text
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.segments import add_segments, delete_segment, update_segment
from tests.factories import make_workspace
from tests.knowledge.tables import everything
from tests.knowledge.test_kill import killed_worker
from tests.knowledge.test_splitter import random_text
from tests.knowledge.texts import PASSAGES, TEXT, long_text

TWO_PARENTS = "\n".join(PASSAGES[:3]) + "\n\n" + "\n".join(PASSAGES[3:5])


def rule(parent_mode: str = "paragraph", *, parent: int = 200, child: int = 50, **more: object) -> dict:
    return {
        "mode": "hierarchical",
        "rules": {
            "pre_processing_rules": [],
            "parent_mode": parent_mode,
            "segmentation": {"separator": "\\n\\n", "max_tokens": parent},
            "subchunk_segmentation": {"separator": "\\n", "max_tokens": child},
            **more,
        },
    }


def family(document: Document) -> list[tuple[str, list[str]]]:
    """Passages with their chunks, by position."""
    passages = Segment.objects.filter(document=document, parent=None).order_by("position")
    return [(item.content, [child.content for child in item.children.order_by("position")]) for item in passages]


def indexed() -> set[str]:
    """What can be found."""
    return set(
        Segment.objects.filter(pk__in=SegmentLexical.objects.values("segment_id")).values_list("content", flat=True)
    )


def counts(document: Document) -> tuple[int, int, int]:
    document.refresh_from_db()
    return document.segment_count, document.completed_segments, document.word_count


def test_kb_12_passages_are_cut_into_the_chunks_they_are_found_by(vectors, add):
    document = add(vectors, TWO_PARENTS, process_rule=rule())
    assert (document.indexing_status, document.doc_form) == ("completed", "hierarchical_model")
    assert family(document) == [("\n".join(PASSAGES[:3]), PASSAGES[:3]), ("\n".join(PASSAGES[3:5]), PASSAGES[3:5])]
    chunks = Segment.objects.exclude(parent=None).order_by("parent__position", "position")
    assert list(chunks.values_list("position", flat=True)) == [1, 2, 3, 1, 2]
    assert set(Segment.objects.values_list("status", "origin")) == {("completed", "automatic")}
    assert indexed() == set(PASSAGES[:5])
    assert SegmentEmbedding.objects.count() == LexicalStat.objects.get().chunks == 5
    assert counts(document) == (2, 2, len(TWO_PARENTS) - 2)
    vectors.refresh_from_db()
    assert vectors.doc_form == "hierarchical_model"


def test_a_whole_document_is_one_passage(economy, add):
    document = add(economy, TWO_PARENTS, process_rule=rule("full-doc"))
    assert family(document) == [(TWO_PARENTS, PASSAGES[:5])]


def test_what_a_whole_document_has_beyond_its_limit_becomes_further_passages():
    found = processing(*parse_rule(rule("full-doc")), "hierarchical_model")
    text = long_text(900)
    drafts = reading.cut(reading.tidy(Extracted(text), found), found)
    assert len(drafts) > 1
    assert all(draft.tokens <= FULL_DOC_TOKENS for draft in drafts)
    assert drafts[0].tokens > 0.9 * FULL_DOC_TOKENS
    assert "".join("".join(draft.content for draft in drafts).split()) == "".join(text.split())


@pytest.mark.parametrize("seed", range(25))
def test_kb_12_no_passage_and_no_chunk_is_too_long(seed):
    parent, child = [(50, 50), (200, 60), (4000, 100)][seed % 3]
    found = processing(*parse_rule(rule(parent=parent, child=child)), "hierarchical_model")
    text = random_text(seed) + " end"
    drafts = reading.cut(reading.tidy(Extracted(text), found), found)
    assert all(draft.tokens == estimate_tokens(draft.content) <= parent for draft in drafts)
    children = [part for draft in drafts for part in draft.children]
    assert all(part.tokens == estimate_tokens(part.content) <= child for part in children)
    assert all(draft.children for draft in drafts)
    assert "".join("".join(part.content for part in children).split()) == "".join(text.split())


def test_the_automatic_rule_makes_parents_and_children_too(economy, add):
    document = add(economy, TWO_PARENTS, process_rule={"mode": "automatic"}, doc_form="hierarchical_model")
    assert family(document) == [(TWO_PARENTS, [TWO_PARENTS])]
    found = processing(*parse_rule({"mode": "automatic"}), "hierarchical_model")
    assert (found.split, found.children) == (SplitRule("\n\n", 1024), SplitRule("\n", 512))


def test_a_custom_rule_takes_the_usual_children():
    custom = {"mode": "custom", "rules": {**rule()["rules"]}}
    found = processing(*parse_rule(custom), "hierarchical_model")
    assert (found.split.max_tokens, found.children) == (200, SplitRule("\n", 512, merge=False))


def test_the_rule_decides_about_the_form_where_nobody_does(economy, add):
    assert form_of(None, "hierarchical") == "hierarchical_model"
    assert form_of(None, "custom") == "text_model"
    document = add(economy, TWO_PARENTS, process_rule=rule(), doc_form="text_model")
    assert family(document) == [("\n".join(PASSAGES[:3]), []), ("\n".join(PASSAGES[3:5]), [])]


def test_rows_of_tables_are_parents(economy):
    data = b"Name,Story\nPen,It writes in blue.\nCup,It holds tea.\n"
    create_document_from_file(dataset=economy, name="t.csv", data=data, process_rule=rule())
    run(index_pending())
    assert family(Document.objects.get()) == [
        ("Name: Pen\nStory: It writes in blue.", ["Name: Pen", "Story: It writes in blue."]),
        ("Name: Cup\nStory: It holds tea.", ["Name: Cup", "Story: It holds tea."]),
    ]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"parent_mode": "page"}, "Process rule parent_mode is invalid"),
        ({"segmentation": None}, "Process rule segmentation is required"),
        ({"subchunk_segmentation": None}, "Process rule subchunk_segmentation is required"),
        ({"subchunk_segmentation": {}}, "Process rule subchunk_segmentation is invalid"),
        ({"subchunk_segmentation": {"separator": "", "max_tokens": 50}}, "subchunk_segmentation separator is required"),
        ({"subchunk_segmentation": {"separator": "x"}}, "subchunk_segmentation max_tokens is required"),
        ({"subchunk_segmentation": {"separator": "x", "max_tokens": 10**9}}, "subchunk_segmentation max_tokens is inv"),
        (
            {"subchunk_segmentation": {"separator": "x", "max_tokens": 50, "chunk_overlap": 50}},
            "subchunk_segmentation chunk_overlap is invalid",
        ),
    ],
)
def test_u_09_wrong_rules_are_named(change, sentence):
    with pytest.raises(InvalidParam, match=sentence):
        parse_rule(rule(**change))
    if "segmentation" in change:  # a whole document is not segmented
        assert parse_rule(rule("full-doc", **change))[1]["parent_mode"] == "full-doc"


def test_progress_counts_passages_and_only_grows(vectors, monkeypatch):
    document = create_document_from_text(dataset=vectors, name="Long", text=long_text(120), process_rule=rule())
    seen, write = [], segment_rows.write_entries

    async def watched(job, entries, model):
        status = await write(job, entries[:7], model)  # batches that end within families
        row = await segment_rows.db.fetch_one(
            "select completed_segments, segment_count from knowledge_document where id = %s", document.pk
        )
        seen.append(tuple(row))
        return status

    monkeypatch.setattr("apps.knowledge.services.batches.write_entries", watched)
    run(index_pending())
    done = [count for count, _ in seen]
    assert done == sorted(done)
    assert seen[-1] == (120, 120)
    assert 0 < done[len(done) // 2] < 120
    assert counts(document)[:2] == (120, 120)


@pytest.mark.parametrize("place", ["segments written, not committed", "first batch committed", "embedding"])
def test_killed_and_resumed_is_as_undisturbed(workspace, place):
    calm = create_dataset(workspace=workspace, name="Calm", indexing_technique="high_quality")
    other = make_workspace("Other", "other@example.org")
    stormy = create_dataset(workspace=other, name="Stormy", indexing_technique="high_quality")
    for base in (calm, stormy):
        text = long_text(220)
        create_document_from_text(dataset=base, name="Text", text=text, process_rule=rule(child=50))
        if base is calm:
            run(index_pending())
    killed_worker(place)
    Document.objects.filter(lease_until__isnull=False).update(lease_until=timezone.now() - timedelta(seconds=1))
    run(index_pending())
    assert sorted(map(repr, everything(stormy)["segments"])) == sorted(map(repr, everything(calm)["segments"]))
    for table in ("documents", "terms", "totals"):
        assert everything(stormy)[table] == everything(calm)[table]
    assert len(everything(stormy)["vectors"]) == len(everything(calm)["vectors"])


def test_a_passage_that_is_added_or_changed_gets_its_chunks(vectors, add):
    document = add(vectors, TWO_PARENTS, process_rule=rule())
    content = "\n".join(PASSAGES[5:7])
    (added,) = add_segments(document=document, records=[{"content": content}])
    assert family(document)[2] == (content, PASSAGES[5:7])
    assert set(PASSAGES[5:7]) <= indexed()
    update_segment(document=document, segment=added, content="Peat burns slowly.\nCoal burns long.")
    assert family(document)[2][1] == ["Peat burns slowly.", "Coal burns long."]
    assert not set(PASSAGES[5:7]) & indexed()
    assert {"Peat burns slowly.", "Coal burns long."} <= indexed()
    assert counts(document)[:2] == (3, 3)
    assert SegmentEmbedding.objects.count() == LexicalStat.objects.get().chunks == 7


def test_chunks_that_people_wrote_stay_unless_they_are_to_be_cut_anew(vectors, add):
    document = add(vectors, TWO_PARENTS, process_rule=rule())
    passage = Segment.objects.get(parent=None, position=1)
    Segment.objects.filter(parent=passage, position=1).update(origin="customized")
    update_segment(document=document, segment=passage, content="New words.", regenerate_child_chunks=False)
    assert family(document)[0] == ("New words.", PASSAGES[:3])
    passage.refresh_from_db()
    update_segment(document=document, segment=passage, regenerate_child_chunks=True)
    assert family(document)[0] == ("New words.", ["New words."])
    assert indexed() == {"New words.", *PASSAGES[3:5]}


def test_a_passage_takes_its_chunks_along_when_it_is_switched_off_or_deleted(vectors, add):
    document = add(vectors, TWO_PARENTS, process_rule=rule())
    passage = Segment.objects.get(parent=None, position=1)
    passage = update_segment(document=document, segment=passage, enabled=False)
    assert (
        SegmentLexical.objects.filter(enabled=True).count()
        == SegmentEmbedding.objects.filter(enabled=True).count()
        == 2
    )
    passage = update_segment(document=document, segment=passage, enabled=True)
    assert SegmentLexical.objects.filter(enabled=True).count() == 5
    delete_segment(document=document, segment=passage)
    assert indexed() == set(PASSAGES[3:5])
    assert counts(document)[:2] == (1, 1)
    assert Segment.objects.count() == 3


def test_an_edited_form_indexes_anew(client, economy, add):
    document = add(economy, TWO_PARENTS, process_rule=rule())
    path = f"/v1/datasets/{economy.pk}/documents/{document.pk}"
    answer = client.post(f"{path}/update-by-text", {"name": "Text", "text": TEXT, "doc_form": "text_model"})
    assert answer.status == 200, answer.body
    run(index_pending())
    assert [children for _, children in family(document)] == [[], []]
    assert indexed() == {content for content, _ in family(document)}


def test_a_documents_rows_are_found_by_an_index(economy, add):
    add(economy, TWO_PARENTS, process_rule=rule())
    from apps.knowledge.services.index_rows import _ALL

    with connection.cursor() as cursor:
        cursor.execute("set enable_seqscan = off")
        cursor.execute(f"explain select from knowledge_segment g where {_ALL}", {"document": economy.pk})
        plan = "\n".join(row[0] for row in cursor.fetchall())
        cursor.execute("reset enable_seqscan")
    assert "knowledge_segment_position" in plan
