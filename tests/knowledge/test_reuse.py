"""A text that a workspace's model has embedded is not embedded again."""

import pytest
from django.db import connection

from apps.knowledge.models import Document, SegmentEmbedding
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.segments import add_segments
from apps.models.drivers.demo import DemoDriver
from apps.models.errors import ProviderUnauthorised
from tests.factories import make_workspace
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT


@pytest.fixture
def embedded(monkeypatch) -> list[str]:
    """The texts the demo provider embeds."""
    seen: list[str] = []
    embed = DemoDriver.embed

    async def watched(self, endpoint, model, texts):
        if PASSAGES[12] in texts and len(texts) == 1:
            raise ProviderUnauthorised("No.")
        seen.extend(texts)
        return await embed(self, endpoint, model, texts)

    monkeypatch.setattr(DemoDriver, "embed", watched)
    return seen


def vectors_of(document: Document) -> list[str]:
    rows = SegmentEmbedding.objects.filter(document_id=document.pk).order_by("segment__position")
    return [str(row.embedding) for row in rows]


def test_kb_14_a_second_document_of_the_same_text_costs_nothing(vectors, add, embedded):
    first = add(vectors, TEXT, process_rule=ONE_A_LINE)
    assert sorted(embedded) == sorted(PASSAGES)
    second = add(vectors, TEXT + "\nOne more.", process_rule=ONE_A_LINE)
    assert embedded[len(PASSAGES) :] == ["One more."]
    assert vectors_of(second)[:-1] == vectors_of(first)
    assert second.completed_segments == len(PASSAGES) + 1


def test_each_text_of_a_document_is_embedded_once(vectors, add, embedded):
    document = add(vectors, "\n".join([PASSAGES[0]] * 700 + [PASSAGES[1]]), process_rule=ONE_A_LINE)
    assert embedded == PASSAGES[:2]
    assert (document.segment_count, document.completed_segments) == (701, 701)
    assert SegmentEmbedding.objects.count() == 701
    assert len(set(vectors_of(document))) == 2


def test_other_bases_of_the_workspace_share_vectors_and_other_workspaces_do_not(vectors, add, embedded):
    add(vectors, PASSAGES[0])
    add(create_dataset(workspace=vectors.workspace, name="More", indexing_technique="high_quality"), PASSAGES[0])
    assert embedded == PASSAGES[:1]
    stranger = make_workspace("Other", "other@example.org")
    add(create_dataset(workspace=stranger, name="Theirs", indexing_technique="high_quality"), PASSAGES[0])
    assert embedded == PASSAGES[:1] * 2


def test_vectors_of_another_model_or_size_are_not_taken(vectors, add, embedded):
    add(vectors, PASSAGES[0])
    SegmentEmbedding.objects.update(model="demo/other")
    add(vectors, PASSAGES[0])
    assert embedded == PASSAGES[:1] * 2
    SegmentEmbedding.objects.exclude(model="demo/other").update(dim=3, embedding=[0.1, 0.2, 0.3])
    add(vectors, PASSAGES[1])  # the base's vectors are of 3 dimensions now, the model's of 1,024
    assert Document.objects.order_by("position").last().indexing_status == "error"


def test_what_is_gone_is_paid_for_again(vectors, add, embedded):
    document = add(vectors, PASSAGES[0])
    delete_document(document=document)
    add(vectors, PASSAGES[0])
    assert embedded == PASSAGES[:1] * 2


def test_a_passage_added_by_hand_takes_the_vector_that_is_there(vectors, add, embedded):
    document = add(vectors, TEXT, process_rule=ONE_A_LINE)
    embedded.clear()
    add_segments(document=document, records=[{"content": PASSAGES[3]}, {"content": "New."}, {"content": "New."}])
    assert embedded == ["New."]
    assert SegmentEmbedding.objects.count() == len(PASSAGES) + 3


def test_what_is_known_is_stored_though_the_rest_is_refused(vectors, add, embedded):
    add(vectors, PASSAGES[0])
    document = add(vectors, f"{PASSAGES[0]}\n{PASSAGES[12]}", process_rule=ONE_A_LINE)
    assert (document.indexing_status, document.error, document.completed_segments) == ("error", "No.", 1)


def test_kb_15_an_economical_base_looks_nothing_up(economy, add, embedded, monkeypatch):
    async def never(*args):
        raise AssertionError("asked for vectors")

    monkeypatch.setattr("apps.knowledge.services.reuse._known", never)
    document = add(economy, TEXT, process_rule=ONE_A_LINE)
    assert document.indexing_status == "completed"
    assert embedded == []


# A table of a few rows is read in any way.
MANY_SEGMENTS = """
    with copies as (
        insert into knowledge_segment
        select (jsonb_populate_record(null::knowledge_segment, to_jsonb(s) || jsonb_build_object(
            'id', gen_random_uuid(), 'position', 1000 + n, 'index_node_hash', md5(n::text)
        ))).*
        from (select * from knowledge_segment limit 1) s, generate_series(1, 1000) n
        returning id
    )
    insert into knowledge_segmentembedding
    select (jsonb_populate_record(
        null::knowledge_segmentembedding, to_jsonb(e) || jsonb_build_object('segment_id', copies.id)
    )).*
    from (select * from knowledge_segmentembedding limit 1) e, copies"""


def test_the_look_up_goes_by_the_hash_index(vectors, add):
    from apps.knowledge.services import reuse

    add(vectors, TEXT, process_rule=ONE_A_LINE)
    with connection.cursor() as cursor:
        cursor.execute(MANY_SEGMENTS)
        cursor.execute("analyze knowledge_segment, knowledge_segmentembedding")
        arguments = [["0" * 64], vectors.workspace_id, "demo/demo-embedding", None]
        cursor.execute(f"explain {reuse._KNOWN}", arguments)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    assert "knowledge_segment_digest" in plan
