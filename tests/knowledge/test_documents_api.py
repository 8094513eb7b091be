"""Reading and changing documents by API (service API 7.4, 7.5)."""

import json
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from apps.files.models import UploadFile
from apps.knowledge.models import Dataset, Document, Segment
from tests.http import Client, Part, form
from tests.knowledge.api import add_indexed, create, error_of, found, index
from tests.knowledge.tables import everything
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT

NEW = "Obsidian is volcanic glass."


@pytest.fixture
def dataset_id(client) -> str:
    return create(client)


@pytest.fixture
def path(client, dataset_id) -> str:
    return add_indexed(client, dataset_id)


def named(path: str) -> str:
    return path.rpartition("/")[2]


def switch(client, path: str, action: str, *ids: str):
    base = path.rpartition("/")[0]
    return client.request("PATCH", f"{base}/status/{action}", {"document_ids": list(ids) or [named(path)]})


def test_details(client, path):
    shown = client.get(path).json()
    [listed] = client.get(path.rpartition("/")[0]).json()["data"]
    assert listed.items() <= shown.items()
    rule = {"mode": "custom", "rules": ONE_A_LINE["rules"]}
    assert shown["dataset_process_rule"] == rule
    assert shown["document_process_rule"].items() >= rule.items()
    assert (shown["segment_count"], shown["doc_language"], shown["doc_type"]) == (len(PASSAGES), "English", None)
    assert shown["average_segment_length"] == shown["word_count"] // len(PASSAGES)
    assert shown["indexing_latency"] >= 0
    assert isinstance(shown["completed_at"], int)
    assert client.get(f"{path}?metadata=all").json() == shown
    metadata: dict[str, object] = {"doc_type": None, "doc_metadata": []}
    assert client.get(f"{path}?metadata=only").json() == {"id": shown["id"], **metadata}
    assert client.get(f"{path}?metadata=without").json() == {k: v for k, v in shown.items() if k not in metadata}
    wrong = client.get(f"{path}?metadata=some")
    assert (wrong.status, wrong.json()["code"]) == (400, "invalid_metadata")
    assert error_of(client.get(f"{path[:-12]}{uuid4().hex[:12]}")) == (404, "not_found", "Document Not Exists.")


@pytest.mark.parametrize("spelling", ["update_by_text", "update-by-text"])
def test_another_text_takes_the_place_of_the_old_one(client, dataset_id, path, spelling):
    before = client.get(path).json()
    answer = client.post(f"{path}/{spelling}", {"name": " New  name ", "text": f"{NEW}\nTwo."})
    assert answer.status == 200, answer.body
    document = answer.json()["document"]
    assert (document["id"], document["position"], document["name"]) == (before["id"], 1, "New name")
    assert (document["indexing_status"], document["word_count"]) == ("waiting", 0)
    assert not Segment.objects.exists()
    assert everything(Dataset.objects.get())["terms"] == []
    index()
    batch = answer.json()["batch"]
    status = client.get(f"/v1/datasets/{dataset_id}/documents/{batch}/indexing-status").json()["data"][0]
    assert (status["indexing_status"], status["completed_segments"], status["total_segments"]) == ("completed", 2, 2)
    assert found(client, dataset_id, "obsidian", "keyword_search") == [NEW]
    assert found(client, dataset_id, "yeast dough", "keyword_search") == []
    upload = UploadFile.objects.get()
    assert str(upload.pk) == document["data_source_info"]["upload_file_id"]


def test_a_name_alone_indexes_nothing_anew(client, path):
    answer = client.post(f"{path}/update-by-text", {"name": "Other"})
    assert (answer.json()["document"]["name"], answer.json()["document"]["display_status"]) == ("Other", "available")
    assert Segment.objects.count() == len(PASSAGES)


def test_another_rule_splits_the_same_text_anew(client, path):
    answer = client.post(f"{path}/update-by-text", {"process_rule": {"mode": "automatic"}})
    assert answer.json()["document"]["display_status"] == "queuing"
    index()
    assert 1 <= Segment.objects.count() < len(PASSAGES)


@pytest.mark.parametrize(
    ("method", "suffix"), [("POST", "/update_by_file"), ("POST", "/update-by-file"), ("PATCH", "")]
)
def test_another_file(client, path, method, suffix):
    body = form(Part(NEW.encode(), "new.md", "text/markdown"), data=json.dumps({"name": "ignored"}))
    answer = client.request(method, f"{path}{suffix}", **body)
    assert answer.status == 200, answer.body
    assert answer.json()["document"]["name"] == "new.md"
    index()
    assert [item["content"] for item in client.get(f"{path}/segments").json()["data"]] == [NEW]
    renamed = client.request(method, f"{path}{suffix}", **form(data=json.dumps({"name": "Other"})))
    assert (renamed.json()["document"]["name"], Segment.objects.count()) == ("Other", 1)


def test_kb_20_adding_with_the_id_of_an_original_replaces_it(client, dataset_id, path):
    base = f"/v1/datasets/{dataset_id}/document"
    text = {"name": "Again", "text": NEW, "original_document_id": named(path)}
    added = client.post(f"{base}/create_by_text", text).json()["document"]
    assert added["id"] != named(path)
    assert client.get(path).json()["display_status"] == "available"
    index()
    old = client.get(path).json()
    assert (old["display_status"], old["archived"], old["enabled"]) == ("archived", True, False)
    assert found(client, dataset_id, "glass lamp lighthouse", "keyword_search") == [NEW]
    data = json.dumps({"original_document_id": added["id"]})
    body = form(Part(TEXT.encode(), "a.txt", "text/plain"), data=data)
    assert client.request("POST", f"{base}/create_by_file", **body).json()["document"]["name"] == "a.txt"
    index()
    assert set(Document.objects.values_list("name", "archived")) == {("Text", True), ("Again", True), ("a.txt", False)}
    lost = client.post(f"{base}/create_by_text", {**text, "original_document_id": "x"})
    assert error_of(lost) == (404, "not_found", "Document Not Exists.")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": "x"}, "name is required when text is provided."),
        ({"text": " \0", "name": "x"}, "text is required"),
        ({"name": " "}, "name is required"),
        ({"name": 5}, None),
        ({"doc_form": "poem_model"}, "poem_model is not a valid choice"),
        ({"process_rule": {"mode": "custom"}}, "Process rule rules is required"),
        ({"text": "x", "name": "y", "process_rule": {"mode": "x"}}, "Process rule mode is invalid"),
    ],
)
def test_changes_are_checked(client, path, fields, message):
    before = client.get(path).json()
    answer = client.post(f"{path}/update-by-text", fields)
    assert (answer.status, answer.json()["code"]) == (400, "invalid_param")
    assert message in (None, answer.json()["message"])
    assert client.get(path).json() == before
    assert UploadFile.objects.count() == 1


def test_a_file_that_cannot_be_read_is_refused(client, path):
    answer = client.request("PATCH", path, **form(Part(b"MZ", "a.exe", "x/x")))
    assert (answer.status, answer.json()["code"]) == (415, "unsupported_file_type")
    two = client.request("PATCH", path, **form(Part(b"a", "a.txt"), Part(b"b", "b.txt")))
    assert (two.status, two.json()["code"]) == (400, "too_many_files")
    assert client.request("PATCH", path, {"name": "x"}).status == 400
    assert Segment.objects.count() == len(PASSAGES)


@pytest.mark.parametrize("state", [{"enabled": False}, {"archived": True}, {"indexing_status": "indexing"}])
def test_what_is_not_available_is_not_changed(client, path, state):
    Document.objects.update(**state)
    for answer in (
        client.post(f"{path}/update-by-text", {"name": "x"}),
        client.post(f"{path}/update-by-text", {"name": "x", "text": "y"}),
        client.request("PATCH", path, **form(Part(b"a", "a.txt"))),
    ):
        assert error_of(answer) == (400, "invalid_param", "Document is not available")
    assert Segment.objects.count() == len(PASSAGES)


def test_documents_are_switched_off_and_on(client, dataset_id, path):
    other = add_indexed(client, dataset_id, NEW)
    segments = client.get(f"{path}/segments").json()["data"]
    client.post(f"{path}/segments/{segments[0]['id']}", {"segment": {"enabled": False}})
    assert switch(client, path, "disable", named(path), named(other)).json() == {"result": "success"}
    shown = client.get(path).json()
    assert (shown["enabled"], shown["display_status"]) == (False, "disabled")
    assert isinstance(shown["disabled_at"], int)
    assert shown["disabled_by"] is not None
    assert found(client, dataset_id, "obsidian lighthouse yeast", "keyword_search") == []
    assert switch(client, path, "enable").status == 200
    shown = client.get(path).json()
    assert (shown["enabled"], shown["disabled_at"], shown["disabled_by"]) == (True, None, None)
    assert found(client, dataset_id, "obsidian yeast", "keyword_search") == [PASSAGES[2]]
    assert PASSAGES[0] not in found(client, dataset_id, "lighthouse lamp", "keyword_search")  # a segment of its own


def test_documents_go_into_the_archive_and_out_of_it(client, dataset_id, path):
    assert switch(client, path, "archive").status == 200
    assert client.get(path).json()["display_status"] == "archived"
    assert found(client, dataset_id, "yeast", "keyword_search") == []
    immutable = (403, "archived_document_immutable", "The archived document is not editable.")
    assert error_of(switch(client, path, "disable")) == immutable
    assert error_of(client.request("DELETE", path)) == immutable
    assert switch(client, path, "archive").status == 200  # so already
    assert switch(client, path, "un_archive").status == 200
    assert found(client, dataset_id, "yeast", "keyword_search") == [PASSAGES[2]]


def test_all_documents_change_or_none(client, dataset_id, path, stranger):
    for wrong in (str(uuid4()), "x"):
        assert switch(client, path, "disable", named(path), wrong).status == 404
    theirs = create(stranger, "Theirs")
    assert stranger.request(
        "PATCH", f"/v1/datasets/{theirs}/documents/status/disable", {"document_ids": [named(path)]}
    ).status == 404  # fmt: skip
    assert switch(client, path, "destroy").json()["code"] == "invalid_action"
    for body in ({}, {"document_ids": "x"}, {"document_ids": [5]}):
        answer = client.request("PATCH", f"{path.rpartition('/')[0]}/status/disable", body)
        assert (answer.status, answer.json()["params"]) == (400, "document_ids")
    assert Document.objects.get().enabled


def test_the_file_can_be_fetched(client, path):
    shown = client.get(f"{path}/upload-file").json()
    assert (shown["name"], shown["extension"], shown["size"]) == ("Text.txt", "txt", len(TEXT.encode()))
    anybody = Client(f"http://{client.netloc}")
    for url in (shown["url"], shown["download_url"], client.get(f"{path}/download").json()["url"]):
        parts = urlsplit(url)
        assert anybody.get(f"{parts.path}?{parts.query}").body == TEXT.encode()
    Document.objects.update(upload_file=None)
    assert error_of(client.get(f"{path}/download")) == (404, "not_found", "UploadFile not found.")
