"""Versions of workflows: the app versions every kind of app has."""

import pytest
from django.test import Client

from apps.prompts.secret_values import SEALED, open_secrets
from apps.prompts.services.versions import publish, restore, save_draft
from tests.factories import make_app, make_workspace

from .test_files import flow, node, variable

pytestmark = pytest.mark.django_db
SECRET = flow(
    node("a", "start"),
    node("z", "end"),
    edges=[{"source": "a", "target": "z"}],
    environment_variables=[variable("KEY", "sk-hidden")],
)


@pytest.fixture
def app():
    return make_app(make_workspace(), SECRET, mode="workflow", published=False)


@pytest.fixture
def owner(app):
    return app.workspace.memberships.get().user


def test_a_sealed_secret_that_comes_back_from_an_editor_stays_as_it_is(app, owner):
    sealed = app.draft.config["environment_variables"]
    kept = save_draft(app=app, config={**flow(node("b", "start")), "environment_variables": sealed}, user=owner)
    assert kept.config["environment_variables"] == sealed
    assert open_secrets(app.workspace, kept.config)["environment_variables"][0]["value"] == "sk-hidden"


def test_a_version_is_published_named_and_restored_with_its_secrets(app):
    first = publish(app=app, note="first")
    app.refresh_from_db()
    again = restore(app=app, version_id=first.id)
    assert again.config == first.config
    assert list(again.config["environment_variables"][0]["value"]) == [SEALED]
    assert app.versions.get(pk=first.pk).note == "first"


@pytest.mark.parametrize("page", ["", "/api", "/versions", "/versions/1"])
def test_the_consoles_pages_of_a_workflow_open_and_hold_no_secret(app, owner, page):
    publish(app=app)
    client = Client()
    client.force_login(owner)
    answer = client.get(f"/apps/{app.pk}{page}", follow=True)
    assert answer.status_code == 200
    assert "sk-hidden" not in answer.content.decode()


def test_the_overview_of_a_workflow_offers_no_page(app, owner):
    client = Client()
    client.force_login(owner)
    page = client.get(f"/apps/{app.pk}").content.decode()
    assert "A workflow runs by API or command." in page
    assert f"/apps/{app.pk}/chat" not in page + client.get("/apps").content.decode().split('class="app-grid"')[1]
    assert "embed-title" not in page
