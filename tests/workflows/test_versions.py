"""Versions of workflows: the app versions every kind of app has, and drafts that know what they began with."""

import pytest
from django.test import Client

from apps.prompts.errors import FlowNotInSync
from apps.prompts.secret_values import SEALED, open_secrets
from apps.prompts.services.drafts import hash_of, sync_flow
from apps.prompts.services.versions import publish, restore
from tests.factories import make_app, make_workspace

from .test_files import flow, node, variable

pytestmark = pytest.mark.django_db
SECRET = flow(node("a", "start"), environment_variables=[variable("KEY", "sk-hidden")])


@pytest.fixture
def app():
    return make_app(make_workspace(), SECRET, mode="workflow", published=False)


@pytest.fixture
def owner(app):
    return app.workspace.memberships.get().user


def test_a_draft_that_was_not_the_base_is_a_conflict(app, owner):
    base = hash_of(app.draft)
    newer = sync_flow(app=app, config=flow(node("b", "start")), base_hash=base, user=owner)
    with pytest.raises(FlowNotInSync) as refused:
        sync_flow(app=app, config=flow(node("c", "start")), base_hash=base, user=owner)
    assert (refused.value.code, refused.value.http_status) == ("draft_workflow_not_sync", 409)
    assert sync_flow(app=app, config=flow(), base_hash=hash_of(newer), user=owner).config == flow()
    assert sync_flow(app=app, config=SECRET, base_hash=None, user=owner).number >= 1


def test_a_sealed_secret_that_comes_back_from_an_editor_stays_as_it_is(app, owner):
    sealed = app.draft.config["environment_variables"]
    config = {**flow(node("b", "start")), "environment_variables": sealed}
    kept = sync_flow(app=app, config=config, base_hash=hash_of(app.draft), user=owner)
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
