"""The knowledge API as the contract writes it, over HTTP."""

import json
import re
import uuid

import pytest

from apps.knowledge.models import Dataset, Document, ProcessRule, Segment
from apps.knowledge.services.datasets import update_dataset
from tests.factories import make_app, make_key
from tests.http import Answer, Client
from tests.knowledge import samples
from tests.knowledge.api import add_text, create, error_of, index
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT
from tests.waiting import eventually

DATASET_FIELDS = [
    "id",
    "name",
    "description",
    "provider",
    "permission",
    "data_source_type",
    "indexing_technique",
    "app_count",
    "document_count",
    "word_count",
    "created_by",
    "created_at",
    "updated_by",
    "updated_at",
    "embedding_model",
    "embedding_model_provider",
    "embedding_available",
    "retrieval_model_dict",
    "tags",
]
DOCUMENT_FIELDS = [
    "id",
    "position",
    "data_source_type",
    "data_source_info",
    "dataset_process_rule_id",
    "name",
    "created_from",
    "created_by",
    "created_at",
    "tokens",
    "indexing_status",
    "error",
    "enabled",
    "disabled_at",
    "disabled_by",
    "archived",
    "display_status",
    "word_count",
    "hit_count",
    "doc_form",
]
SEGMENT_FIELDS = [
    "id",
    "position",
    "document_id",
    "content",
    "answer",
    "word_count",
    "tokens",
    "keywords",
    "index_node_id",
    "index_node_hash",
    "hit_count",
    "enabled",
    "disabled_at",
    "disabled_by",
    "status",
    "created_by",
    "created_at",
    "indexing_at",
    "completed_at",
    "error",
    "stopped_at",
]
STATUS_FIELDS = [
    "id",
    "indexing_status",
    "processing_started_at",
    "parsing_completed_at",
    "cleaning_completed_at",
    "splitting_completed_at",
    "completed_at",
    "paused_at",
    "error",
    "stopped_at",
    "completed_segments",
    "total_segments",
]


def multipart(*parts: tuple[str, str | None, bytes]) -> tuple[bytes, dict[str, str]]:
    lines = b""
    for name, file_name, data in parts:
        disposition = f'form-data; name="{name}"' + (f'; filename="{file_name}"' if file_name is not None else "")
        lines += f"--frontier\r\nContent-Disposition: {disposition}\r\n\r\n".encode() + data + b"\r\n"
    return lines + b"--frontier--\r\n", {"Content-Type": "multipart/form-data; boundary=frontier"}


def add_file(client: Client, dataset_id: str, *parts: tuple[str, str | None, bytes]) -> Answer:
    body, headers = multipart(*parts)
    return client.post(f"/v1/datasets/{dataset_id}/document/create_by_file", body, headers=headers)


def test_a_dataset_is_created_shown_listed_and_deleted(client, workspace):
    answer = client.post("/v1/datasets", {"name": "  Handbook "})
    assert answer.status == 200
    shown = answer.json()
    assert list(shown)[: len(DATASET_FIELDS)] == DATASET_FIELDS[:-1] + ["tags"]
    assert (shown["name"], shown["provider"], shown["permission"]) == ("Handbook", "vendor", "only_me")
    assert shown["indexing_technique"] is None
    assert (shown["document_count"], shown["word_count"], shown["app_count"]) == (0, 0, 0)
    assert isinstance(shown["created_at"], int)
    assert shown["retrieval_model_dict"]["search_method"] == "semantic_search"
    assert shown["retrieval_model_dict"]["top_k"] == 2
    assert client.get(f"/v1/datasets/{shown['id']}").json() == shown
    listed = client.get("/v1/datasets?page=1&limit=20").json()
    assert listed == {"data": [shown], "has_more": False, "limit": 20, "total": 1, "page": 1}
    gone = client.request("DELETE", f"/v1/datasets/{shown['id']}")
    assert (gone.status, gone.body) == (204, b"")
    assert error_of(client.get(f"/v1/datasets/{shown['id']}")) == (404, "not_found", "Dataset not found.")


def test_high_quality_takes_the_workspaces_embedding_model(client):
    shown = client.get(f"/v1/datasets/{create(client, indexing_technique='high_quality')}").json()
    assert (shown["embedding_model_provider"], shown["embedding_model"]) == ("demo", "demo-embedding")
    assert shown["embedding_available"] is True


def test_names_are_checked(client):
    create(client, "Taken")
    taken = client.post("/v1/datasets", {"name": "Taken"})
    assert error_of(taken) == (
        409, "dataset_name_duplicate", "The dataset name already exists. Please modify your dataset name.",
    )  # fmt: skip
    for body in ({}, {"name": ""}, {"name": "x" * 41}, {"name": 5}, {"name": None}, {"name": "\0"}):
        answer = client.post("/v1/datasets", body)
        assert answer.status == 400
        assert answer.json()["code"] == "invalid_param"
        assert answer.json()["params"] == "name"
        assert answer.json()["message"] == "type is required. Name must be between 1 to 40 characters."


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ({"indexing_technique": "magic"}, "indexing_technique"),
        ({"permission": "everybody"}, "permission"),
        ({"description": "x" * 401}, "description"),
        ({"description": 4}, "description"),
        ({"provider": "elsewhere"}, "provider"),
        ({"retrieval_model": {"search_method": "x"}}, "search_method"),
        ({"retrieval_model": 4}, "retrieval_model"),
    ],
)
def test_other_fields_are_checked(client, fields, params):
    answer = client.post("/v1/datasets", {"name": "Base", **fields})
    assert (answer.status, answer.json()["code"], answer.json()["params"]) == (400, "invalid_param", params)
    assert not Dataset.objects.exists()


def test_an_unknown_embedding_model_is_refused(client):
    body = {"name": "B", "indexing_technique": "high_quality"}
    answer = client.post("/v1/datasets", {**body, "embedding_model_provider": "openai", "embedding_model": "m"})
    assert (answer.status, answer.json()["code"]) == (400, "provider_not_initialize")
    answer = client.post("/v1/datasets", {**body, "embedding_model_provider": "demo", "embedding_model": "m"})
    assert (answer.status, answer.json()["code"]) == (400, "model_currently_not_support")


def test_a_list_is_paged_and_searched(client):
    for n in range(5):
        create(client, f"Base {n}")
    page = client.get("/v1/datasets?page=2&limit=2").json()
    assert [item["name"] for item in page["data"]] == ["Base 2", "Base 1"]
    assert (page["has_more"], page["limit"], page["total"], page["page"]) == (True, 2, 5, 2)
    assert [item["name"] for item in client.get("/v1/datasets?keyword=BASE+3").json()["data"]] == ["Base 3"]
    assert client.get("/v1/datasets?page=x&limit=9999").json()["limit"] == 100
    assert client.get("/v1/datasets?keyword=%00&page=-1").status == 200


def test_a_document_by_text_from_the_manuals_example(client):
    dataset_id = client.post("/v1/datasets", {"name": "name"}).json()["id"]
    body = {
        "name": "Dify",
        "text": "Dify means Do it for you...",
        "indexing_technique": "high_quality",
        "process_rule": {
            "rules": {
                "pre_processing_rules": [
                    {"id": "remove_extra_spaces", "enabled": True},
                    {"id": "remove_urls_emails", "enabled": True},
                ],
                "segmentation": {"separator": "###", "max_tokens": 500},
            },
            "mode": "custom",
        },
    }
    answer = client.post(f"/v1/datasets/{dataset_id}/document/create_by_text", body)
    assert answer.status == 200
    created = answer.json()
    assert list(created) == ["document", "batch"]
    assert re.fullmatch(r"20\d{12}\d{6}", created["batch"])
    document = created["document"]
    assert set(DOCUMENT_FIELDS) <= set(document)
    assert (document["name"], document["position"], document["created_from"]) == ("Dify", 1, "api")
    assert (document["indexing_status"], document["display_status"]) == ("waiting", "queuing")
    assert set(document["data_source_info"]) == {"upload_file_id"}
    index()
    status = client.get(f"/v1/datasets/{dataset_id}/documents/{created['batch']}/indexing-status").json()
    [row] = status["data"]
    assert set(STATUS_FIELDS) <= set(row)
    assert (row["indexing_status"], row["completed_segments"], row["total_segments"]) == ("completed", 1, 1)
    stamps = [row[f"{stage}_completed_at"] for stage in ("parsing", "cleaning", "splitting")] + [row["completed_at"]]
    assert stamps == sorted(stamps)
    [listed] = client.get(f"/v1/datasets/{dataset_id}/documents").json()["data"]
    assert (listed["display_status"], listed["word_count"], listed["tokens"]) == ("available", 27, 7)
    shown = client.get(f"/v1/datasets/{dataset_id}").json()
    assert (shown["document_count"], shown["word_count"], shown["indexing_technique"]) == (1, 27, "high_quality")


def test_a_document_by_file_from_the_manuals_example(client):
    dataset_id = client.post("/v1/datasets", {"name": "name"}).json()["id"]
    data = {"name": "Dify", "indexing_technique": "economy", "process_rule": ONE_A_LINE}
    answer = add_file(
        client, dataset_id, ("data", None, json.dumps(data).encode()), ("file", "notes.md", TEXT.encode())
    )
    assert answer.status == 200
    assert answer.json()["document"]["name"] == "notes.md"
    index()
    document_id = answer.json()["document"]["id"]
    body = client.get(f"/v1/datasets/{dataset_id}/documents/{document_id}/segments?limit=3").json()
    assert (body["total"], body["doc_form"], body["has_more"], body["limit"]) == (len(PASSAGES), "text_model", True, 3)
    assert [set(SEGMENT_FIELDS) - set(segment) for segment in body["data"]] == [set()] * 3
    assert [segment["content"] for segment in body["data"]] == PASSAGES[:3]
    assert [segment["position"] for segment in body["data"]] == [1, 2, 3]
    assert body["data"][0]["status"] == "completed"
    found = client.get(f"/v1/datasets/{dataset_id}/documents/{document_id}/segments?keyword=yeast&status=completed")
    assert [segment["content"] for segment in found.json()["data"]] == [PASSAGES[2]]


@pytest.mark.parametrize("spelling", ["create_by_text", "create-by-text"])
def test_both_spellings(client, spelling):
    dataset_id = create(client)
    body = {"name": "a", "text": "b", "process_rule": {"mode": "automatic"}}
    assert client.post(f"/v1/datasets/{dataset_id}/document/{spelling}", body).status == 200


def test_later_documents_take_the_latest_rule(client):
    dataset_id = create(client)
    missing = add_text(client, dataset_id, process_rule=None)
    assert (missing.status, missing.json()["message"]) == (400, "process_rule is required.")
    first = add_text(client, dataset_id).json()["document"]
    second = add_text(client, dataset_id, process_rule=None).json()["document"]
    assert first["dataset_process_rule_id"] == second["dataset_process_rule_id"]
    assert (first["position"], second["position"]) == (1, 2)
    third = add_text(client, dataset_id, process_rule={"mode": "automatic"}).json()["document"]
    assert third["dataset_process_rule_id"] != first["dataset_process_rule_id"]
    listed = client.get(f"/v1/datasets/{dataset_id}/documents?limit=2").json()
    assert [item["position"] for item in listed["data"]] == [3, 2]
    assert (listed["total"], listed["has_more"]) == (3, True)


def test_the_first_document_must_name_a_technique(client):
    dataset_id = client.post("/v1/datasets", {"name": "Base"}).json()["id"]
    answer = add_text(client, dataset_id)
    assert error_of(answer) == (400, "invalid_param", "indexing_technique is required.")
    assert not Document.objects.exists()
    assert not ProcessRule.objects.exists()


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ({"name": None}, "name"),
        ({"text": 5}, "text"),
        ({"text": "  \0"}, "text"),
        ({"name": ""}, "name"),
        ({"doc_form": "poem_model"}, "doc_form"),
        ({"process_rule": {"mode": "custom"}}, "process_rule"),
    ],
)
def test_document_fields_are_checked(client, fields, params):
    dataset_id = create(client)
    answer = add_text(client, dataset_id, **fields)
    assert (answer.status, answer.json()["code"], answer.json()["params"]) == (400, "invalid_param", params)
    missing = client.post(f"/v1/datasets/{dataset_id}/document/create_by_text", {"name": "x"})
    assert missing.json()["message"] == "Missing required parameter in the JSON body"
    assert missing.json()["params"] == "text"
    assert not Document.objects.exists()


def test_wrong_uploads_have_the_contracts_codes(client, settings):
    dataset_id = create(client)
    data = ("data", None, json.dumps({"process_rule": ONE_A_LINE}).encode())
    assert error_of(add_file(client, dataset_id, data))[:2] == (400, "no_file_uploaded")
    two = add_file(client, dataset_id, data, ("file", "a.txt", b"x"), ("file", "b.txt", b"x"))
    assert error_of(two)[:2] == (400, "too_many_files")
    assert error_of(add_file(client, dataset_id, data, ("file", "a.exe", b"x")))[:2] == (415, "unsupported_file_type")
    assert error_of(add_file(client, dataset_id, data, ("file", "a.txt", b""))) == (
        400, "invalid_param", "The file is empty.",
    )  # fmt: skip
    large = add_file(client, dataset_id, data, ("file", "a.txt", b"x" * (16 * 2**20)))
    assert error_of(large)[:2] == (413, "file_too_large")
    broken = add_file(client, dataset_id, ("data", None, b"{"), ("file", "a.txt", b"x"))
    assert (broken.status, broken.json()["params"]) == (400, "data")
    listed = add_file(client, dataset_id, ("data", None, b"[]"), ("file", "a.txt", b"x"))
    assert (listed.status, listed.json()["params"]) == (400, "data")
    garbage = client.post(
        f"/v1/datasets/{dataset_id}/document/create_by_file", b"nonsense",
        headers={"Content-Type": "multipart/form-data; boundary=frontier"},
    )  # fmt: skip
    assert garbage.status == 400
    fields = add_file(client, dataset_id, *[(f"f{n}", None, b"") for n in range(2000)])
    assert fields.status == 413
    assert not Document.objects.exists()


def test_a_gbk_file_is_read_as_what_it_is(client):
    dataset_id = create(client)
    text = "知识库可以让应用根据团队自己的文档来回答问题，而不必重新训练模型。"
    data = ("data", None, json.dumps({"process_rule": ONE_A_LINE}).encode())
    assert add_file(client, dataset_id, data, ("file", "说明.txt", text.encode("gbk"))).status == 200
    index()
    assert Segment.objects.get().content == text
    assert Document.objects.get().name == "说明.txt"


def test_an_unreadable_file_ends_in_error_with_the_reason(client):
    dataset_id = create(client)
    data = ("data", None, json.dumps({"process_rule": ONE_A_LINE}).encode())
    batch = add_file(client, dataset_id, data, ("file", "a.txt", bytes(range(256)) * 100)).json()["batch"]
    index()
    [row] = client.get(f"/v1/datasets/{dataset_id}/documents/{batch}/indexing-status").json()["data"]
    assert row["indexing_status"] == "error"
    assert "UTF-8" in row["error"]
    assert row["stopped_at"]


def test_kb_01_a_pdf_becomes_searchable(client):
    dataset_id = create(client)
    data = ("data", None, json.dumps({"process_rule": ONE_A_LINE}).encode())
    file = samples.pdf(["The lighthouse keeper counts ships."], ["Bread needs yeast and patience."])
    assert add_file(client, dataset_id, data, ("file", "Two pages.PDF", file)).status == 200
    index()
    found = client.post(f"/v1/datasets/{dataset_id}/retrieve", {"query": "yeast for bread"}).json()["records"]
    assert [record["segment"]["content"] for record in found] == ["Bread needs yeast and patience."]
    assert found[0]["segment"]["document"]["name"] == "Two pages.PDF"


def test_kb_03_a_refused_type_is_told_what_is_accepted(client):
    dataset_id = create(client)
    data = ("data", None, json.dumps({"process_rule": ONE_A_LINE}).encode())
    answer = add_file(client, dataset_id, data, ("file", "tool.exe", b"MZ"))
    assert error_of(answer)[:2] == (415, "unsupported_file_type")
    for extension in "txt markdown md pdf html htm xlsx docx csv".split():
        assert f" {extension}" in answer.json()["message"]


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", {}, 400, "bad_request"),
        (b"{", {}, 400, "bad_request"),
        (b'{"name": "\xff"}', {}, 400, "bad_request"),
        (b"[]", {}, 400, "bad_request"),
        (b"[" * 100_000, {}, 400, "bad_request"),
        (b"{}", {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (b'{"name": "' + b"x" * 6 * 2**20 + b'"}', {}, 413, "file_too_large"),
    ],
)
def test_bodies_that_are_no_json_object(client, body, headers, status, code):
    for path in ("/v1/datasets", f"/v1/datasets/{create(client, str(uuid.uuid4()))}/retrieve"):
        assert error_of(client.post(path, body, headers=headers))[:2] == (status, code)


def test_a_document_is_deleted_with_all_its_parts(client):
    dataset_id = create(client)
    document_id = add_text(client, dataset_id).json()["document"]["id"]
    index()
    path = f"/v1/datasets/{dataset_id}/documents/{document_id}"
    assert client.request("DELETE", path).status == 204
    assert error_of(client.request("DELETE", path)) == (404, "not_found", "Document Not Exists.")
    assert not Segment.objects.exists()


def test_an_archived_document_stays(client):
    dataset_id = create(client)
    document_id = add_text(client, dataset_id).json()["document"]["id"]
    Document.objects.update(archived=True)
    answer = client.request("DELETE", f"/v1/datasets/{dataset_id}/documents/{document_id}")
    assert error_of(answer) == (403, "archived_document_immutable", "The archived document is not editable.")


def test_what_an_app_uses_cannot_be_deleted(client, workspace):
    dataset_id = create(client)
    make_app(
        workspace, {"dataset_configs": {"datasets": {"datasets": [{"dataset": {"id": dataset_id, "enabled": True}}]}}}
    )
    assert error_of(client.request("DELETE", f"/v1/datasets/{dataset_id}"))[:2] == (409, "dataset_in_use")
    assert client.get(f"/v1/datasets/{dataset_id}").json()["app_count"] == 1


def test_retrieve(client):
    dataset_id = create(client, indexing_technique="high_quality")
    add_text(client, dataset_id)
    index()
    for path in ("retrieve", "hit-testing"):
        answer = client.post(f"/v1/datasets/{dataset_id}/{path}", {"query": PASSAGES[4]})
        assert answer.status == 200
        body = answer.json()
        assert body["query"] == {"content": PASSAGES[4]}
        assert len(body["records"]) == 2
        record = body["records"][0]
        assert list(record) == ["segment", "child_chunks", "score", "tsne_position", "files", "summary"]
        assert record["score"] == pytest.approx(1, abs=0.01)
        segment = record["segment"]
        assert set(SEGMENT_FIELDS) <= set(segment)
        assert segment["content"] == PASSAGES[4]
        assert set(segment["document"]) == {"id", "data_source_type", "name", "doc_type", "doc_metadata"}
    chosen = {"search_method": "full_text_search", "top_k": 5, "score_threshold_enabled": True, "score_threshold": 0.2}
    body = client.post(f"/v1/datasets/{dataset_id}/retrieve", {"query": "yeast", "retrieval_model": chosen}).json()
    assert [record["segment"]["content"] for record in body["records"]] == [PASSAGES[2]]
    assert Segment.objects.filter(hit_count__gt=0).count() == 0


def test_retrieve_explains_when_asked(client):
    dataset_id = create(client, indexing_technique="high_quality")
    add_text(client, dataset_id)
    index()
    path = f"/v1/datasets/{dataset_id}/hit-testing"
    chosen = {"search_method": "hybrid_search", "top_k": 1}
    plain = client.post(path, {"query": PASSAGES[4], "retrieval_model": chosen, "explain": None}).json()
    assert list(plain) == ["query", "records"]
    body = client.post(path, {"query": PASSAGES[4], "retrieval_model": chosen, "explain": True}).json()
    assert body["records"] == plain["records"]
    best, *others = body["explanation"]["candidates"]
    assert (best["content"], best["rank"], best["cut"], best["reason"]) == (PASSAGES[4], 1, None, None)
    assert (best["vector_rank"], best["lexical_rank"], best["fused_rank"]) == (1, 1, 1)
    assert {other["cut"] for other in others} == {"beyond_top_k"}
    assert client.post(path, {"query": "a", "explain": "perhaps"}).status == 400


def test_ret_08_settings_of_a_base_are_given_with_it_and_changed_later(client):
    given = {
        "search_method": "hybrid_search",
        "top_k": 4,
        "score_threshold_enabled": True,
        "score_threshold": 0.3,
        "reranking_enable": True,
        "reranking_model": {"reranking_provider_name": "demo", "reranking_model_name": "demo-rerank"},
    }
    dataset_id = create(client, indexing_technique="high_quality", retrieval_model=given)
    stored = client.get(f"/v1/datasets/{dataset_id}").json()["retrieval_model_dict"]
    assert given.items() <= stored.items()
    add_text(client, dataset_id)
    index()
    path = f"/v1/datasets/{dataset_id}/retrieve"
    assert len(client.post(path, {"query": "lamp"}).json()["records"]) == 2  # two passages hold the word
    update_dataset(dataset=Dataset.objects.get(), retrieval_model={"search_method": "full_text_search", "top_k": 1})
    eventually(lambda: len(client.post(path, {"query": "lamp"}).json()["records"]) == 1)  # the server hears of it


def test_a_rerank_model_that_is_not_there_is_the_callers_error(client):
    dataset_id = create(client)
    add_text(client, dataset_id)
    index()
    model = {"reranking_provider_name": "cohere", "reranking_model_name": "rerank"}
    body = {"query": "lamp", "retrieval_model": {"reranking_enable": True, "reranking_model": model}}
    answer = client.post(f"/v1/datasets/{dataset_id}/retrieve", body)
    assert error_of(answer)[:2] == (400, "provider_not_initialize")


def test_retrieve_refuses_what_is_no_question(client):
    dataset_id = create(client)
    path = f"/v1/datasets/{dataset_id}/retrieve"
    missing = client.post(path, {})
    assert (missing.status, missing.json()["params"]) == (400, "query")
    assert error_of(client.post(path, {"query": "x" * 251}))[2] == "Query cannot exceed 250 characters"
    assert client.post(path, {"query": "x" * 2**20}).status == 400
    assert client.post(path, {"query": 5}).status == 400
    assert client.post(path, {"query": "  "}).status == 400
    assert client.post(path, {"query": "a", "retrieval_model": {"top_k": 0}}).status == 400
    assert client.get(path).status == 405
    assert client.post(path, {"query": "a\0b"}).json()["records"] == []
    assert client.post(path, {"query": "\ud800"}).status == 400


def test_retrieve_says_so_while_everything_is_still_being_indexed(client):
    dataset_id = create(client)
    path = f"/v1/datasets/{dataset_id}/retrieve"
    assert client.post(path, {"query": "lamp"}).json()["records"] == []
    add_text(client, dataset_id)
    assert error_of(client.post(path, {"query": "lamp"}))[:2] == (400, "dataset_not_initialized")
    index()
    assert len(client.post(path, {"query": "lamp"}).json()["records"]) == 2


def test_the_api_of_a_base_can_be_switched_off(client):
    dataset_id = create(client)
    Dataset.objects.update(enable_api=False)
    disabled = (403, "forbidden", "Dataset api access is not enabled.")
    assert error_of(client.get(f"/v1/datasets/{dataset_id}")) == disabled
    assert error_of(client.post(f"/v1/datasets/{dataset_id}/retrieve", {"query": "a"})) == disabled


def test_keys(client, workspace, server):
    app_key = make_key(make_app(workspace))
    for token, sentence in [
        (None, "Authorization header must be provided and start with 'Bearer'"),
        ("dataset-unknown", "Access token is invalid"),
        (app_key, "Access token is invalid"),
    ]:
        for method, path in [("GET", "/v1/datasets"), ("POST", f"/v1/datasets/{uuid.uuid4()}/retrieve")]:
            answer = Client(server.url, token).request(method, path)
            assert error_of(answer) == (401, "unauthorized", sentence)
            assert "www-authenticate" not in answer.headers


def test_strangers_find_nothing_and_change_nothing(client, stranger):
    dataset_id = create(client)
    created = add_text(client, dataset_id).json()
    index()
    document_id, batch = created["document"]["id"], created["batch"]
    base = f"/v1/datasets/{dataset_id}"
    theirs = create(stranger, "Theirs")
    for method, path, body in [
        ("GET", base, None),
        ("DELETE", base, None),
        ("POST", f"{base}/retrieve", {"query": "lamp"}),
        ("POST", f"{base}/document/create_by_text", {"name": "a", "text": "b"}),
        ("POST", f"{base}/document/create-by-file", {}),
        ("GET", f"{base}/documents", None),
        ("GET", f"{base}/documents/{batch}/indexing-status", None),
        ("DELETE", f"{base}/documents/{document_id}", None),
        ("GET", f"{base}/documents/{document_id}/segments", None),
    ]:
        foreign = stranger.request(method, path, body)
        unknown = stranger.request(method, path.replace(dataset_id, str(uuid.uuid4())), body)
        nonsense = stranger.request(method, path.replace(dataset_id, "%00x"), body)
        assert error_of(foreign) == error_of(unknown) == error_of(nonsense) == (404, "not_found", "Dataset not found.")
    # Nor is a document found through somebody else's base.
    answer = stranger.request("DELETE", f"/v1/datasets/{theirs}/documents/{document_id}")
    assert error_of(answer) == (404, "not_found", "Document Not Exists.")
    answer = stranger.get(f"/v1/datasets/{theirs}/documents/{batch}/indexing-status")
    assert error_of(answer) == (404, "not_found", "Documents not found.")
    assert [item["name"] for item in stranger.get("/v1/datasets").json()["data"]] == ["Theirs"]
    assert Segment.objects.count() == len(PASSAGES)
