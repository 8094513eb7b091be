"""Files in forms that runs wait for: from the form's page, by API, and never somebody else's."""

from typing import Any

import pytest

from apps.files.models import UploadFile
from apps.files.services.uploads import store_upload
from apps.logs.models import HumanForm, WorkflowRun
from apps.workspaces.models import Workspace
from tests.factories import make_app, make_key, make_workspace
from tests.http import Client, Part, form
from tests.workflows.flows import flow, node
from tests.workflows.test_forms import answer, ended

FIELDS = [
    {"type": "file", "output_variable_name": "paper"},
    {"type": "file-list", "output_variable_name": "others"},
]
NODES = [
    node("start", "start"),
    node("ask", "human-input", form_content="Which?", inputs=FIELDS, user_actions=[{"id": "yes", "title": "Send"}]),
    node("read", "document-extractor", variable_selector=["ask", "paper"], is_array_file=False),
    node("count", "list-operator", variable=["ask", "others"]),
    node("end", "end", outputs=[
        {"variable": "text", "value_selector": ["read", "text"]},
        {"variable": "first", "value_selector": ["count", "first_record"]},
    ]),
]  # fmt: skip
CONFIG = flow(NODES, "start -> ask", "ask:yes -> read", "read -> count", "count -> end")


@pytest.fixture
def client(server) -> Client:
    return Client(server.url, make_key(make_app(make_workspace(), CONFIG, mode="workflow")))


@pytest.fixture
def token(client) -> str:
    events = client.post("/v1/workflows/run", {"inputs": {}, "user": "ada", "response_mode": "streaming"}).events()
    found: str = events[-2]["data"]["form_token"]
    return found


def test_files_are_sent_with_the_page(client, token):
    shown = client.get(f"/form/{token}").body.decode()
    assert 'type="file" multiple' in shown
    files = [
        Part(b"Tea at four.", "rules.txt", "text/plain", "field-paper"),
        Part(b"a", "a.txt", "text/plain", "field-others"),
        Part(b"b", "b.txt", "text/plain", "field-others"),
    ]
    assert client.post(f"/form/{token}", **form(*files, action="yes")).status == 302
    outputs = ended().outputs
    assert outputs is not None
    assert outputs["text"] == "Tea at four."
    assert outputs["first"]["filename"] == "a.txt"
    owner = WorkflowRun.objects.get().end_user_id
    assert {upload.created_by_end_user for upload in UploadFile.objects.all()} == {owner}


def test_an_empty_file_is_refused_and_the_form_stays_open(client, token):
    body = form(Part(b"", "rules.txt", "text/plain", "field-paper"), action="yes")
    refused = client.post(f"/form/{token}", **body)
    assert refused.status == 400
    assert 'role="alert"' in refused.body.decode()
    assert HumanForm.objects.get().status == "waiting"


def test_files_are_sent_by_api(client, token):
    sent = client.post("/v1/files/upload", **form(Part(b"By API.", "c.txt", "text/plain", "file"), user="ada"))
    given = {"type": "document", "transfer_method": "local_file", "upload_file_id": sent.json()["id"]}
    assert answer(client, token, paper=given, others=[given]).status == 200
    assert (ended().outputs or {})["text"] == "By API."


@pytest.mark.parametrize("shape", ["as sent", "as stored"])
def test_nobody_elses_file_is_taken(client, token, shape):
    other = store_upload(workspace=Workspace.objects.get(), name="s.txt", data=b"secret", mime_type="")
    given: dict[str, Any] = {"type": "document", "transfer_method": "local_file", "upload_file_id": str(other.pk)}
    if shape == "as stored":
        given = {**given, "dify_model_identity": "__dify__file__", "related_id": str(other.pk)}
    refused = answer(client, token, paper=given)
    assert refused.status == 400
    assert refused.json()["code"] == "invalid_form_data"
    assert HumanForm.objects.get().status == "waiting"
    too_many = answer(client, token, paper=[given, given])
    assert too_many.status == 400
