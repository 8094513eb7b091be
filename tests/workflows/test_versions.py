"""Versions of workflows: the app versions every kind of app has."""

import json

import pytest
from django.test import Client

from apps.prompts.secret_values import SEALED, open_secrets
from apps.prompts.services.versions import publish, restore, save_draft
from tests.factories import make_app, make_key, make_workspace
from tests.http import Client as HttpClient

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


def test_the_overview_of_a_workflow_offers_its_page_but_no_talk(app, owner):
    client = Client()
    client.force_login(owner)
    page = client.get(f"/apps/{app.pk}").content.decode()
    assert f"/workflow/{app.site_code}" in page
    assert f"/apps/{app.pk}/chat" not in page + client.get("/apps").content.decode().split('class="app-grid"')[1]
    assert "embed-title" not in page


def saved(app, user, config, **more):
    client = Client()
    client.force_login(user)
    return client.put(
        f"/apps/{app.pk}/draft",
        json.dumps({"config": config, **more}),
        content_type="application/json",
        HTTP_ACCEPT="application/json",
    )


GOOD = flow(node("a", "start"), node("z", "end"), edges=[{"source": "a", "target": "z"}])


def test_a_draft_that_somebody_else_saved_meanwhile_is_not_overwritten(app, owner):
    base = str(app.draft_id)
    first = saved(app, owner, GOOD, base_version_id=base)
    assert first.status_code == 200
    conflict = saved(app, owner, {**GOOD, "x": 1}, base_version_id=base)
    assert (conflict.status_code, conflict.json()["code"]) == (409, "draft_conflict")
    assert conflict.json()["draft"]["version_id"] == first.json()["version_id"]
    again = saved(app, owner, {**GOOD, "x": 1}, base_version_id=first.json()["version_id"])
    assert again.status_code == 200
    assert saved(app, owner, GOOD, base_version_id=base, overwrite=True).status_code == 200


def test_wf_30_a_draft_comes_with_its_checklist(app, owner):
    lonely = flow(node("a", "start"), node("l", "llm"), node("z", "end"), edges=[{"source": "a", "target": "z"}])
    answer = saved(app, owner, lonely, overwrite=True).json()
    assert answer["problems"] == []
    assert [(one["field"], one["message"]) for one in answer["checklist"]] == [("l", "l: nothing leads to it.")]
    answer = saved(app, owner, flow(node("z", "end")), overwrite=True).json()
    assert [one["message"] for one in answer["problems"]] == ["The start node is missing."]


def test_wf_02_a_name_that_another_node_has_is_refused_but_an_imported_one_stays(app, owner):
    twins = flow(node("a", "start"), {**node("b", "end"), "data": {"type": "end", "title": "a"}})
    refused = saved(app, owner, twins, overwrite=True)
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_app_config")
    assert "Two nodes are called a." in refused.content.decode()
    save_draft(app=app, config=twins)
    assert saved(app, owner, {**twins, "more": 1}, overwrite=True).status_code == 200


def test_wf_33_a_restored_version_is_equal_to_the_published_one(app, owner):
    published = publish(app=app)
    saved(app, owner, GOOD, overwrite=True)
    client = Client()
    client.force_login(owner)
    assert client.post(f"/apps/{app.pk}/versions/{published.number}/restore").status_code == 302
    app.refresh_from_db()
    assert app.draft.config == published.config


def test_versions_are_compared_by_nodes_connections_and_variables(app, owner):
    publish(app=app)
    more = flow(
        node("a", "start", desc="new"),
        node("n", "code"),
        node("z", "end"),
        edges=[{"source": "a", "target": "n"}, {"source": "n", "target": "z"}],
        environment_variables=[variable("KEY", "other"), variable("BASE", "x", "string")],
    )
    number = save_draft(app=app, config=more, user=owner).number
    client = Client()
    client.force_login(owner)
    page = client.get(f"/apps/{app.pk}/versions/{number}").content.decode()
    for told in ("a › desc", "Connections › a → n", "Connections › a → z", "BASE › value"):
        assert told in page, told
    assert "other" not in page


def test_a_version_runs_by_its_id(server):
    form = [{"variable": "x", "label": "x", "type": "text-input", "required": True}]

    def echo(prefix):
        out = [{"variable": prefix, "value_selector": ["a", "x"]}]
        return flow(node("a", "start", variables=form), node("z", "end", outputs=out), edges=GOOD["graph"]["edges"])

    app = make_app(make_workspace(), echo("one"), mode="workflow")
    first = app.published_id
    save_draft(app=app, config=echo("two"))
    app.refresh_from_db()
    second = publish(app=app)
    draft = save_draft(app=app, config=echo("three"))
    client = HttpClient(server.url, make_key(app))

    def ran(id):
        return client.post(f"/v1/workflows/{id}/run", {"inputs": {"x": "tea"}, "user": "ada"})

    assert ran(first).json()["data"]["outputs"] == {"one": "tea"}
    assert ran(second.pk).json()["data"]["workflow_id"] == str(second.pk)
    assert (ran(draft.pk).status, ran(draft.pk).json()["code"]) == (400, "bad_request")
    assert (ran("abc").status, ran("abc").json()["code"]) == (400, "bad_request")
    unknown = ran("0193a0a0-0000-7000-8000-000000000001")
    assert (unknown.status, unknown.json()["code"]) == (404, "not_found")
