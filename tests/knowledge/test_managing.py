"""Documents' states, limits, settings of a base, zip downloads, the list of models."""

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest

from apps.files.archives import unique_names
from apps.files.errors import TooManyFiles
from apps.files.models import UploadFile
from apps.knowledge.errors import ArchivedDocumentImmutable
from apps.knowledge.models import Document
from apps.knowledge.services.documents import create_documents_from_files, delete_document
from tests.factories import make_provider
from tests.http import Part, form
from tests.knowledge.api import add_indexed, add_text, create, error_of, found
from tests.knowledge.texts import ONE_A_LINE, PASSAGES

IMMUTABLE = (403, "archived_document_immutable", "The archived document is not editable.")


def named(path: str) -> str:
    return path.rpartition("/")[2]


def switch(client, path: str, action: str):
    base = path.rpartition("/")[0]
    return client.request("PATCH", f"{base}/status/{action}", {"document_ids": [named(path)]})


def zipped(client, dataset_id: str, *ids: str):
    return client.post(f"/v1/datasets/{dataset_id}/documents/download-zip", {"document_ids": list(ids)})


def test_kb_08_a_workspace_holds_as_many_documents_as_it_may(client, stranger, settings):
    settings.KNOWLEDGE_DOCUMENT_LIMIT = 2
    one, two = create(client, "One"), create(client, "Two")
    first = add_text(client, one).json()["document"]["id"]
    assert add_text(client, two).status == 200
    status, code, message = error_of(add_text(client, two))
    assert (status, code) == (403, "document_limit_reached")
    assert "2 documents" in message
    assert (Document.objects.count(), UploadFile.objects.count()) == (2, 2)
    assert add_text(stranger, create(stranger, "Theirs")).status == 200
    assert client.request("DELETE", f"/v1/datasets/{one}/documents/{first}").status == 204
    assert add_text(client, two).status == 200


def test_kb_08_those_who_add_at_once_stay_within_the_limit(client, settings):
    settings.KNOWLEDGE_DOCUMENT_LIMIT = 3
    bases = [create(client, f"Base {n}") for n in range(6)]
    with ThreadPoolExecutor(6) as pool:
        statuses = sorted(answer.status for answer in pool.map(lambda base: add_text(client, base), bases))
    assert statuses == [200] * 3 + [403] * 3


def test_kb_08_without_a_limit_there_is_none(settings):
    assert settings.KNOWLEDGE_DOCUMENT_LIMIT == 0


def test_kb_06_09_files_of_one_upload(economy):
    files = [(f"{n}.txt", f"Text {n}.".encode()) for n in range(6)]
    with pytest.raises(TooManyFiles, match="At most 5 files"):
        create_documents_from_files(dataset=economy, files=files)
    made = create_documents_from_files(dataset=economy, files=files[:5], process_rule=ONE_A_LINE)
    assert len({document.batch for document in made}) == 1
    assert [document.position for document in made] == [1, 2, 3, 4, 5]
    before = Document.objects.count(), UploadFile.objects.count()
    with pytest.raises(Exception, match="empty"):
        create_documents_from_files(dataset=economy, files=[("a.txt", b"A."), ("b.txt", b"")])
    assert (Document.objects.count(), UploadFile.objects.count()) == before


@pytest.mark.parametrize("technique", ["economy", "high_quality"])
def test_kb_21_what_is_disabled_is_not_found(client, technique):
    dataset_id = create(client, indexing_technique=technique)
    path = add_indexed(client, dataset_id)
    method = "keyword_search" if technique == "economy" else "hybrid_search"
    query = PASSAGES[2]
    assert found(client, dataset_id, query, method)[0] == query
    assert switch(client, path, "disable").status == 200
    assert found(client, dataset_id, query, method) == []
    assert switch(client, path, "enable").status == 200
    assert found(client, dataset_id, query, method)[0] == query
    [segment] = client.get(f"{path}/segments?keyword=dough").json()["data"]
    client.post(f"{path}/segments/{segment['id']}", {"segment": {"enabled": False}})
    assert query not in found(client, dataset_id, query, method)
    client.post(f"{path}/segments/{segment['id']}", {"segment": {"enabled": True}})
    assert found(client, dataset_id, query, method)[0] == query


def test_kb_22_what_is_archived_is_seen_and_not_changed(client):
    dataset_id = create(client)
    path = add_indexed(client, dataset_id)
    [segment] = client.get(f"{path}/segments?keyword=dough").json()["data"]
    assert switch(client, path, "archive").status == 200
    assert client.get(path).json()["display_status"] == "archived"
    assert found(client, dataset_id, PASSAGES[2], "keyword_search") == []
    assert client.get(f"{path}/segments/{segment['id']}").status == 200
    for answer in (
        client.post(f"{path}/segments", {"segments": [{"content": "x"}]}),
        client.post(f"{path}/segments/{segment['id']}", {"segment": {"content": "x"}}),
        client.request("DELETE", f"{path}/segments/{segment['id']}"),
        client.request("DELETE", path),
        switch(client, path, "disable"),
    ):
        assert error_of(answer) == IMMUTABLE
    for answer in (
        client.post(f"{path}/update-by-text", {"name": "x"}),
        client.request("PATCH", path, **form(Part(b"a", "a.txt"))),
    ):
        assert error_of(answer) == (400, "invalid_param", "Document is not available")
    assert switch(client, path, "un_archive").status == 200
    assert found(client, dataset_id, "yeast", "keyword_search") == [PASSAGES[2]]


def test_kb_21_documents_are_listed_by_what_is_shown_of_them(client):
    dataset_id = create(client)
    states: list[dict] = [{}, {"enabled": False}, {"archived": True}, {"indexing_status": "parsing"}]
    states += [{"indexing_status": status} for status in ("waiting", "error", "paused")]
    for number, state in enumerate(states):
        add_text(client, dataset_id, name=str(number))
        Document.objects.filter(name=str(number)).update(**{"indexing_status": "completed", **state})
    url = f"/v1/datasets/{dataset_id}/documents"
    shown = {item["name"]: item["display_status"] for item in client.get(url).json()["data"]}
    assert len(set(shown.values())) == len(states)
    for name, status in shown.items():
        assert [item["name"] for item in client.get(f"{url}?status={status}").json()["data"]] == [name]
    assert client.get(f"{url}?status=x").json()["total"] == len(states)


def test_kb_22_pages_may_delete_from_the_archive(client):
    add_indexed(client, create(client))
    document = Document.objects.get()
    Document.objects.update(archived=True)
    with pytest.raises(ArchivedDocumentImmutable):
        delete_document(document=document)
    delete_document(document=document, even_archived=True)
    assert not Document.objects.exists()


def test_kb_25_settings_of_a_base(client):
    path = f"/v1/datasets/{create(client)}"
    retrieval = {"search_method": "hybrid_search", "top_k": 4, "score_threshold_enabled": True, "score_threshold": 0.3}
    changes = {
        "name": "Handbook",
        "description": "Useful only when the question is about the handbook.",
        "permission": "all_team_members",
        "indexing_technique": "high_quality",
        "retrieval_model": retrieval,
    }
    answer = client.request("PATCH", path, changes)
    assert answer.status == 200, answer.body
    shown = client.get(path).json()
    assert {key: shown[key] for key in changes if key != "retrieval_model"} == {
        key: value for key, value in changes.items() if key != "retrieval_model"
    }
    assert shown["retrieval_model_dict"].items() >= retrieval.items()
    later = {
        "doc_form": "text_model",
        "author_name": "owner@example.org",
        "chunk_structure": "text_model",
        "runtime_mode": "general",
        "is_multimodal": False,
        "enable_api": True,
        "partial_member_list": [],
        "doc_metadata": [],
        "built_in_field_enabled": False,
        "total_documents": 0,
        "total_available_documents": 0,
    }
    assert shown.items() >= later.items()
    absent = {"pipeline_id", "icon_info", "is_published", "summary_index_setting", "external_knowledge_info"}
    assert absent | {"external_retrieval_model"} <= set(shown)


def test_files_are_downloaded_as_one_archive(client):
    dataset_id = create(client, "My base")
    names = [("a.txt", b"One."), ("A.txt", b"Two."), ("../b.md", b"Three." * 50_000)]
    ids = []
    for name, content in names:
        body = form(Part(content, name), data='{"process_rule": {"mode": "automatic"}}')
        answer = client.post(f"/v1/datasets/{dataset_id}/document/create_by_file", **body)
        ids.append(answer.json()["document"]["id"])
    answer = zipped(client, dataset_id, *ids, ids[0])
    assert (answer.status, answer.headers["content-type"]) == (200, "application/zip")
    assert answer.headers["content-disposition"] == 'attachment; filename="My base.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "a.txt": b"One.", "A (2).txt": b"Two.", "b.md": b"Three." * 50_000,
        }  # fmt: skip


def test_archives_that_cannot_be_made(client, stranger):
    dataset_id = create(client)
    document_id = named(add_indexed(client, dataset_id, "One."))
    for wrong in (document_id[:-1], "x", "01890000-0000-7000-8000-000000000000"):
        assert error_of(zipped(client, dataset_id, document_id, wrong)) == (404, "not_found", "Document Not Exists.")
    theirs = create(stranger, "Theirs")
    assert zipped(stranger, theirs, document_id).status == 404
    assert zipped(stranger, dataset_id, document_id).status == 404
    for ids in ([], ["x"] * 101, [5], "x"):
        answer = client.post(f"/v1/datasets/{dataset_id}/documents/download-zip", {"document_ids": ids})
        assert (answer.status, answer.json()["params"]) == (400, "document_ids")
    Document.objects.update(upload_file=None)
    assert error_of(zipped(client, dataset_id, document_id)) == (404, "not_found", "UploadFile not found.")


def test_names_in_an_archive_are_unique():
    assert unique_names(["a", "a", "a (2)", "A.b", "a.B"]) == ["a", "a (2)", "a (2) (2)", "A.b", "a (2).B"]


def test_models_are_listed_by_type(client, workspace, upstream):
    url = "/v1/workspaces/current/models/model-types"
    [demo] = client.get(f"{url}/text-embedding").json()["data"]
    assert {key: demo[key] for key in ("tenant_id", "provider", "status")} == {
        "tenant_id": str(workspace.pk), "provider": "demo", "status": "active",
    }  # fmt: skip
    assert set(demo["label"]) == {"en_US", "zh_Hans"}
    [model] = demo["models"]
    assert (model["model"], model["model_type"], model["fetch_from"]) == (
        "demo-embedding", "text-embedding", "predefined-model",
    )  # fmt: skip
    assert set(model) == {
        "model", "label", "model_type", "features", "fetch_from", "model_properties", "status", "deprecated",
        "load_balancing_enabled",
    }  # fmt: skip
    make_provider(workspace, upstream.base_url, "big", ours="rerank", speaker="tts")
    by_provider = {entry["provider"]: entry["models"] for entry in client.get(f"{url}/llm").json()["data"]}
    assert by_provider["openai_api_compatible"][0]["fetch_from"] == "customizable-model"
    assert by_provider["openai_api_compatible"][0]["model_properties"] == {"mode": "chat", "context_size": 16_000}
    for kind in ("rerank", "tts", "speech2text", "moderation"):
        assert client.get(f"{url}/{kind}").status == 200
    assert client.get(f"{url}/x").json()["params"] == "model_type"


def test_models_of_others_are_not_listed(client, workspace, stranger, upstream):
    make_provider(workspace, upstream.base_url, "big")
    answer = stranger.get("/v1/workspaces/current/models/model-types/llm").json()["data"]
    assert [entry["provider"] for entry in answer] == ["demo"]
