"""The pages about apps, as a builder's browser uses them."""

import re
from html import unescape
from pathlib import Path

import pytest
from django.test import Client

from apps.files.models import UploadFile
from apps.prompts.models import ApiToken, App, AppTemplate
from apps.prompts.services.apps import update_app
from apps.prompts.services.keys import create_app_key
from apps.prompts.services.templates import save_as_template
from apps.prompts.services.versions import publish, save_draft
from apps.workspaces.models import Tag, User, Workspace
from apps.workspaces.selectors import list_tags_of
from apps.workspaces.services.members import add_member
from tests import http
from tests.factories import make_app, make_key, make_passport, make_provider, make_user, make_workspace
from tests.pictures import SVG, picture
from tests.waiting import eventually

pytestmark = pytest.mark.django_db
GOLDEN = (Path(__file__).parent / "golden/guide.yml").read_text()


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def app(workspace) -> App:
    return make_app(workspace)


@pytest.fixture
def browser(workspace) -> Client:
    client = Client()
    client.force_login(workspace.memberships.get().user)
    return client


def text_of(response) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", response.content.decode())))


def test_app_12_a_workspace_without_a_provider_is_told_how_to_set_one_up(workspace, browser):
    for path in ("/apps", "/apps/new"):
        notice = browser.get(path).content.decode().split("No model provider is set up")[1]
        assert 'href="/settings/models"' in notice.split("</div>")[0]
    make_provider(workspace, "http://127.0.0.1:9/v1", "m")
    for path in ("/apps", "/apps/new"):
        assert "No model provider is set up" not in text_of(browser.get(path))


def test_app_07_an_app_from_nothing(browser):
    fields = {"name": " Guide ", "mode": "completion", "description": "d", "instructions": "Be {{tone}}."}
    response = browser.post("/apps/new/blank", fields, follow=True)
    app = App.objects.get()
    assert response.redirect_chain == [(f"/apps/{app.pk}/orchestrate", 302)]
    assert (app.name, app.mode, app.published, app.draft.config) == (
        "Guide",
        "completion",
        None,
        {"pre_prompt": "Be {{tone}}."},
    )
    assert "as a draft" in text_of(response)
    assert "Not published yet" in text_of(browser.get(f"/apps/{app.pk}"))


@pytest.mark.parametrize("fields", [{}, {"name": " ", "mode": "chat"}, {"name": "A", "mode": "agent-chat"}])
def test_a_faulty_form_comes_back_with_what_is_wrong(browser, fields):
    response = browser.post("/apps/new/blank", fields)
    assert response.status_code == 400
    assert b'class="problem"' in response.content
    assert not App.objects.exists()


def test_app_09_an_app_from_a_file_or_its_text(browser):
    file = picture(GOLDEN.encode())
    file.name = "guide.yml"
    response = browser.post("/apps/new/file", {"file": file}, follow=True)
    assert "The app is there." in text_of(response)
    assert "knowledge base" in text_of(response)
    browser.post("/apps/new/file", {"content": GOLDEN})
    one, two = App.objects.all()
    assert one.draft.config == two.draft.config
    exported = browser.get(f"/apps/{one.pk}/export")
    assert exported.content.decode() == GOLDEN
    assert exported["Content-Disposition"] == 'attachment; filename="guide.yml"'


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({}, "one of the three"),
        ({"content": "x", "url": "https://example.org"}, "one of the three"),
        ({"content": "[1]"}, "content must be a mapping"),
        ({"content": GOLDEN.replace("mode: chat\n  name", "mode: agent-chat\n  name")}, "agent-chat cannot be run"),
        ({"url": "http://127.0.0.1:1/a.yml"}, "not allowed"),
    ],
)
def test_files_that_are_none_are_refused_on_the_page(browser, fields, problem):
    response = browser.post("/apps/new/file", fields)
    assert (response.status_code, problem in text_of(response)) == (400, True)
    assert not App.objects.exists()


def test_app_08_web_16_a_template_is_used_as_it_is_or_customized(browser):
    assert "Translator" in text_of(browser.get("/apps/new"))
    browser.post("/apps/new/template", {"template": "translator", "way": "use"})
    assert App.objects.get().published is not None
    browser.post("/apps/new/template", {"template": "translator", "way": "customize"})
    assert App.objects.latest("created_at").published is None
    assert browser.post("/apps/new/template", {"template": "nonsense"}).status_code == 404


def test_app_37_a_teams_template_is_saved_shown_used_and_deleted(browser, app):
    browser.post(f"/apps/{app.pk}/template", {"name": "Ours", "category": "Support"})
    template = AppTemplate.objects.get()
    assert "Ours" in text_of(browser.get("/apps/new"))
    browser.post("/apps/new/template", {"template": template.key})
    assert App.objects.count() == 2
    browser.post(f"/apps/templates/{template.pk}/delete")
    assert not AppTemplate.objects.exists()


def test_app_20_publishing_from_the_page(browser, app):
    assert b"/publish" not in browser.get(f"/apps/{app.pk}").content
    save_draft(app=app, config={"pre_prompt": "Two."})
    assert b"/publish" in browser.get(f"/apps/{app.pk}").content
    response = browser.post(f"/apps/{app.pk}/publish", follow=True)
    assert "Version 2 is published." in text_of(response)


def test_a_faulty_draft_is_not_published_and_the_page_says_why(browser, workspace):
    config = {"dataset_configs": {"top_k": 99}, "model": {"completion_params": {"stop": ["a", "b", "c", "d", "e"]}}}
    app = make_app(workspace, config, published=False)
    said = text_of(browser.post(f"/apps/{app.pk}/publish", follow=True))
    assert "top_k must be" in said
    assert "stop sequences" in said
    app.refresh_from_db()
    assert app.published is None


def test_duplicate_and_delete_by_name(browser, app):
    response = browser.post(f"/apps/{app.pk}/duplicate", follow=True)
    copy = App.objects.get(name="Helper copy")
    assert response.redirect_chain[-1][0] == f"/apps/{copy.pk}"
    assert "Type Helper copy" in text_of(browser.get(f"/apps/{copy.pk}/delete"))
    for typed in ("", "Helper", "helper copy"):
        assert browser.post(f"/apps/{copy.pk}/delete", {"confirmation": typed}).status_code == 400
    browser.post(f"/apps/{copy.pk}/delete", {"confirmation": " Helper copy "})
    assert list(App.objects.all()) == [app]
    assert browser.get(f"/apps/{copy.pk}").status_code == 404


def test_name_icon_and_tags_are_edited(browser, app, workspace):
    fields = {"name": "New", "icon": "📚", "icon_background": "#112233", "tags": "Sales, Legal,,"}
    assert browser.post(f"/apps/{app.pk}/edit", fields).status_code == 302
    app.refresh_from_db()
    assert (app.name, app.icon, app.icon_background) == ("New", "📚", "#112233")
    assert {tag.name for tag in list_tags_of(workspace=workspace, target_ids=[app.pk])[app.pk]} == {"Sales", "Legal"}
    assert "Legal, Sales" in browser.get(f"/apps/{app.pk}/edit").content.decode()
    image = picture()
    image.name = "x.exe"
    browser.post(f"/apps/{app.pk}/edit", {**fields, "picture": image})
    app.refresh_from_db()
    assert app.icon == str(UploadFile.objects.get().pk)
    page = browser.get("/apps").content.decode()
    (address,) = re.findall(r'<img class="tile" src="([^"]+)"', page)
    shown = Client().get(unescape(address))
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/png")
    drawing = picture(SVG)
    drawing.name = "x.svg"
    response = browser.post(f"/apps/{app.pk}/edit", {**fields, "name": "Not", "picture": drawing})
    assert (response.status_code, "PNG, JPEG" in text_of(response)) == (400, True)
    app.refresh_from_db()
    assert app.name == "New", "all or nothing"


def test_web_03_page_settings_are_edited(browser, app):
    fields = {
        "title": "Help desk",
        "default_language": "de-DE",
        "has_theme": "on",
        "chat_color_theme": "#123456",
        "privacy_policy": "https://example.org/privacy",
        "allowed_origins": "https://example.org\r\n\r\nhttps://b.example",
        "prompt_public": "on",
    }
    assert browser.post(f"/apps/{app.pk}/page", fields).status_code == 302
    site = App.objects.get(pk=app.pk).site
    assert (site.title, site.default_language, site.chat_color_theme) == ("Help desk", "de-DE", "#123456")
    assert (site.allowed_origins, site.prompt_public) == (["https://example.org", "https://b.example"], True)
    shown = browser.get(f"/apps/{app.pk}/page").content.decode()
    assert "https://example.org\nhttps://b.example" in shown
    del fields["has_theme"]
    browser.post(f"/apps/{app.pk}/page", {**fields, "allowed_origins": "nonsense"})
    browser.post(f"/apps/{app.pk}/page", {**fields, "privacy_policy": "javascript:alert(1)"})
    site.refresh_from_db()
    assert site.chat_color_theme == "#123456"
    browser.post(f"/apps/{app.pk}/page", fields)
    site.refresh_from_db()
    assert site.chat_color_theme == ""


def test_the_public_page_has_a_picture_of_its_own(browser, app):
    fields = {"default_language": "en-US", "has_background": "on", "icon_background": "#112233"}
    browser.post(f"/apps/{app.pk}/page", {**fields, "picture": picture()})
    app.site.refresh_from_db()
    assert (app.site.icon_type, app.site.icon_background) == ("image", "#112233")
    first = app.site.icon
    assert "Take the picture away" in text_of(browser.get(f"/apps/{app.pk}/page"))
    browser.post(f"/apps/{app.pk}/page", fields)
    app.site.refresh_from_db()
    assert app.site.icon == first, "saving other settings keeps it"
    assert browser.post(f"/apps/{app.pk}/page", {**fields, "picture": picture(SVG)}).status_code == 400
    browser.post(f"/apps/{app.pk}/page", {**fields, "drop_picture": "on"})
    app.site.refresh_from_db()
    assert (app.site.icon_type, app.site.icon) == ("", "")
    assert not UploadFile.objects.exists()


def test_api_02_a_key_is_shown_once(browser, app):
    response = browser.post(f"/apps/{app.pk}/keys")
    (key,) = re.findall(r"app-\w{24}", response.content.decode())
    assert response["Cache-Control"] == "no-store"
    row = ApiToken.objects.get()
    assert row.hint.endswith(key[-4:])
    again = browser.get(f"/apps/{app.pk}/api").content.decode()
    assert key not in again
    assert row.hint in again
    for _ in range(9):
        create_app_key(app=app)
    assert "at most 10" in text_of(browser.post(f"/apps/{app.pk}/keys", follow=True))
    browser.post(f"/apps/{app.pk}/keys/{row.pk}/revoke")
    assert ApiToken.objects.count() == 9


def test_a_key_of_another_app_is_not_revoked_here(browser, app, workspace):
    other = make_app(workspace)
    make_key(other)
    assert browser.post(f"/apps/{app.pk}/keys/{ApiToken.objects.get().pk}/revoke").status_code == 404
    assert ApiToken.objects.exists()


def test_tags_are_made_renamed_and_deleted(browser, app):
    browser.post("/apps/tags", {"name": "Sales"})
    assert browser.post("/apps/tags", {"name": "SALES"}).status_code == 400
    tag = Tag.objects.get()
    browser.post(f"/apps/tags/{tag.pk}/rename", {"name": "Legal"})
    browser.post(f"/apps/{app.pk}/edit", {"name": "Helper", "icon_background": "#112233", "tags": "legal"})
    assert "Helper" in text_of(browser.get(f"/apps?tag={tag.pk}"))
    assert "No app bears this tag" in text_of(browser.get("/apps?tag=01a20390-7496-7e1f-8db2-a702fc891678"))
    browser.post(f"/apps/tags/{tag.pk}/delete")
    assert not Tag.objects.exists()


def test_who_only_uses_apps_sees_the_page_and_nothing_to_change(app, workspace):
    make_key(app)
    user: User = make_user("normal@example.org")
    add_member(workspace=workspace, user=user, role="normal")
    client = Client()
    client.force_login(user)
    page = client.get(f"/apps/{app.pk}").content.decode()
    assert f"/chat/{app.site_code}" in page
    for hidden in ("/switch", "/keys", "/delete", "app-...", "embed.min.js"):
        assert hidden not in page.split("<main")[1]
    assert "Overview" in text_of(client.get("/apps"))


def test_what_teams_write_is_text_on_every_page(browser, app):
    evil = "<script>alert(1)</script>"
    update_app(app=app, name=evil, description=evil)
    save_as_template(app=app, category=evil)
    browser.post(f"/apps/{app.pk}/page", {"title": evil, "default_language": "en-US"})
    browser.post(f"/apps/{app.pk}/edit", {"name": evil, "icon_background": "#112233", "tags": evil})
    for path in ("", f"/{app.pk}", f"/{app.pk}/edit", f"/{app.pk}/page", f"/{app.pk}/delete", "/new", "/tags"):
        page = browser.get(f"/apps{path}").content.decode()
        assert "alert(1)" in page
        assert evil not in page


@pytest.mark.django_db(transaction=True)
def test_app_13_app_20_web_04_switches_address_and_publishing_reach_page_and_api_at_once(server):
    workspace = make_workspace()
    app = make_app(workspace, {"opening_statement": "one"})
    browser = Client()
    browser.force_login(workspace.memberships.get().user)
    api = http.Client(server.url, make_key(app))
    passport = http.Client(server.url, make_passport(app))
    site = http.Client(server.url)

    def states() -> tuple[int, int, int]:
        headers = {"X-App-Code": app.site_code}
        return (
            site.get("/api/passport", headers=headers).status,
            passport.get("/api/parameters").status,
            api.get("/v1/parameters").status,
        )

    assert states() == (200, 200, 200)
    browser.post(f"/apps/{app.pk}/switch", {"enable_site": "off"})
    eventually(lambda: states() == (404, 401, 200), within_s=2)
    browser.post(f"/apps/{app.pk}/switch", {"enable_site": "on"})
    browser.post(f"/apps/{app.pk}/switch", {"enable_api": "off"})
    eventually(lambda: states() == (200, 200, 403), within_s=2)
    browser.post(f"/apps/{app.pk}/switch", {"enable_api": "on"})
    eventually(lambda: states() == (200, 200, 200), within_s=2)

    save_draft(app=app, config={"opening_statement": "two"})
    assert api.get("/v1/parameters").json()["opening_statement"] == "one"
    publish(app=app)
    eventually(lambda: api.get("/v1/parameters").json()["opening_statement"] == "two", within_s=2)

    browser.post(f"/apps/{app.pk}/link")
    eventually(lambda: states() == (404, 401, 200), within_s=2)
