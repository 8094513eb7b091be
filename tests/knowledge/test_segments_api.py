"""Adding, changing and deleting segments by API (service API 7.6): everything they are found by changes with them."""

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from apps.knowledge.models import Dataset, Document, Segment, SegmentEmbedding
from tests.knowledge.api import add_indexed, add_text, create, error_of, found, index
from tests.knowledge.tables import everything
from tests.knowledge.texts import PASSAGES

NEW = "Obsidian is volcanic glass with edges sharper than steel."


@pytest.fixture(params=["economy", "high_quality"])
def technique(request) -> str:
    return request.param


def ids_of(client, path: str) -> list[str]:
    return [item["id"] for item in client.get(f"{path}/segments?limit=100").json()["data"]]


def same_as_indexed_anew(client, path: str, technique: str) -> None:
    """The edited document's rows are those of a document with the same passages, but for weights' rounding."""
    texts = list(Segment.objects.order_by("position").values_list("content", flat=True))
    edited = Dataset.objects.get()
    twin = create(client, "Twin", indexing_technique=technique)
    add_indexed(client, twin, "\n".join(texts))
    mine, other = everything(edited), everything(Dataset.objects.get(pk=twin))
    assert mine["terms"] == other["terms"]
    assert mine["totals"][0][:2] == other["totals"][0][:2]
    assert [row[2:] for row in mine["segments"]] == [row[2:] for row in other["segments"]]
    assert [row[2:5] for row in mine["words"]] == [row[2:5] for row in other["words"]]
    assert [row[2:] for row in mine["vectors"]] == [row[2:] for row in other["vectors"]]
    assert [row[2:7] for row in mine["documents"]] == [row[2:7] for row in other["documents"]]


def test_added_segments_are_found_and_counted(client, technique):
    dataset_id = create(client, indexing_technique=technique)
    path = add_indexed(client, dataset_id)
    body = {"segments": [{"content": f" {NEW} ", "answer": "glass", "keywords": [" "]}, {"content": "Two\0."}]}
    answer = client.post(f"{path}/segments", body)
    assert answer.status == 200, answer.body
    shown = answer.json()
    assert shown["doc_form"] == "text_model"
    first, second = shown["data"]
    assert (first["content"], first["answer"], first["keywords"]) == (NEW, "glass", [])
    assert (first["status"], first["position"]) == ("completed", len(PASSAGES) + 1)
    assert (first["word_count"], second["content"]) == (len(NEW), "Two.")
    assert client.get(f"{path}/segments/{first['id']}").json() == {"data": first, "doc_form": "text_model"}
    assert found(client, dataset_id, NEW, "keyword_search")[0] == NEW
    if technique == "high_quality":
        assert found(client, dataset_id, NEW, "semantic_search")[0] == NEW
    same_as_indexed_anew(client, path, technique)


def test_a_changed_segment_is_found_by_its_new_text_alone(client, technique):
    dataset_id = create(client, indexing_technique=technique)
    path = add_indexed(client, dataset_id)
    segment_id = ids_of(client, path)[2]
    answer = client.post(f"{path}/segments/{segment_id}", {"segment": {"content": NEW, "keywords": []}})
    assert answer.status == 200, answer.body
    shown = answer.json()["data"]
    assert (shown["id"], shown["position"], shown["content"], shown["keywords"]) == (segment_id, 3, NEW, [])
    assert found(client, dataset_id, "obsidian volcanic", "keyword_search") == [NEW]
    assert PASSAGES[2] not in found(client, dataset_id, "yeast dough bread", "keyword_search")
    same_as_indexed_anew(client, path, technique)


def test_a_deleted_segment_leaves_nothing_behind(client, technique):
    dataset_id = create(client, indexing_technique=technique)
    path = add_indexed(client, dataset_id)
    segment_id = ids_of(client, path)[-1]
    gone = client.request("DELETE", f"{path}/segments/{segment_id}")
    assert (gone.status, gone.body) == (204, b"")
    again = client.request("DELETE", f"{path}/segments/{segment_id}")
    assert error_of(again) == (404, "not_found", "Segment not found.")
    assert client.get(f"{path}/segments").json()["total"] == len(PASSAGES) - 1
    same_as_indexed_anew(client, path, technique)


def test_all_segments_can_go_and_new_ones_come(client):
    path = add_indexed(client, create(client), "Only one.")
    client.request("DELETE", f"{path}/segments/{ids_of(client, path)[0]}")
    document = Document.objects.get()
    assert (document.segment_count, document.word_count, document.tokens) == (0, 0, 0)
    assert everything(document.dataset)["terms"] == []
    assert client.post(f"{path}/segments", {"segments": [{"content": NEW}]}).status == 200
    assert found(client, str(document.dataset_id), "obsidian", "keyword_search") == [NEW]


def test_a_segment_is_switched_off_and_on(client):
    dataset_id = create(client, indexing_technique="high_quality")
    path = add_indexed(client, dataset_id)
    segment = f"{path}/segments/{ids_of(client, path)[2]}"
    off = client.post(segment, {"segment": {"enabled": False}}).json()["data"]
    assert (off["enabled"], off["content"]) == (False, PASSAGES[2])
    assert isinstance(off["disabled_at"], int)
    assert found(client, dataset_id, "yeast dough bread", "keyword_search") == []
    assert PASSAGES[2] not in found(client, dataset_id, PASSAGES[2], "semantic_search")
    refused = client.post(segment, {"segment": {"content": NEW}})
    assert error_of(refused) == (400, "invalid_param", "Can't update disabled segment")
    on = client.post(segment, {"segment": {"content": NEW, "enabled": True}}).json()["data"]
    assert (on["enabled"], on["disabled_at"], on["disabled_by"]) == (True, None, None)
    assert found(client, dataset_id, NEW, "semantic_search")[0] == NEW


@pytest.mark.parametrize(
    ("segments", "message"),
    [
        (None, None),
        ("x", None),
        (["x"], None),
        ([], "Segments is required"),
        ([{}], "Content is empty"),
        ([{"content": "fine"}, {"content": " \0"}], "Content is empty"),
        ([{"content": 5}], "Content is empty"),
        ([{"content": "a", "answer": 5}], "answer must be text"),
        ([{"content": "a", "keywords": "b"}], "keywords must be a list of texts"),
        ([{"content": "a", "keywords": [5]}], "keywords must be a list of texts"),
        ([{"content": "a"}] * 1001, "Exceeded maximum segments limit of 1000."),
    ],
)
def test_what_is_added_is_checked(client, segments, message):
    path = add_indexed(client, create(client), "One.")
    answer = client.post(f"{path}/segments", {"segments": segments})
    assert (answer.status, answer.json()["code"]) == (400, "invalid_param")
    assert message in (None, answer.json()["message"])
    assert Segment.objects.count() == 1


def test_questions_need_answers(client):
    path = add_indexed(client, create(client), "One.")
    Document.objects.update(doc_form="qa_model")
    for item, message in (({}, "Answer is required"), ({"answer": " "}, "Answer is empty")):
        answer = client.post(f"{path}/segments", {"segments": [{"content": "Why?", **item}]})
        assert (answer.status, answer.json()["message"]) == (400, message)


@pytest.mark.parametrize("body", [{}, {"segment": 4}, {"segment": {"content": " "}}, {"segment": {"enabled": "x"}}])
def test_what_is_changed_is_checked(client, body):
    path = add_indexed(client, create(client), "One.")
    answer = client.post(f"{path}/segments/{ids_of(client, path)[0]}", body)
    assert (answer.status, answer.json()["code"]) == (400, "invalid_param")
    assert Segment.objects.get().content == "One."


def test_documents_on_their_way_and_archived_ones_are_left_alone(client):
    dataset_id = create(client)
    path = add_indexed(client, dataset_id, "One.")
    segment = f"{path}/segments/{ids_of(client, path)[0]}"
    calls = (
        lambda: client.post(f"{path}/segments", {"segments": [{"content": NEW}]}),
        lambda: client.post(segment, {"segment": {"content": NEW}}),
        lambda: client.request("DELETE", segment),
    )
    Document.objects.update(archived=True)
    for call in calls:
        assert error_of(call()) == (403, "archived_document_immutable", "The archived document is not editable.")
    Document.objects.update(archived=False, indexing_status="indexing")
    for call in calls:
        assert error_of(call()) == (400, "invalid_param", "Document is not available")
    Document.objects.update(indexing_status="completed")
    Segment.objects.update(status="indexing")
    busy = error_of(client.post(segment, {"segment": {"content": NEW}}))
    assert busy == (400, "invalid_param", "Segment is indexing, please try again later")


def test_segments_of_others_are_not_found(client, stranger):
    dataset_id = create(client)
    path = add_indexed(client, dataset_id, "One.")
    other = add_text(client, dataset_id, "Two.", name="Other").json()["document"]["id"]
    index()
    segment_id = ids_of(client, path)[0]
    elsewhere = f"/v1/datasets/{dataset_id}/documents/{other}/segments/{segment_id}"
    for answer in (client.get(elsewhere), client.get(f"{path}/segments/{uuid4()}"), client.get(f"{path}/segments/x")):
        assert error_of(answer) == (404, "not_found", "Segment not found.")
    assert stranger.get(f"{path}/segments/{segment_id}").status == 404


def test_vectors_that_do_not_fit_change_nothing(client):
    dataset_id = create(client, indexing_technique="high_quality")
    path = add_indexed(client, dataset_id, "One.")
    SegmentEmbedding.objects.update(dim=7)
    before = everything(Dataset.objects.get())
    answer = client.post(f"{path}/segments", {"segments": [{"content": NEW}]})
    assert (answer.status, answer.json()["code"]) == (400, "embedding_dimension_mismatch")
    assert everything(Dataset.objects.get()) == before


def test_many_at_a_time_lose_nothing(client):
    path = add_indexed(client, create(client, indexing_technique="high_quality"))
    changed, gone = ids_of(client, path)[:2]
    calls = [
        *(lambda n=n: client.post(f"{path}/segments", {"segments": [{"content": f"Number {n}."}]}) for n in range(4)),
        *(
            lambda n=n: client.post(f"{path}/segments/{changed}", {"segment": {"content": f"Change {n}."}})
            for n in range(2)
        ),
        lambda: client.request("DELETE", f"{path}/segments/{gone}"),
    ]
    with ThreadPoolExecutor(len(calls)) as pool:
        assert [answer.status for answer in pool.map(lambda call: call(), calls)] == [200] * 6 + [204]
    document = Document.objects.get()
    segments = Segment.objects.all()
    assert document.segment_count == document.completed_segments == segments.count() == len(PASSAGES) + 3
    assert document.word_count == sum(segment.word_count for segment in segments)
    same_as_indexed_anew(client, path, "high_quality")
