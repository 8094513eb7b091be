"""The newcomer's list above the apps: what ticks its steps, and what makes it go."""

import pytest
from django.test import Client

from apps.common.ids import new_id
from apps.knowledge.models import Dataset, Document, ProcessRule
from apps.prompts.models import App, EndUser
from apps.prompts.services.versions import publish
from apps.workspaces.models import Workspace
from apps.workspaces.services import audit
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_provider, make_user, make_workspace

pytestmark = pytest.mark.django_db
STEPS = ["Connect a model", "Add knowledge", "Create an app", "Publish it", "Share it"]


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def browser(workspace) -> Client:
    client = Client()
    client.force_login(workspace.memberships.get().user)
    return client


def add_document(workspace: Workspace) -> Dataset:
    dataset = Dataset.objects.create(workspace=workspace, name="Handbook")
    rule = ProcessRule.objects.create(dataset=dataset, mode="automatic", rules={})
    Document.objects.create(workspace=workspace, dataset=dataset, position=1, name="a", process_rule=rule, batch="1")
    return dataset


def ticks(browser: Client) -> list[bool]:
    steps = browser.get("/apps").context["steps"]
    assert not steps or [step.label for step in steps] == STEPS
    return [step.is_done for step in steps]


def visit(app: App) -> None:
    EndUser.objects.create(id=new_id(), workspace=app.workspace, app=app, kind="web-app", session_id="v")


def test_every_step_is_ticked_by_what_there_is_and_the_list_goes_with_the_last(workspace, browser):
    assert ticks(browser) == [False] * 5
    app = make_app(workspace, published=False)
    assert ticks(browser) == [False, False, True, False, False]
    assert f"/apps/{app.pk}" in browser.get("/apps").content.decode()
    publish(app=app)
    make_provider(workspace, "http://127.0.0.1:9/v1", "m")
    add_document(workspace)
    assert ticks(browser) == [True, True, True, True, False]
    visit(app)
    assert ticks(browser) == []


def test_what_came_as_a_demo_ticks_nothing(workspace, browser):
    app = make_app(workspace)
    visit(app)
    ids = [str(app.pk), str(add_document(workspace).pk)]
    audit.record(workspace=workspace, user=None, action="demo.fill", data={"ids": ids})
    assert ticks(browser) == [False] * 5


def test_the_list_can_be_put_away(workspace, browser):
    assert "Your first own app" in browser.get("/apps").content.decode()
    fragment = browser.post("/apps/first-steps/hide", headers={"HX-Request": "true"})
    assert (fragment.status_code, fragment.content) == (200, b"")
    assert "Your first own app" not in browser.get("/apps").content.decode()
    again = Client()
    again.force_login(workspace.memberships.get().user)
    assert again.post("/apps/first-steps/hide").headers["Location"] == "/apps"


def test_who_builds_nothing_is_not_shown_it(workspace):
    person = make_user("reader@example.org")
    add_member(workspace=workspace, user=person, role="normal")
    client = Client()
    client.force_login(person)
    assert "Your first own app" not in client.get("/apps").content.decode()
    assert client.post("/apps/first-steps/hide").status_code == 403
