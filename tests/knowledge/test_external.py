"""Bases kept by external services: their wire, who may be called with which key, and their passages among others."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from apps.common.perloop import run
from apps.knowledge.errors import DatasetIsExternal
from apps.knowledge.models import Dataset, ExternalKnowledgeApi, Segment
from apps.knowledge.services.documents import create_document_from_text
from apps.knowledge.services.retrieve import count_hits, retrieve
from tests.fakes.external import KEY, RECORDS, ExternalService, external_service
from tests.http import Client
from tests.knowledge.api import create, error_of
from tests.waiting import eventually

APIS = "/v1/datasets/external-knowledge-api"
WHALES, BATS = (record["content"] for record in RECORDS)


@pytest.fixture
def service(settings) -> Iterator[ExternalService]:
    settings.EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED = True
    with external_service() as server:
        yield server


def body(service: ExternalService, name: str = "Zoo", key: str = KEY, **settings) -> dict:
    return {
        "name": name,
        "description": "All animals",
        "settings": {"endpoint": service.url, "api_key": key, **settings},
    }


def add_api(client: Client, service: ExternalService, name: str = "Zoo") -> str:
    answer = client.post(APIS, body(service, name))
    assert answer.status == 201, answer.body
    return answer.json()["id"]


def add_base(client: Client, api_id: str, name: str = "Animals", **fields) -> dict:
    sent = {"name": name, "external_knowledge_api_id": api_id, "external_knowledge_id": "animals", **fields}
    answer = client.post("/v1/datasets/external", sent)
    assert answer.status == 201, answer.body
    return answer.json()


@pytest.fixture
def base(client, service) -> str:
    return add_base(client, add_api(client, service))["id"]


def ask(client: Client, base: str, **fields) -> list[dict]:
    answer = client.post(f"/v1/datasets/{base}/retrieve", {"query": "How do whales sleep?", **fields})
    assert answer.status == 200, answer.body
    return answer.json()["records"]


def test_a_service_is_added_seen_changed_and_deleted(client, service):
    api_id = add_api(client, service)
    assert service.seen[0]["path"] == "/knowledge/retrieval"
    shown = client.get(f"{APIS}/{api_id}").json()
    assert (shown["name"], shown["settings"]["endpoint"]) == ("Zoo", service.url)
    assert KEY not in str(shown)
    assert KEY not in ExternalKnowledgeApi.objects.get().api_key
    listed = client.get(f"{APIS}?keyword=zo").json()
    assert (listed["data"], listed["total"]) == ([shown], 1)
    assert client.get(f"{APIS}?keyword=none").json()["data"] == []
    changed = client.request("PATCH", f"{APIS}/{api_id}", {"name": "Ark", "settings": shown["settings"]})
    assert (changed.status, changed.json()["name"]) == (200, "Ark")
    assert service.keys[-1] == f"Bearer {KEY}"
    assert client.get(f"{APIS}/{api_id}/use-check").json() == {"is_using": False, "count": 0}
    assert client.request("DELETE", f"{APIS}/{api_id}").status == 204
    assert client.get(f"{APIS}/{api_id}").status == 404


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "invalid_param"),
        ({"name": "x" * 41}, "invalid_param"),
        ({"description": "x" * 401}, "invalid_param"),
        ({"settings": {}}, "invalid_param"),
        ({"settings": {"endpoint": "https://example.org", "api_key": " "}}, "invalid_param"),
        ({"settings": {"endpoint": "https://example.org", "api_key": "a\nb"}}, "invalid_param"),
        ({"settings": {"endpoint": "ftp://example.org", "api_key": "a"}}, "address_blocked"),
        ({"settings": {"endpoint": "http://169.254.169.254", "api_key": "a"}}, "address_blocked"),
        ({"settings": {"endpoint": "http://user@example.org", "api_key": "a"}}, "address_blocked"),
    ],
)
def test_what_is_added_is_checked(client, service, change, code):
    answer = client.post(APIS, {**body(service), **change})
    assert (answer.status, answer.json()["code"]) == (400, code)
    assert not ExternalKnowledgeApi.objects.exists()


def test_names_are_unique(client, service):
    add_api(client, service)
    assert error_of(client.post(APIS, body(service)))[:2] == (409, "external_api_name_duplicate")


@pytest.mark.parametrize(
    ("status", "answer", "code", "words"),
    [
        (
            403,
            {"error_code": 1001, "error_msg": "Bearer what?"},
            "refused",
            "form of the API key. It said: Bearer what?",
        ),
        (403, {"error_code": 1002, "error_msg": f"{KEY} is old"}, "refused", "Enter a valid one. It said: **** is old"),
        (401, None, "refused", "refused the API key"),
        (404, b"<html>", "refused", "no external knowledge API at this address"),
        (500, {"error_msg": "oops"}, "failed", "answered with status 500. It said: oops"),
        (302, b"", "failed", "status 302"),
        (200, b"<html>", "failed", "did not answer as"),
        (200, {"records": [5]}, "failed", "did not answer as"),
        (200, {"records": "none"}, "failed", "did not answer as"),
    ],
)
def test_a_service_that_does_not_answer_is_not_stored(client, service, status, answer, code, words):
    service.refuse(status, answer)
    told = client.post(APIS, body(service)).json()
    assert told["code"] == f"external_knowledge_{code}"
    assert words in told["message"]
    assert KEY not in told["message"]
    assert not ExternalKnowledgeApi.objects.exists()


def test_private_addresses_are_refused_when_saved_and_when_called(client, service, base, settings):
    settings.EXTERNAL_KNOWLEDGE_PRIVATE_ADDRESSES_ALLOWED = False
    calls = len(service.seen)
    assert client.post(APIS, body(service, "Other")).json()["code"] == "address_blocked"
    refused = client.post(f"/v1/datasets/{base}/retrieve", {"query": "whales"})
    assert refused.json()["code"] == "address_blocked"
    assert len(service.seen) == calls


def test_a_key_goes_to_no_other_address_than_its_own(client, service):
    api_id = add_api(client, service)
    with external_service() as thief:
        for sent in ({}, {"api_key": "[__HIDDEN__]"}, {"api_key": "key****ice"}):
            moved = client.request("PATCH", f"{APIS}/{api_id}", {"settings": {"endpoint": thief.url, **sent}})
            assert error_of(moved)[1:] == ("invalid_param", "Enter the API key again: the endpoint has changed.")
        assert thief.seen == []
        entered = {"settings": {"endpoint": thief.url, "api_key": KEY}}
        assert client.request("PATCH", f"{APIS}/{api_id}", entered).status == 200
        assert len(thief.seen) == 1


def test_a_base_is_made_shown_and_changed(client, service):
    api_id = add_api(client, service)
    shown = add_base(client, api_id, external_retrieval_model={"top_k": 1})
    assert (shown["provider"], shown["document_count"], shown["indexing_technique"]) == ("external", 0, None)
    assert shown["external_knowledge_info"] == {
        "external_knowledge_id": "animals",
        "external_knowledge_api_id": api_id,
        "external_knowledge_api_name": "Zoo",
        "external_knowledge_api_endpoint": service.url,
    }
    limits = {"top_k": 1, "score_threshold": None, "score_threshold_enabled": False}
    assert shown["external_retrieval_model"] == limits
    path = f"/v1/datasets/{shown['id']}"
    change = {"name": "Beasts", "external_retrieval_model": {"score_threshold_enabled": True, "score_threshold": 0.6}}
    changed = client.request("PATCH", path, change).json()
    assert (changed["name"], changed["external_retrieval_model"]["score_threshold"]) == ("Beasts", 0.6)
    assert [record["content"] for record in ask(client, shown["id"])] == [WHALES]
    wrong = client.request("PATCH", path, {"external_knowledge_id": "plants"})
    assert (wrong.status, wrong.json()["code"]) == (400, "external_knowledge_refused")
    assert client.request("PATCH", path, {"indexing_technique": "economy"}).json()["code"] == "dataset_is_external"
    assert [item["id"] for item in client.get("/v1/datasets?provider=external").json()["data"]] == [shown["id"]]
    assert client.get("/v1/datasets?provider=vendor").json()["data"] == []
    in_use = client.request("DELETE", f"{APIS}/{api_id}")
    assert error_of(in_use)[:2] == (409, "external_api_in_use")
    assert client.get(f"{APIS}/{api_id}").json()["dataset_bindings"] == [{"id": shown["id"], "name": "Beasts"}]
    assert client.request("DELETE", path).status == 204
    assert client.request("DELETE", f"{APIS}/{api_id}").status == 204


def test_a_base_is_made_by_the_common_route_too(client, service):
    fields = {"external_knowledge_api_id": add_api(client, service), "external_knowledge_id": "animals"}
    answer = client.post("/v1/datasets", {"name": "Animals", "provider": "external", **fields})
    assert (answer.status, answer.json()["provider"]) == (200, "external")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"external_knowledge_api_id": str(uuid4())}, 404, "not_found"),
        ({"external_knowledge_api_id": None}, 404, "not_found"),
        ({"external_knowledge_id": " "}, 400, "invalid_param"),
        ({"external_knowledge_id": "plants"}, 400, "external_knowledge_refused"),
        ({"external_retrieval_model": {"top_k": 0}}, 400, "invalid_param"),
        ({"name": ""}, 400, "invalid_param"),
    ],
)
def test_what_a_base_is_made_of_is_checked(client, service, change, status, code):
    fields = {
        "name": "Animals",
        "external_knowledge_api_id": add_api(client, service),
        "external_knowledge_id": "animals",
    }
    answer = client.post("/v1/datasets/external", {**fields, **change})
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert not Dataset.objects.exists()


def test_it_is_searched_with_what_base_and_caller_say(client, service, base):
    records = ask(client, base)
    assert [record["content"] for record in records] == [WHALES, BATS]
    whales = records[0]
    assert (whales["score"], whales["title"], whales["metadata"]) == (0.91, "whales.md", {"page": 3})
    assert (whales["segment"]["content"], whales["segment"]["document"]["name"]) == (WHALES, "whales.md")
    assert ask(client, base)[0]["segment"]["id"] == whales["segment"]["id"]
    assert service.seen[-1] == {
        "path": "/knowledge/retrieval",
        "knowledge_id": "animals",
        "query": "How do whales sleep?",
        "retrieval_setting": {"top_k": 2, "score_threshold": 0.0},
    }
    limits = {"top_k": 1, "score_threshold_enabled": True, "score_threshold": 0.5}
    assert len(ask(client, base, external_retrieval_model=limits)) == 1
    assert service.seen[-1]["retrieval_setting"] == {"top_k": 1, "score_threshold": 0.5}
    condition = {"name": "kind", "comparison_operator": "is", "value": "mammal"}
    ask(client, base, retrieval_model={"metadata_filtering_conditions": {"conditions": [condition]}})
    assert service.seen[-1]["metadata_condition"] == {"logical_operator": "and", "conditions": [condition]}


def test_odd_records_do_no_harm(client, service, base):
    service.records = [
        {"content": "no score"},
        {"content": "\0high\0", "score": 7, "title": "\0", "metadata": "x"},
        {"content": "no number", "score": "0.9", "title": 5},
        {"content": "no number", "score": "0.9", "title": 5},
        {"content": " "},
        {"title": "no content"},
    ]
    limits = {"top_k": 10}
    found = [(one["content"], one["score"], one["title"]) for one in ask(client, base, external_retrieval_model=limits)]
    assert found == [("high", 1.0, "Untitled"), ("no score", 0.0, "Untitled"), ("no number", 0.0, "Untitled")]


def test_hit_testing_tells_of_its_passages(client, base):
    answer = client.post(f"/v1/datasets/{base}/hit-testing", {"query": "whales", "explain": True}).json()
    told = [(one["content"], one["rank"], one["vector_score"]) for one in answer["explanation"]["candidates"]]
    assert told == [(WHALES, 1, None), (BATS, 2, None)]


def test_its_passages_stand_among_those_of_other_bases(client, workspace, vectors, add, base):
    add(vectors, "Whales are mammals of the sea.")
    ids = [vectors.pk, Dataset.objects.get(pk=base).pk]
    hits = run(retrieve(workspace_id=workspace.pk, dataset_ids=ids, query="whales", top_k=3))
    assert {hit.dataset_name for hit in hits} == {"Vectors", "Animals"}
    assert hits[1].data_source_type == "external"
    run(count_hits([hit.segment_id for hit in hits]))
    assert Segment.objects.get().hit_count == 1


def test_a_service_that_fails_says_so_where_it_is_asked(client, service, base):
    service.refuse(503, {"error_msg": "asleep"})
    answer = client.post(f"/v1/datasets/{base}/retrieve", {"query": "whales"})
    told = "The external knowledge service answered with status 503. It said: asleep"
    assert error_of(answer) == (400, "external_knowledge_failed", told)


def test_a_changed_address_is_used(client, service):
    api_id = add_api(client, service)
    base = add_base(client, api_id)["id"]
    ask(client, base)
    with external_service() as other:
        settings = {"endpoint": other.url, "api_key": KEY}
        assert client.request("PATCH", f"{APIS}/{api_id}", {"settings": settings}).status == 200
        eventually(lambda: ask(client, base) and len(other.seen) > 1)


def test_it_has_no_documents(client, base):
    path = f"/v1/datasets/{base}"
    text = {"name": "Text", "text": "Text.", "indexing_technique": "economy", "process_rule": {"mode": "automatic"}}
    for answer in (
        client.get(f"{path}/documents"),
        client.get(f"{path}/documents/{uuid4()}/segments"),
        client.post(f"{path}/document/create-by-text", text),
        client.request("PATCH", f"{path}/documents/status/enable", {"document_ids": []}),
    ):
        assert error_of(answer)[:2] == (400, "dataset_is_external")
    with pytest.raises(DatasetIsExternal):
        create_document_from_text(dataset=Dataset.objects.get(pk=base), name="Text", text="Text.")


def test_services_and_bases_of_others_are_not_found(client, stranger, service):
    api_id = add_api(client, service)
    assert stranger.get(APIS).json()["data"] == []
    for method, body_sent in (("GET", None), ("PATCH", {"name": "Mine"}), ("DELETE", None)):
        assert stranger.request(method, f"{APIS}/{api_id}", body_sent).status == 404
    assert stranger.get(f"{APIS}/{api_id}/use-check").status == 404
    fields = {"name": "Theirs", "external_knowledge_api_id": api_id, "external_knowledge_id": "animals"}
    assert stranger.post("/v1/datasets/external", fields).status == 404
    mine = create(client, "Mine", indexing_technique=None)
    assert stranger.get(f"/v1/datasets/{mine}").status == 404
