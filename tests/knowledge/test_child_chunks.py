"""Child chunks by API (service API 7.6): they are found, and their passages are shown."""

import pytest

from apps.knowledge.models import Dataset, Document, Segment, SegmentLexical
from tests.knowledge.api import add_indexed, create, error_of, found
from tests.knowledge.tables import everything
from tests.knowledge.test_hierarchical import TWO_PARENTS, rule
from tests.knowledge.texts import PASSAGES

NEW = "Obsidian is volcanic glass with edges sharper than steel."


@pytest.fixture(params=["economy", "high_quality"])
def technique(request) -> str:
    return request.param


@pytest.fixture
def path(client, technique) -> str:
    """A document of two passages, of three and of two chunks."""
    dataset_id = create(client, indexing_technique=technique)
    return add_indexed(client, dataset_id, TWO_PARENTS, process_rule=rule(), doc_form="hierarchical_model")


def passages(client, path: str) -> list[dict]:
    return client.get(f"{path}/segments").json()["data"]


def chunks_of(client, path: str, number: int = 0) -> str:
    return f"{path}/segments/{passages(client, path)[number]['id']}/child_chunks"


def texts(client, chunks: str, query: str = "") -> list[str]:
    return [chunk["content"] for chunk in client.get(f"{chunks}{query}").json()["data"]]


def searched(client, path: str, query: str) -> list[str]:
    return found(client, path.split("/")[3], query, "keyword_search")


def indexed() -> set[str]:
    return set(Segment.objects.filter(pk__in=SegmentLexical.objects.values("pk")).values_list("content", flat=True))


def consistent() -> None:
    """The base's totals are those of what is indexed."""
    rows = everything(Dataset.objects.get())
    assert rows["totals"][0][:2] == (len(rows["words"]), sum(row[3] for row in rows["words"]))
    assert {term for term, _ in rows["terms"]} == {term for row in rows["words"] for term in row[4]}


def test_kb_19_chunks_are_listed_by_page_and_word(client, path):
    chunks = chunks_of(client, path)
    body = client.get(f"{chunks}?limit=2&page=2").json()
    assert {name: body[name] for name in ("total", "total_pages", "page", "limit")} == {
        "total": 3, "total_pages": 2, "page": 2, "limit": 2,
    }  # fmt: skip
    third = body["data"][0]
    assert (third["content"], third["position"], third["type"]) == (PASSAGES[2], 3, "automatic")
    assert third["segment_id"] == passages(client, path)[0]["id"]
    assert texts(client, chunks, "?keyword=YEAST") == [PASSAGES[2]]
    shown = passages(client, path)[0]["child_chunks"]
    assert [chunk["content"] for chunk in shown] == PASSAGES[:3]
    assert shown[2] == third


def test_kb_19_a_chunk_is_written_changed_and_deleted(client, path):
    chunks, parent = chunks_of(client, path), passages(client, path)[0]["content"]
    before = Document.objects.values_list("segment_count", "completed_segments", "word_count", "tokens").get()
    answer = client.post(chunks, {"content": f" {NEW} "})
    assert answer.status == 200, answer.body
    chunk = answer.json()["data"]
    assert (chunk["content"], chunk["position"], chunk["type"], chunk["word_count"]) == (NEW, 4, "customized", len(NEW))
    assert searched(client, path, "obsidian") == [parent]
    consistent()
    changed = client.request("PATCH", f"{chunks}/{chunk['id']}", {"content": "Basalt columns have six sides."})
    assert (changed.status, changed.json()["data"]["type"]) == (200, "customized")
    assert searched(client, path, "obsidian") == []
    assert searched(client, path, "basalt") == [parent]
    consistent()
    assert client.request("DELETE", f"{chunks}/{chunk['id']}").status == 204
    assert searched(client, path, "basalt") == []
    assert error_of(client.request("DELETE", f"{chunks}/{chunk['id']}")) == (404, "not_found", "Child chunk not found.")
    consistent()
    after = Document.objects.values_list("segment_count", "completed_segments", "word_count", "tokens").get()
    assert after == before


def test_kb_19_a_passage_without_chunks_is_found_by_itself(client, path, technique):
    chunks = chunks_of(client, path, 1)
    for chunk in client.get(chunks).json()["data"]:
        assert client.request("DELETE", f"{chunks}/{chunk['id']}").status == 204
    parent = passages(client, path)[1]
    assert parent["child_chunks"] == []
    assert parent["content"] in indexed()
    assert searched(client, path, "harbour freezes") == [parent["content"]]
    consistent()
    assert client.post(chunks, {"content": NEW}).status == 200
    assert parent["content"] not in indexed()
    assert searched(client, path, "harbour freezes") == []
    consistent()


def test_kb_19_chunks_stay_or_are_cut_anew_with_their_passage(client, path):
    segment = chunks_of(client, path).removesuffix("/child_chunks")
    kept = client.post(segment, {"segment": {"content": NEW, "regenerate_child_chunks": False}}).json()["data"]
    assert [chunk["content"] for chunk in kept["child_chunks"]] == PASSAGES[:3]
    assert searched(client, path, "yeast dough") == [NEW]
    cut = client.post(segment, {"segment": {"regenerate_child_chunks": True}}).json()["data"]
    assert [chunk["content"] for chunk in cut["child_chunks"]] == [NEW]
    assert (searched(client, path, "yeast dough"), searched(client, path, "obsidian")) == ([], [NEW])
    consistent()


def test_kb_21_a_passage_switched_off_takes_its_chunks_along(client, path):
    segment = passages(client, path)[0]
    switch = f"{path}/segments/{{}}?segment_id={segment['id']}"
    assert client.request("PATCH", switch.format("disable")).json() == {"result": "success"}
    assert searched(client, path, "yeast dough") == []
    assert client.post(chunks_of(client, path), {"content": NEW}).status == 200
    assert searched(client, path, "obsidian") == []
    assert client.request("PATCH", switch.format("enable")).status == 200
    assert searched(client, path, "obsidian") == [segment["content"]]
    consistent()


def test_added_passages_have_chunks(client, path):
    added = client.post(f"{path}/segments", {"segments": [{"content": f"{NEW}\n{PASSAGES[7]}"}]}).json()["data"][0]
    assert [chunk["content"] for chunk in added["child_chunks"]] == [NEW, PASSAGES[7]]
    assert searched(client, path, "obsidian") == [added["content"]]
    gone = client.request("DELETE", f"{path}/segments?segment_id={added['id']}")
    assert gone.status == 204
    consistent()


def test_what_is_written_is_checked(client, stranger):
    hierarchical = create(client)
    path = add_indexed(client, hierarchical, TWO_PARENTS, process_rule=rule(), doc_form="hierarchical_model")
    chunks = chunks_of(client, path)
    chunk = f"{chunks}/{client.get(chunks).json()['data'][0]['id']}"
    elsewhere = f"{chunks_of(client, path, 1)}/{chunk.rsplit('/', 1)[1]}"
    for body in ({}, {"content": 5}, {"content": " "}):
        assert error_of(client.post(chunks, body))[:2] == (400, "invalid_param")
        assert error_of(client.request("PATCH", chunk, body))[:2] == (400, "invalid_param")
    for method, address in (("PATCH", elsewhere), ("DELETE", elsewhere), ("DELETE", f"{chunks}/x")):
        assert client.request(method, address, {"content": NEW}).status == 404
    for method, address in (("GET", chunks), ("POST", chunks), ("PATCH", chunk), ("DELETE", chunk)):
        assert stranger.request(method, address, {"content": NEW} if method != "GET" else None).status == 404
    Document.objects.update(archived=True)
    assert error_of(client.post(chunks, {"content": NEW}))[1] == "archived_document_immutable"
    Document.objects.update(archived=False, indexing_status="indexing")
    assert error_of(client.request("DELETE", chunk))[2] == "Document is not available"


def test_other_documents_have_none(client):
    path = add_indexed(client, create(client), "One.")
    chunks = chunks_of(client, path)
    told = error_of(client.post(chunks, {"content": NEW}))
    assert told == (400, "invalid_param", "Only documents of the form hierarchical_model have child chunks.")
    assert client.get(chunks).json()["total"] == 0
