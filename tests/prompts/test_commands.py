"""The commands around apps, by their JSON."""

import io
import json
from typing import Any

import pytest
from django.core.management import call_command

from apps.common.errors import InvalidParam, NotFound
from apps.prompts.models import ApiToken, App
from apps.prompts.services.versions import save_draft
from apps.workspaces.services.tags import set_tags
from tests.factories import make_app, make_key, make_workspace

pytestmark = pytest.mark.django_db


def command(*arguments: object) -> Any:
    output = io.StringIO()
    call_command(*map(str, arguments), "--json", stdout=output)
    return json.loads(output.getvalue())


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def app(workspace) -> App:
    return make_app(workspace, {"pre_prompt": "one"})


def test_app_list(workspace, app):
    make_app(workspace, published=False)
    set_tags(workspace=workspace, kind="app", names=["Sales"], target_id=app.pk)
    App.objects.filter(pk=app.pk).update(name="Guide")
    (listed,) = command("app_list", "--query", "gui")["apps"]
    assert listed == {
        "id": str(app.pk),
        "name": "Guide",
        "mode": "chat",
        "published": 1,
        "enable_site": True,
        "enable_api": True,
        "site": f"/chat/{app.site_code}",
        "tags": ["Sales"],
    }
    assert [item["published"] for item in command("app_list")["apps"]] == [None, 1]


def test_publish_versions_restore_and_roll_back(app):
    save_draft(app=app, config={"pre_prompt": "two"})
    assert command("app_publish", app.pk) == {"published": 2}
    assert command("app_rollback", app.pk, 1) == {"published": 1}
    assert command("app_restore", app.pk, 1) == {"draft": 3}
    versions = command("app_versions", app.pk)["versions"]
    assert [(item["number"], item["is_draft"], item["is_published"], item["is_release"]) for item in versions] == [
        (3, True, False, False),
        (2, False, False, True),
        (1, False, True, True),
    ]
    assert versions[0]["note"] == "restored from 1"
    with pytest.raises(InvalidParam, match="no version 9"):
        command("app_rollback", app.pk, 9)


def test_duplicate_and_delete(app):
    copy = command("app_duplicate", app.pk, "--name", "Second")
    assert copy["name"] == "Second"
    with pytest.raises(InvalidParam, match="--yes"):
        command("app_delete", copy["app_id"])
    assert command("app_delete", copy["app_id"], "--yes") == {"deleted": copy["app_id"]}
    assert list(App.objects.all()) == [app]
    with pytest.raises(NotFound):
        command("app_delete", copy["app_id"], "--yes")


def test_app_site_shows_and_changes(app):
    shown = command("app_site", app.pk)
    assert (shown["path"], shown["embed_path"]) == (f"/chat/{app.site_code}", f"/chatbot/{app.site_code}")
    assert shown["settings"]["default_language"] == "en-US"
    settings = {"title": "Help", "allowed_origins": ["https://example.org"]}
    changed = command("app_site", app.pk, "--set", json.dumps(settings), "--regenerate", "--site", "off", "--api", "on")
    assert changed["code"] != app.site_code
    assert (changed["enable_site"], changed["enable_api"]) == (False, True)
    assert changed["settings"] == {**shown["settings"], **settings}


@pytest.mark.parametrize("text", ["{", "[1]", "[" * 10_000, '{"user": 1}', '{"app": 1}', '{"title": 1}'])
def test_settings_that_are_none_are_refused(app, text):
    with pytest.raises(InvalidParam):
        command("app_site", app.pk, "--set", text)


def test_app_template(app):
    listed = command("app_template", "list")["templates"]
    assert all(item["shipped"] for item in listed)
    saved = command("app_template", "save", app.pk, "--name", "Ours", "--category", "Support")
    assert (saved["name"], saved["category"], saved["shipped"]) == ("Ours", "Support", False)
    made = command("app_template", "create", saved["id"], "--name", "Made", "--publish")
    assert (made["status"], App.objects.get(pk=made["app_id"]).published.config) == ("completed", {"pre_prompt": "one"})
    shipped = command("app_template", "create", "translator")
    assert shipped["mode"] == "completion"
    assert command("app_template", "delete", saved["id"]) == {"deleted": saved["id"]}
    assert command("app_template", "list")["templates"] == listed
    with pytest.raises(InvalidParam, match="needs the id"):
        command("app_template", "save")


def test_api_02_keys_are_listed_without_their_secret_and_revoked_by_hint(workspace, app):
    first, second = make_key(app), make_key(app)
    keys = command("app_key", app.pk, "--list")["keys"]
    assert [key["hint"] for key in keys] == [f"app-...{token[-4:]}" for token in (first, second)]
    assert first not in json.dumps(keys)
    assert command("app_key", app.pk, "--revoke", keys[0]["hint"])["revoked"] == keys[0]["id"]
    assert command("app_key", app.pk, "--revoke", keys[1]["id"])["hint"] == keys[1]["hint"]
    assert not ApiToken.objects.exists()
    foreign = make_key(make_app(workspace))
    with pytest.raises(NotFound):
        command("app_key", app.pk, "--revoke", f"app-...{foreign[-4:]}")


def test_import_needs_a_file_or_an_address(workspace):
    for arguments in ([], ["a.yml", "--url", "https://example.org/a.yml"]):
        with pytest.raises(InvalidParam, match="one of the two"):
            command("app_import", *arguments)


@pytest.mark.django_db(transaction=True)
def test_app_36_prompt_design_proposes_and_with_save_makes_a_draft():
    app = make_app(make_workspace(), {"pre_prompt": "one", "unknown": [1]})
    asked = ("prompt_design", app.pk, "Writes product descriptions for an online shop")
    proposed = command(*asked)
    assert proposed["pre_prompt"]
    assert proposed["draft"] is None
    saved = command(*asked, "--save")
    app.refresh_from_db()
    assert (saved["draft"], app.published.number) == (2, 1)
    assert (app.draft.config["pre_prompt"], app.draft.config["unknown"]) == (proposed["pre_prompt"], [1])
    with pytest.raises(InvalidParam):
        command("prompt_design", app.pk, " ")
