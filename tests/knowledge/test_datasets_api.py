"""Changing and tagging knowledge bases by API (service API 7.2, 7.9)."""

from uuid import uuid4

import pytest

from apps.workspaces.models import Tag, TagBinding
from apps.workspaces.services.tags import create_tag
from tests.knowledge.api import add_indexed, create, error_of


def patch(client, dataset_id: str, **fields):
    return client.request("PATCH", f"/v1/datasets/{dataset_id}", fields)


def tag(client, name: str) -> str:
    answer = client.post("/v1/datasets/tags", {"name": name})
    assert answer.status == 200, answer.body
    return answer.json()["id"]


def bind(client, dataset_id: str, *tag_ids: str):
    return client.post("/v1/datasets/tags/binding", {"tag_ids": list(tag_ids), "target_id": dataset_id})


def listed(client, query: str) -> list[str]:
    return [item["name"] for item in client.get(f"/v1/datasets?{query}").json()["data"]]


def test_a_base_is_changed(client):
    dataset_id = create(client)
    before = client.get(f"/v1/datasets/{dataset_id}").json()
    retrieval = {"search_method": "full_text_search", "top_k": 7}
    answer = patch(
        client, dataset_id, name=" New ", description="d", permission="all_team_members", retrieval_model=retrieval
    )
    assert answer.status == 200, answer.body
    shown = answer.json()
    assert (shown["name"], shown["description"], shown["permission"]) == ("New", "d", "all_team_members")
    assert shown["retrieval_model_dict"].items() >= retrieval.items()
    assert client.get(f"/v1/datasets/{dataset_id}").json() == shown
    same = {"id", "indexing_technique", "created_at", "created_by", "tags", "document_count"}
    assert {key: shown[key] for key in same} == {key: before[key] for key in same}
    assert patch(client, dataset_id, description="").json()["description"] is None
    assert patch(client, dataset_id).json()["name"] == "New"


@pytest.mark.parametrize(
    ("fields", "params"),
    [
        ({"name": ""}, "name"),
        ({"name": 5}, "name"),
        ({"description": "x" * 401}, "description"),
        ({"permission": "everybody"}, "permission"),
        ({"retrieval_model": {"top_k": 0}}, "retrieval_model"),
        ({"retrieval_model": 4}, "retrieval_model"),
        ({"indexing_technique": "magic"}, "indexing_technique"),
    ],
)
def test_changes_are_checked(client, fields, params):
    dataset_id = create(client)
    before = client.get(f"/v1/datasets/{dataset_id}").json()
    answer = patch(client, dataset_id, **fields)
    assert (answer.status, answer.json()["code"], answer.json()["params"]) == (400, "invalid_param", params)
    assert client.get(f"/v1/datasets/{dataset_id}").json() == before


def test_a_taken_name_is_refused(client, stranger):
    create(client, "Taken")
    dataset_id = create(client, "Other")
    answer = patch(client, dataset_id, name="Taken")
    assert (answer.status, answer.json()["code"]) == (409, "dataset_name_duplicate")
    assert error_of(patch(stranger, dataset_id, name="x")) == (404, "not_found", "Dataset not found.")


def test_the_mode_changes_at_once_while_the_base_is_empty(client):
    dataset_id = create(client)
    high = patch(client, dataset_id, indexing_technique="high_quality").json()
    assert (high["indexing_technique"], high["embedding_model"]) == ("high_quality", "demo-embedding")
    economy = patch(client, dataset_id, indexing_technique="economy").json()
    assert (economy["indexing_technique"], economy["embedding_model"]) == ("economy", None)
    add_indexed(client, dataset_id, "One.")
    assert patch(client, dataset_id, indexing_technique="economy").status == 200  # as it is
    started = patch(client, dataset_id, indexing_technique="high_quality", name="x").json()
    assert (started["indexing_technique"], started["name"]) == ("economy", "x")
    assert started["index_change"]["indexing_technique"] == "high_quality"
    undecided = client.post("/v1/datasets", {"name": "Undecided"}).json()["id"]
    assert patch(client, undecided, embedding_model="demo-embedding").json()["params"] == "indexing_technique"


def test_tags_are_made_renamed_and_deleted(client, workspace):
    first = client.post("/v1/datasets/tags", {"name": " Legal  texts "}).json()
    assert first == {"id": first["id"], "name": "Legal texts", "type": "knowledge", "binding_count": "0"}
    tag(client, "A")
    create_tag(workspace=workspace, kind="app", name="Of apps")
    assert [item["name"] for item in client.get("/v1/datasets/tags").json()] == ["A", "Legal texts"]
    taken = client.post("/v1/datasets/tags", {"name": "LEGAL TEXTS"})
    assert (taken.status, taken.json()["code"]) == (409, "tag_name_taken")
    renamed = client.request("PATCH", "/v1/datasets/tags", {"tag_id": first["id"], "name": "Law"}).json()
    assert renamed == {**first, "name": "Law"}
    gone = client.request("DELETE", "/v1/datasets/tags", {"tag_id": first["id"]})
    assert (gone.status, gone.body) == (204, b"")
    assert client.request("DELETE", "/v1/datasets/tags", {"tag_id": first["id"]}).status == 404
    assert Tag.objects.count() == 2


def test_tags_of_others_and_of_apps_are_not_found(client, stranger, workspace):
    dataset_id = create(client)
    theirs, of_apps = tag(stranger, "Theirs"), str(create_tag(workspace=workspace, kind="app", name="App").pk)
    for tag_id in (theirs, of_apps, str(uuid4()), "x"):
        for method, body in (("PATCH", {"tag_id": tag_id, "name": "x"}), ("DELETE", {"tag_id": tag_id})):
            assert client.request(method, "/v1/datasets/tags", body).status == 404
        assert bind(client, dataset_id, tag_id).status == 404
    mine = tag(client, "Mine")
    assert bind(stranger, dataset_id, theirs).status == 404
    assert bind(client, "x", mine).status == 404
    assert not TagBinding.objects.exists()
    assert Tag.objects.count() == 3


def test_bases_are_tagged_and_found_by_tag(client):
    one, two, three = create(client, "One"), create(client, "Two"), create(client, "Three")
    red, blue = tag(client, "Red"), tag(client, "Blue")
    assert bind(client, one, red, blue).status == 204
    assert bind(client, two, blue).status == 204
    assert bind(client, two, blue).status == 204  # already there
    shown = [{"id": blue, "name": "Blue"}, {"id": red, "name": "Red"}]
    assert client.get(f"/v1/datasets/{one}/tags").json() == {"data": shown, "total": 2}
    full = [{**item, "type": "knowledge"} for item in shown]
    assert client.get(f"/v1/datasets/{one}").json()["tags"] == full
    assert [item["tags"] for item in client.get("/v1/datasets").json()["data"]] == [[], full[:1], full]
    counts = {item["name"]: item["binding_count"] for item in client.get("/v1/datasets/tags").json()}
    assert counts == {"Blue": "2", "Red": "1"}
    assert listed(client, f"tag_ids={red}") == ["One"]
    assert listed(client, f"tag_ids={red}&tag_ids={blue}") == ["Two", "One"]
    assert listed(client, f"tag_ids={blue}&keyword=tw") == ["Two"]
    assert listed(client, "tag_ids=x") == []
    assert listed(client, "tag_ids=") == ["Three", "Two", "One"]
    assert listed(client, "provider=external") == []
    off = client.post("/v1/datasets/tags/unbinding", {"tag_id": red, "target_id": one})
    assert (off.status, off.body) == (204, b"")
    assert client.post("/v1/datasets/tags/unbinding", {"tag_ids": [blue, "x"], "target_id": one}).status == 204
    assert client.get(f"/v1/datasets/{one}/tags").json() == {"data": [], "total": 0}
    assert client.request("DELETE", f"/v1/datasets/{two}").status == 204
    assert not TagBinding.objects.exists()
    assert client.get(f"/v1/datasets/{three}").json()["tags"] == []


@pytest.mark.parametrize(
    ("path", "body", "params"),
    [
        ("", {}, "name"),
        ("", {"name": " "}, "name"),
        ("", {"name": "x" * 51}, "name"),
        ("", {"name": 5}, "name"),
        ("/binding", {"tag_ids": []}, "tag_ids"),
        ("/binding", {"tag_ids": "x"}, "tag_ids"),
        ("/binding", {}, "tag_ids"),
        ("/unbinding", {}, "tag_ids"),
    ],
)
def test_what_is_sent_of_tags_is_checked(client, path, body, params):
    sent = {"target_id": create(client), **body} if path else body
    answer = client.post(f"/v1/datasets/tags{path}", sent)
    assert (answer.status, answer.json()["code"], answer.json()["params"]) == (400, "invalid_param", params)
