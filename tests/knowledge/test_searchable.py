"""What passages are found by beside their text, and what is shown of those with answers."""

import pytest

from apps.common.perloop import run
from apps.knowledge.contracts import Hit, RetrievalSettings
from apps.knowledge.lexical.tokens import count_slots, searchable_text
from apps.knowledge.models import Segment, SegmentLexical
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_file
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.segments import add_segments, update_segment
from tests.knowledge.tables import everything
from tests.knowledge.texts import ONE_A_LINE, TEXT


def find(dataset, query: str, method: str = "full_text_search") -> list[Hit]:
    settings = RetrievalSettings(method, top_k=5)
    return run(retrieve(workspace_id=dataset.workspace_id, dataset_ids=[dataset.pk], query=query, settings=settings))


def test_kb_19_keywords_count_as_words_of_their_passage(economy, add):
    document = add(economy, TEXT, process_rule=ONE_A_LINE)
    [segment] = add_segments(document=document, records=[{"content": "Reset it.", "keywords": ["router", "WLAN box"]}])
    for query in ("router", "wlan", "reset"):
        assert [hit.content for hit in find(economy, query)] == ["Reset it."], query
    words = SegmentLexical.objects.get(segment=segment)
    assert words.terms == sorted(count_slots("Reset it. router WLAN box"))
    assert words.length == 4


@pytest.mark.parametrize("technique", ["economy", "high_quality"])
def test_kb_19_new_keywords_replace_the_old_ones(workspace, technique, add):
    dataset = create_dataset(workspace=workspace, name="Base", indexing_technique=technique)
    document = add(dataset, TEXT, process_rule=ONE_A_LINE)
    before = everything(dataset)
    [segment] = Segment.objects.filter(position=2)
    segment = update_segment(document=document, segment=segment, keywords=["router"])
    assert [hit.segment_id for hit in find(dataset, "router")] == [segment.pk]
    segment = update_segment(document=document, segment=segment, keywords=["modem"])
    assert find(dataset, "router") == []
    assert [hit.segment_id for hit in find(dataset, "modem")] == [segment.pk]
    update_segment(document=document, segment=segment, keywords=[])
    assert everything(dataset)["terms"] == before["terms"]
    assert everything(dataset)["vectors"] == before["vectors"]


def test_keywords_of_a_file_are_found(economy):
    lines = b'{"content": "Reset it.", "keywords": ["router"]}\n{"content": "Bees dance.", "keywords": []}'
    create_document_from_file(dataset=economy, name="help.jsonl", data=lines)
    run(index_pending())
    assert [hit.content for hit in find(economy, "router")] == ["Reset it."]


def test_kb_17_a_question_is_found_and_its_answer_read(economy):
    lines = b'{"content": "Where is the lamp?", "answer": "In the tower."}\n{"content": "Bees dance."}'
    create_document_from_file(dataset=economy, name="help.jsonl", data=lines)
    run(index_pending())
    [hit] = find(economy, "lamp")
    assert (hit.content, hit.answer) == ("Where is the lamp?", "In the tower.")
    assert hit.text == "question:Where is the lamp? \nanswer:In the tower."
    [plain] = find(economy, "bees")
    assert plain.text == plain.content


def test_searchable_text():
    assert searchable_text("a", None) == searchable_text("a", []) == "a"
    assert searchable_text("a", ["b", "c d"]) == "a\nb\nc d"
