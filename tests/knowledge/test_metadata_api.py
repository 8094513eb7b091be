"""Metadata of documents by API (KB-26, service API 7.8)."""

from uuid import uuid4

import pytest

from apps.knowledge.models import Document, MetadataField
from apps.knowledge.services import metadata
from apps.workspaces.models import AuditEvent
from tests.knowledge.api import add_indexed, create, error_of

BUILT_IN = [
    {"name": "document_name", "type": "string"},
    {"name": "uploader", "type": "string"},
    {"name": "upload_date", "type": "time"},
    {"name": "last_update_date", "type": "time"},
    {"name": "source", "type": "string"},
]


@pytest.fixture
def base(client) -> str:
    return f"/v1/datasets/{create(client)}"


@pytest.fixture
def document(client, base) -> str:
    """The path of a document."""
    return add_indexed(client, base.rpartition("/")[2], "One.")


def add_field(client, base, name="Year", type="number") -> dict:
    answer = client.post(f"{base}/metadata", {"name": name, "type": type})
    assert answer.status == 201, answer.body
    return answer.json()


def named(path: str) -> str:
    return path.rpartition("/")[2]


def put(client, base, document, *values, **more):
    operation = {"document_id": named(document), "metadata_list": list(values), **more}
    return client.post(f"{base}/documents/metadata", {"operation_data": [operation]})


def values(client, document) -> dict:
    return {entry["name"]: entry["value"] for entry in client.get(document).json()["doc_metadata"]}


def test_kb_26_fields_are_made_listed_renamed_and_deleted(client, base, document):
    year, author = add_field(client, base), add_field(client, base, " The  author ", "string")
    assert year == {"id": year["id"], "name": "Year", "type": "number"}
    assert author["name"] == "The author"
    put(client, base, document, {**year, "value": 1999})
    listed = client.get(f"{base}/metadata").json()
    assert listed == {
        "doc_metadata": [{**year, "count": 1}, {**author, "count": 0}],
        "built_in_field_enabled": False,
    }
    renamed = client.request("PATCH", f"{base}/metadata/{year['id']}", {"name": "Published"})
    assert (renamed.status, renamed.json()) == (200, {**year, "name": "Published"})
    assert values(client, document) == {"Published": 1999}
    assert Document.objects.get().doc_metadata == {"Published": 1999}
    assert client.get(base).json()["doc_metadata"] == [{**year, "name": "Published"}, author]
    gone = client.request("DELETE", f"{base}/metadata/{year['id']}")
    assert (gone.status, gone.body) == (204, b"")
    assert Document.objects.get().doc_metadata == {}
    assert client.request("DELETE", f"{base}/metadata/{year['id']}").status == 404
    actions = set(AuditEvent.objects.filter(action__startswith="metadata").values_list("action", flat=True))
    assert actions == {"metadata.create", "metadata.set", "metadata.rename", "metadata.delete"}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "Year"}, "Metadata name already exists."),
        ({"name": "uploader"}, "Metadata name already exists in Built-in fields."),
        ({"name": " "}, "Metadata name is required."),
        ({"name": "x" * 256}, "Metadata name cannot exceed 255 characters."),
        ({"name": "x", "type": "date"}, "date is not a valid choice"),
        ({"name": 5}, None),
        ({"type": None, "name": "x"}, None),
    ],
)
def test_fields_are_checked(client, base, fields, message):
    add_field(client, base)
    answer = client.post(f"{base}/metadata", {"type": "string", **fields})
    assert (answer.status, answer.json()["code"]) == (400, "invalid_param")
    assert message in (None, answer.json()["message"])
    other = add_field(client, base, "Other")
    if message and "choice" not in message:
        answer = client.request("PATCH", f"{base}/metadata/{other['id']}", {"name": fields["name"]})
        assert answer.json()["message"] == message
    assert MetadataField.objects.count() == 2


def test_there_is_a_largest_number_of_fields(client, base, monkeypatch):
    monkeypatch.setattr(metadata, "MAX_FIELDS", 1)
    add_field(client, base)
    assert client.post(f"{base}/metadata", {"name": "x", "type": "string"}).status == 400


def test_kb_26_values_are_set_whole_or_in_part(client, base, document):
    year, author, day = (
        add_field(client, base),
        add_field(client, base, "Author", "string"),
        add_field(client, base, "Day", "time"),
    )
    assert put(
        client, base, document, {**year, "value": 1.5}, {"name": "Author", "value": "Ada"}, {**day, "value": 1712345678}
    ).json() == {"result": "success"}
    shown = client.get(document).json()["doc_metadata"]
    assert shown == [{**year, "value": 1.5}, {**author, "value": "Ada"}, {**day, "value": 1712345678}]
    [listed] = client.get(f"{base}/documents").json()["data"]
    assert listed["doc_metadata"] == shown
    put(client, base, document, {**author, "value": "Bea"}, partial_update=True)
    assert values(client, document) == {"Year": 1.5, "Author": "Bea", "Day": 1712345678}
    put(client, base, document, {**author, "value": None})
    assert values(client, document) == {"Author": None}
    only = client.get(f"{document}?metadata=only").json()
    assert only == {"id": named(document), "doc_type": None, "doc_metadata": [{**author, "value": None}]}
    assert "doc_metadata" not in client.get(f"{document}?metadata=without").json()
    assert client.get(f"{document}?metadata=x").json()["code"] == "invalid_metadata"


@pytest.mark.parametrize(
    ("type", "wrong"),
    [
        ("string", [5, True, ["x"], {}, "x" * 10_001]),
        ("number", ["5", True, [], 2**60]),
        ("time", ["2024-04-05", 1.5, False, 10**20, 1e300]),
    ],
)
def test_kb_26_values_are_of_their_fields_type(client, base, document, type, wrong):
    field = add_field(client, base, "Field", type)
    for value in wrong:
        answer = put(client, base, document, {**field, "value": value})
        assert (answer.status, answer.json()["params"]) == (400, "operation_data"), value
        assert answer.json()["message"].startswith("The value of Field must be ")
    assert Document.objects.get().doc_metadata is None


def test_all_documents_get_values_or_none(client, stranger, base, document):
    year = add_field(client, base)
    good = {"document_id": named(document), "metadata_list": [{**year, "value": 1}]}
    for wrong in (
        {"document_id": str(uuid4()), "metadata_list": []},
        {"document_id": "x", "metadata_list": []},
        {"document_id": named(document), "metadata_list": [{"id": str(uuid4()), "name": "Year", "value": 1}]},
        {"document_id": named(document), "metadata_list": [{"name": "Day", "value": 1}]},
        {"document_id": named(document), "metadata_list": [{}]},
    ):
        answer = client.post(f"{base}/documents/metadata", {"operation_data": [good, wrong]})
        assert (answer.status, answer.json()["code"]) == (404, "not_found"), wrong
    bodies: list[dict] = [
        {},
        {"operation_data": []},
        {"operation_data": [5]},
        {"operation_data": [{"document_id": "x"}]},
    ]
    for body in bodies:
        answer = client.post(f"{base}/documents/metadata", body)
        assert (answer.status, answer.json()["params"]) == (400, "operation_data")
    assert Document.objects.get().doc_metadata is None
    Document.objects.update(archived=True)
    assert error_of(put(client, base, document, {**year, "value": 1}))[:2] == (403, "archived_document_immutable")
    theirs = f"/v1/datasets/{create(stranger, 'Theirs')}"
    for call in (
        put(stranger, theirs, document),
        put(stranger, base, document),
        stranger.request("PATCH", f"{theirs}/metadata/{year['id']}", {"name": "x"}),
        stranger.request("DELETE", f"{theirs}/metadata/{year['id']}"),
    ):
        assert call.status == 404
    assert MetadataField.objects.get().name == "Year"


def test_kb_26_what_documents_say_of_themselves(client, base, document):
    assert client.get(f"{base}/metadata/built-in").json() == {"fields": BUILT_IN}
    assert values(client, document) == {}
    assert client.post(f"{base}/metadata/built-in/enable").json() == {"result": "success"}
    assert client.get(f"{base}/metadata").json() == {"doc_metadata": [], "built_in_field_enabled": True}
    shown = client.get(base).json()
    assert shown["built_in_field_enabled"] is True
    assert shown["doc_metadata"] == [{"id": "built-in", **field} for field in BUILT_IN]
    document_json = client.get(document).json()
    assert values(client, document) == {
        "document_name": "Text",
        "uploader": "owner@example.org",
        "upload_date": document_json["created_at"],
        "last_update_date": document_json["updated_at"],
        "source": "file_upload",
    }
    # A form sends them back as it got them; they cannot be set.
    assert put(client, base, document, *document_json["doc_metadata"]).status == 200
    assert Document.objects.get().doc_metadata == {}
    assert client.post(f"{base}/metadata/built-in/x").json()["code"] == "invalid_action"
    assert client.post(f"{base}/metadata/built-in/disable").status == 200
    assert values(client, document) == {}
