"""The knowledge API row by row (checklist L), with the manual's examples as they stand there."""

import json

import pytest

from apps.common.perloop import run
from apps.knowledge.models import Dataset, Document, Segment, SegmentEmbedding, SegmentLexical, TermStat
from apps.knowledge.services.jobs import claim
from tests.factories import make_provider
from tests.http import Part, form
from tests.knowledge.api import add_indexed, add_text, create, error_of, found, index
from tests.knowledge.texts import ONE_A_LINE, PASSAGES

RULE = """{
       "rules": {
               "pre_processing_rules": [{
                       "id": "remove_extra_spaces",
                       "enabled": true
               }, {
                       "id": "remove_urls_emails",
                       "enabled": true
               }],
               "segmentation": {
                       "separator": "###",
                       "max_tokens": 500
               }
       },
       "mode": "custom"
   }"""
BY_TEXT = f"""{{
   "name": "Dify",
   "text": "Dify means Do it for you...",
   "indexing_technique": "high_quality",
   "process_rule": {RULE}
}}"""
BY_FILE = f"""{{
	"name": "Dify",
	"indexing_technique": "high_quality",
	"process_rule": {RULE}
   }}"""  # noqa: E101, W191 - as the manual indents it
# A key's base with a model of the fake upstream.
UPSTREAM = {"embedding_model_provider": "openai_api_compatible", "indexing_technique": "high_quality"}


def empty(client) -> str:
    return client.post("/v1/datasets", {"name": "name"}).json()["id"]


def data(**fields) -> str:
    return json.dumps({"indexing_technique": "economy", "process_rule": ONE_A_LINE, **fields})


def by_file(client, dataset_id, *parts, path="document/create_by_file", **fields):
    return client.post(f"/v1/datasets/{dataset_id}/{path}", **form(*parts, **fields))


def test_kap_02_kb_05_an_empty_base_is_created_and_filled(client):
    answer = client.post("/v1/datasets", b'{"name": "name"}')
    assert answer.status == 200
    assert (answer.json()["name"], answer.json()["document_count"]) == ("name", 0)
    again = client.post("/v1/datasets", b'{"name": "name"}')
    assert error_of(again)[:2] == (409, "dataset_name_duplicate")
    assert add_text(client, answer.json()["id"], indexing_technique="economy").status == 200


def test_kap_03_bases_are_listed_page_by_page(client):
    ids = [create(client, f"Base {n}") for n in range(3)]
    first = client.get("/v1/datasets?page=1&limit=2").json()
    assert [item["id"] for item in first["data"]] == [ids[2], ids[1]]
    assert {key: first[key] for key in ("has_more", "limit", "total", "page")} == {
        "has_more": True, "limit": 2, "total": 3, "page": 1,
    }  # fmt: skip
    assert [item["id"] for item in client.get("/v1/datasets?page=2&limit=2").json()["data"]] == [ids[0]]
    assert len(client.get("/v1/datasets?page=1&limit=20&provider=vendor&include_all=true").json()["data"]) == 3
    assert client.get("/v1/datasets?provider=external").json()["data"] == []


@pytest.mark.parametrize("spelling", ["create_by_text", "create-by-text"])
def test_kap_04_the_manuals_document_by_text(client, spelling):
    dataset_id = empty(client)
    answer = client.post(f"/v1/datasets/{dataset_id}/document/{spelling}", BY_TEXT.encode())
    assert answer.status == 200, answer.body
    assert (answer.json()["document"]["name"], answer.json()["document"]["created_from"]) == ("Dify", "api")
    index()
    assert found(client, dataset_id, "Dify", "semantic_search") == ["Dify means Do it for you..."]


@pytest.mark.parametrize("spelling", ["create_by_file", "create-by-file"])
def test_kap_05_the_manuals_document_by_file(client, spelling):
    dataset_id = empty(client)
    # curl sends what stands behind `;type=` with the field.
    head = b'--frontier\r\nContent-Disposition: form-data; name="data"\r\nContent-Type: text/plain\r\n\r\n'
    file = form(Part(b"One.###Two.", "notes.txt", "text/plain"))
    file["body"] = head + BY_FILE.encode() + b"\r\n" + file["body"]
    answer = client.post(f"/v1/datasets/{dataset_id}/document/{spelling}", **file)
    assert answer.status == 200, answer.body
    index()
    assert [segment.content for segment in Segment.objects.order_by("position")] == ["One.", "Two."]
    assert Dataset.objects.get().indexing_technique == "high_quality"


def test_kap_06_progress_never_goes_back(client):
    dataset_id = create(client)
    batch = add_text(client, dataset_id).json()["batch"]
    order = ["waiting", "parsing", "cleaning", "splitting", "indexing", "completed"]

    def state() -> tuple[int, int]:
        [row] = client.get(f"/v1/datasets/{dataset_id}/documents/{batch}/indexing-status").json()["data"]
        return order.index(row["indexing_status"]), row["completed_segments"]

    seen = [state()]
    assert run(claim()) is not None
    seen.append(state())
    Document.objects.update(lease_until=None)
    index()
    seen.append(state())
    assert seen == sorted(seen)
    assert seen[0] == (0, 0)
    assert seen[-1] == (5, len(PASSAGES))
    missing = client.get(f"/v1/datasets/{dataset_id}/documents/x/indexing-status")
    assert error_of(missing) == (404, "not_found", "Documents not found.")


def test_kap_07_documents_are_listed(client):
    dataset_id = create(client)
    for name in ("One", "Two"):
        add_text(client, dataset_id, name=name)
    listed = client.get(f"/v1/datasets/{dataset_id}/documents").json()
    assert [item["name"] for item in listed["data"]] == ["Two", "One"]
    assert (listed["total"], listed["page"], listed["has_more"]) == (2, 1, False)
    assert [item["name"] for item in client.get(f"/v1/datasets/{dataset_id}/documents?keyword=tw").json()["data"]] == [
        "Two"
    ]


def test_kap_08_a_deleted_document_leaves_no_row(client):
    path = add_indexed(client, create(client, indexing_technique="high_quality"))
    assert SegmentEmbedding.objects.count() == len(PASSAGES)
    assert client.request("DELETE", path).status == 204
    for table in (Document, Segment, SegmentEmbedding, SegmentLexical, TermStat):
        assert not table.objects.exists(), table
    assert error_of(client.request("DELETE", path)) == (404, "not_found", "Document Not Exists.")


@pytest.mark.parametrize("by", ["_by_", "-by-"])
def test_kap_09_documents_are_updated_by_text_and_by_file(client, by):
    dataset_id = create(client)
    path = add_indexed(client, dataset_id)
    assert client.post(f"{path}/update{by}text", {"name": "New", "text": "Obsidian."}).status == 200
    index()
    assert found(client, dataset_id, "obsidian", "keyword_search") == ["Obsidian."]
    changed = by_file(
        client, dataset_id, Part(b"Basalt.", "b.txt"), path=f"{path.partition(dataset_id)[2][1:]}/update{by}file"
    )
    assert changed.status == 200, changed.body
    index()
    assert found(client, dataset_id, "basalt", "keyword_search") == ["Basalt."]
    assert Document.objects.count() == 1


@pytest.mark.parametrize("spelling", ["segment", "segments"])
def test_kap_10_segments_are_added_in_both_spellings(client, spelling):
    dataset_id = create(client)
    path = add_indexed(client, dataset_id, "One.")
    body = b'{"segments": [{"content": "Dify means Do it for you", "keywords": ["Dify", "Do"]}]}'
    answer = client.post(f"{path}/{spelling}", body)
    assert answer.status == 200, answer.body
    assert answer.json()["data"][0]["keywords"] == ["Dify", "Do"]
    assert found(client, dataset_id, "Dify", "keyword_search") == ["Dify means Do it for you"]
    # As the manual prints it the body is no JSON.
    printed = b'"segments":[\n {"content":"Dify means Do it for you",\n "keywords":["Dify","Do"]\n }\n ]'
    assert error_of(client.post(f"{path}/{spelling}", printed))[:2] == (400, "bad_request")


def test_kap_11_a_document_in_work_is_not_deleted(client):
    dataset_id = create(client)
    document_id = add_text(client, dataset_id).json()["document"]["id"]
    assert run(claim()) is not None
    answer = client.request("DELETE", f"/v1/datasets/{dataset_id}/documents/{document_id}")
    assert error_of(answer) == (400, "document_indexing", "Cannot delete document during indexing.")


def test_kap_12_without_an_embedding_model(client):
    body = {"name": "B", "indexing_technique": "high_quality", "embedding_model": "m"}
    answer = client.post("/v1/datasets", {**body, "embedding_model_provider": "openai"})
    assert error_of(answer)[:2] == (400, "provider_not_initialize")
    added = add_text(client, empty(client), **{**UPSTREAM, "embedding_model": "m"})
    assert error_of(added)[:2] == (400, "provider_not_initialize")


def test_kap_13_what_is_not_there(client):
    dataset_id = create(client)
    path = f"/v1/datasets/{dataset_id}/documents/01890000-0000-7000-8000-000000000000"
    for answer in (client.get(path), client.request("DELETE", path), client.get(f"{path}/segments")):
        assert error_of(answer) == (404, "not_found", "Document Not Exists.")
    assert error_of(client.get("/v1/datasets/x")) == (404, "not_found", "Dataset not found.")


def test_kap_14_an_embedding_model_without_credit(client, workspace, upstream):
    make_provider(workspace, upstream.base_url, **{"no-credit": "text-embedding", "fake": "text-embedding"})
    dataset_id = create(client, **UPSTREAM, embedding_model="fake")
    path = add_indexed(client, dataset_id, "One.")
    Dataset.objects.update(embedding_model="no-credit")
    before = upstream.stats().get("errors_sent", 0)
    added = client.post(f"{path}/segments", {"segments": [{"content": "Two."}]})
    assert error_of(added)[:2] == (400, "provider_quota_exceeded")
    assert upstream.stats().get("errors_sent", 0) == before + 1  # asking again would not help
    assert Segment.objects.count() == 1
    batch = add_text(client, dataset_id).json()["batch"]
    index()
    [row] = client.get(f"/v1/datasets/{dataset_id}/documents/{batch}/indexing-status").json()["data"]
    assert row["indexing_status"] == "error"
    assert "insufficient_quota" in row["error"]
    broke = create(client, "Broke", **UPSTREAM, embedding_model="no-credit")
    answer = client.post(f"/v1/datasets/{broke}/retrieve", {"query": "One"})
    assert error_of(answer)[:2] == (400, "provider_quota_exceeded")


def test_kap_15_a_base_that_is_not_ready(client):
    dataset_id = create(client)
    add_text(client, dataset_id)
    answer = client.post(f"/v1/datasets/{dataset_id}/retrieve", {"query": "One"})
    assert error_of(answer) == (
        400,
        "dataset_not_initialized",
        "The dataset is still being initialized or indexing. Please wait a moment.",
    )


def test_kap_16_17_18_kb_07_files_that_are_refused(client):
    dataset_id = create(client)
    exe = by_file(client, dataset_id, Part(b"MZ", "a.exe"), data=data())
    assert error_of(exe)[:2] == (415, "unsupported_file_type")
    two = by_file(client, dataset_id, Part(b"a", "a.txt"), Part(b"b", "b.txt"), data=data())
    assert error_of(two)[:2] == (400, "too_many_files")
    limit = 15 * 2**20
    large = by_file(client, dataset_id, Part(b"x" * (limit + 1), "a.txt"), data=data())
    assert error_of(large) == (413, "file_too_large", "File size exceeded. The limit for this kind of file is 15 MB.")
    assert not Document.objects.exists()
    assert by_file(client, dataset_id, Part(b"x" * limit, "a.txt"), data=data()).status == 200
