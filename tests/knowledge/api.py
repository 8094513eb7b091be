"""Calls of the knowledge API that several tests make."""

from apps.common.perloop import run
from apps.knowledge.services.indexing import index_pending
from tests.http import Answer, Client
from tests.knowledge.texts import ONE_A_LINE, TEXT


def create(client: Client, name: str = "Base", **fields) -> str:
    answer = client.post("/v1/datasets", {"name": name, "indexing_technique": "economy", **fields})
    assert answer.status == 200, answer.body
    return answer.json()["id"]


def add_text(client: Client, dataset_id: str, text: str = TEXT, name: str = "Text", **fields) -> Answer:
    body = {"name": name, "text": text, "process_rule": ONE_A_LINE, **fields}
    return client.post(f"/v1/datasets/{dataset_id}/document/create_by_text", body)


def add_indexed(client: Client, dataset_id: str, text: str = TEXT, **fields) -> str:
    """The path of a document that can be found."""
    answer = add_text(client, dataset_id, text, **fields)
    assert answer.status == 200, answer.body
    index()
    return f"/v1/datasets/{dataset_id}/documents/{answer.json()['document']['id']}"


def index() -> None:
    run(index_pending())


def error_of(answer: Answer) -> tuple[int, str, str]:
    body = answer.json()
    assert body["status"] == answer.status
    return answer.status, body["code"], body["message"]


def found(client: Client, dataset_id: str, query: str, method: str) -> list[str]:
    """The contents found, best first."""
    retrieval = {"search_method": method, "top_k": 5}
    answer = client.post(f"/v1/datasets/{dataset_id}/retrieve", {"query": query, "retrieval_model": retrieval})
    assert answer.status == 200, answer.body
    return [record["segment"]["content"] for record in answer.json()["records"]]
