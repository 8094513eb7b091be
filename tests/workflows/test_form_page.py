"""The page of a form that a run waits for, over HTTP: read, filled in, refused, closed."""

from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from apps.logs.models import HumanForm
from apps.workspaces.models import Membership, Workspace
from apps.workspaces.services.workspaces import archive_workspace
from tests.factories import make_app, make_key, make_workspace
from tests.http import Answer, Client

from .test_forms import APPROVAL, begun, ended


@pytest.fixture
def client(server) -> Client:
    return Client(server.url, make_key(make_app(make_workspace(), APPROVAL, mode="workflow")))


@pytest.fixture
def path(client) -> str:
    return f"/form/{begun(client, '<b>it</b>')[-2]['data']['form_token']}"


def send(client: Client, path: str, action: str, **fields: Any) -> Answer:
    body = urlencode({"action": action, **{f"field-{name}": value for name, value in fields.items()}})
    return client.request("POST", path, body.encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def page(client: Client, path: str) -> str:
    return client.get(path).body.decode()


def test_a_form_is_filled_in_on_its_page(client, path):
    shown = client.get(path)
    html = shown.body.decode()
    assert "Publish &lt;b&gt;it&lt;/b&gt;?" in html
    assert ">none</textarea>" in html
    assert '<option value="M">M</option>' in html
    assert 'name="action" value="yes"' in html
    assert shown.headers["referrer-policy"] == "no-referrer"
    assert send(client, path, "yes", note="now & here", size="M").status == 302
    assert ended().outputs == {"good": "Publish <b>it</b>? now & here"}
    assert "Filled in" in page(client, path)
    assert send(client, path, "no", note="again", size="M").status == 302
    assert HumanForm.objects.get().action_id == "yes"


def test_what_does_not_fit_is_said_and_what_was_written_stays(client, path):
    refused = send(client, path, "maybe", note="a long remark", size="S")
    assert refused.status == 400
    assert "action must be one of: yes, no." in refused.body.decode()
    assert ">a long remark</textarea>" in refused.body.decode()
    assert HumanForm.objects.get().status == "waiting"


def test_a_form_that_nobody_filled_in_in_time_says_so(client, path):
    HumanForm.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "Too late" in page(client, path)
    send(client, path, "yes", size="S")
    assert HumanForm.objects.get().action_id == ""


def test_unknown_forms_and_those_of_closed_workspaces_are_missing(client, path):
    assert client.get("/form/nothing").status == 404
    assert client.get("/form/%00").status == 400
    workspace = Workspace.objects.get()
    archive_workspace(owner=Membership.objects.get(workspace=workspace), typed=workspace.name)
    assert client.get(path).status == 404
