"""What a team does with its apps: rename, icons, copies, templates, page settings."""

import pytest

from apps.common.errors import InvalidParam, PayloadTooLarge
from apps.files.errors import UnsupportedFileType
from apps.files.models import UploadFile
from apps.files.storage import read
from apps.prompts.errors import TemplateNotFound
from apps.prompts.icons import icon_url
from apps.prompts.models import App, AppTemplate, Site
from apps.prompts.selectors import get_site, list_apps, list_templates
from apps.prompts.services.apps import reset_site_code, update_app
from apps.prompts.services.duplicate import duplicate_app
from apps.prompts.services.icons import set_icon_picture
from apps.prompts.services.keys import create_app_key
from apps.prompts.services.sites import update_site
from apps.prompts.services.templates import create_from_template, delete_template, save_as_template
from apps.prompts.services.transfer import export_app
from apps.prompts.services.versions import publish, save_draft
from apps.workspaces.models import AuditEvent, Tag
from apps.workspaces.selectors import list_tags_of
from apps.workspaces.services.tags import set_tags
from tests.factories import make_app, make_workspace
from tests.pictures import PNG, SVG, picture

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace():
    return make_workspace()


@pytest.fixture
def app(workspace) -> App:
    return make_app(workspace, {"pre_prompt": "Be brief.", "unknown": [1]})


def test_app_07_name_icon_and_description_can_be_changed_later(app):
    app = update_app(app=app, name=" New ", description="For all.", icon="📚", icon_background="#AABBCC")
    assert (app.name, app.description, app.icon, app.icon_background) == ("New", "For all.", "📚", "#aabbcc")
    event = AuditEvent.objects.get(action="app.update")
    assert event.data == {"fields": ["description", "icon", "icon_background", "name"]}


@pytest.mark.parametrize(
    "fields",
    [
        {"name": " \x00"},
        {"name": "x" * 256},
        {"name": 1},
        {"description": "x" * 4001},
        {"icon": "abc"},
        {"icon": ""},
        {"icon": "📚" * 13},
        {"icon_background": "red"},
        {"icon_background": '#fff" onload="x'},
        {"enable_site": "yes"},
        {"site_code": "mine"},
        {"icon_type": "image"},
    ],
)
def test_what_does_not_fit_an_app_is_refused(app, fields):
    with pytest.raises(InvalidParam):
        update_app(app=app, **fields)


def test_a_picture_becomes_the_icon_and_goes_with_the_next_one(app):
    set_icon_picture(app=app, data=picture(), background="#000000")
    upload = UploadFile.objects.get()
    assert (app.icon_type, app.icon, app.icon_background) == ("image", str(upload.pk), "#000000")
    assert (upload.mime_type, read(upload.storage_key)) == ("image/png", PNG)
    assert icon_url(app).startswith(f"/files/{upload.pk}/file-preview?")
    set_icon_picture(app=app, data=picture(b"GIF89a\x01\x00\x01\x00 and more"))
    assert UploadFile.objects.get().mime_type == "image/gif"
    update_app(app=app, icon="📚")
    assert (app.icon_type, icon_url(app)) == ("emoji", None)
    assert not UploadFile.objects.exists()


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (SVG, UnsupportedFileType),
        (b"<html>", UnsupportedFileType),
        (b"", UnsupportedFileType),
        (PNG + b"\0" * 2 * 2**20, PayloadTooLarge),
    ],
)
def test_only_small_pictures_become_icons(app, data, problem):
    with pytest.raises(problem):
        set_icon_picture(app=app, data=picture(data))
    app.refresh_from_db()
    assert app.icon_type == "emoji"


def test_a_copy_has_the_draft_tags_and_page_settings_and_nothing_published(workspace, app):
    set_tags(workspace=workspace, kind="app", names=["Sales", "Legal"], target_id=app.pk)
    update_site(app=app, title="Help", allowed_origins=["https://example.org"], prompt_public=True)
    create_app_key(app=app)
    save_draft(app=app, config={"pre_prompt": "Not yet published."})
    app.refresh_from_db()
    copy = duplicate_app(app=app)
    assert (copy.name, copy.mode, copy.published) == ("Helper copy", "chat", None)
    assert copy.draft.config == {"pre_prompt": "Not yet published."}
    assert copy.site_code != app.site_code
    assert (copy.site.title, copy.site.allowed_origins, copy.site.prompt_public) == (
        "Help",
        ["https://example.org"],
        True,
    )
    assert [tag.name for tag in list_tags_of(workspace=workspace, target_ids=[copy.pk])[copy.pk]] == ["Legal", "Sales"]
    assert not copy.tokens.exists()
    assert Tag.objects.count() == 2
    assert list_apps(workspace=workspace, tag_id=Tag.objects.first().pk).count() == 2


def test_a_copy_of_a_long_name_and_of_a_copy_with_a_picture(workspace, app):
    App.objects.filter(pk=app.pk).update(name="n" * 255)
    app.refresh_from_db()
    set_icon_picture(app=app, data=picture())
    copy = duplicate_app(app=app)
    assert copy.name == "n" * 250 + " copy"
    assert copy.icon == app.icon
    update_app(app=app, icon="📚")
    assert UploadFile.objects.count() == 1, "the copy still shows the picture"
    assert duplicate_app(app=app, name=" Other ").name == "Other"


def test_app_37_a_team_keeps_an_app_as_a_template_and_makes_apps_of_it(workspace, app):
    template = save_as_template(app=app, name="Our helper", category="Support")
    save_draft(app=app, config={"pre_prompt": "Changed since."})
    result = create_from_template(workspace=workspace, template_id=str(template.pk), name="Second")
    made = App.objects.get(pk=result.app_id)
    assert (made.name, made.published, made.draft.config) == (
        "Second",
        None,
        {"pre_prompt": "Be brief.", "unknown": [1]},
    )
    assert list_templates(workspace=workspace)[0] == template
    delete_template(workspace=workspace, template_id=str(template.pk))
    assert not AppTemplate.objects.exists()
    assert App.objects.filter(pk=made.pk).exists()


def test_another_teams_template_is_not_found(workspace, app):
    template = save_as_template(app=app)
    other = make_workspace("B", "b@example.org")
    assert template not in list_templates(workspace=other)
    for template_id in (str(template.pk), "nonsense", ""):
        with pytest.raises(TemplateNotFound):
            create_from_template(workspace=other, template_id=template_id)
        with pytest.raises(TemplateNotFound):
            delete_template(workspace=other, template_id=template_id)
    with pytest.raises(InvalidParam, match="come with the product"):
        delete_template(workspace=workspace, template_id="translator")
    with pytest.raises(InvalidParam):
        save_as_template(app=app, category="x" * 51)


def test_a_template_keeps_the_picture_its_app_no_longer_shows(workspace, app):
    set_icon_picture(app=app, data=picture())
    template = save_as_template(app=app)
    update_app(app=app, icon="📚")
    made = App.objects.get(pk=create_from_template(workspace=workspace, template_id=str(template.pk)).app_id)
    assert made.icon == template.icon == str(UploadFile.objects.get().pk)


def test_web_03_page_settings_are_kept_as_given(app):
    assert get_site(app).title == ""
    update_site(
        app=app,
        title=" Help desk ",
        description="Ask us.",
        icon="🧭",
        icon_background="#ABCDEF",
        default_language="zh-Hans",
        copyright="© Acme",
        privacy_policy="https://example.org/privacy?x=1",
        custom_disclaimer="May be wrong.",
        input_placeholder="Ask",
        chat_color_theme="#0C6A80",
        chat_color_theme_inverted=True,
        show_workflow_steps=False,
        prompt_public=True,
        allowed_origins=["HTTPS://Example.org/", "http://localhost:3000", "https://example.org:443", " "],
    )
    site = get_site(app)
    assert (site.title, site.icon_type, site.icon, site.chat_color_theme) == ("Help desk", "emoji", "🧭", "#0c6a80")
    assert site.allowed_origins == ["https://example.org", "http://localhost:3000"]
    assert (site.default_language, site.privacy_policy) == ("zh-Hans", "https://example.org/privacy?x=1")
    update_site(app=app, title="", icon="", chat_color_theme="", privacy_policy="", allowed_origins=[])
    site = get_site(app)
    assert (site.title, site.icon_type, site.icon, site.chat_color_theme) == ("", "", "", "")
    assert (site.copyright, site.allowed_origins) == ("© Acme", [])


@pytest.mark.parametrize(
    "fields",
    [
        {"title": "x" * 256},
        {"title": None},
        {"chat_color_theme": "blue"},
        {"icon_background": "#12345"},
        {"icon": "letters"},
        {"default_language": "tlh"},
        {"default_language": []},
        {"privacy_policy": "javascript:alert(1)"},
        {"privacy_policy": "//example.org"},
        {"privacy_policy": "https://"},
        {"privacy_policy": "https://exa mple.org/"},
        {"privacy_policy": "http://[broken"},
        {"privacy_policy": "https://example.org/" + "x" * 2048},
        {"allowed_origins": "https://example.org"},
        {"allowed_origins": [1]},
        {"allowed_origins": ["example.org"]},
        {"allowed_origins": ["https://example.org/path"]},
        {"allowed_origins": ["https://user@example.org"]},
        {"allowed_origins": ["https://*.example.org"]},
        {"allowed_origins": ["https://example.org; script-src *"]},
        {"allowed_origins": ["https://example.org:99999"]},
        {"allowed_origins": ["https://" + "a" * 254]},
        {"allowed_origins": ["ftp://example.org"]},
        {"allowed_origins": ["null"]},
        {"allowed_origins": ["*"]},
        {"allowed_origins": ["https://[::1"]},
        {"allowed_origins": [f"https://a{n}.org" for n in range(51)]},
        {"show_workflow_steps": "on"},
        {"app_id": "x"},
    ],
)
def test_page_settings_that_do_not_fit_are_refused(app, fields):
    with pytest.raises(InvalidParam):
        update_site(app=app, **fields)
    assert not Site.objects.exists()


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://[2001:DB8::1]:8443", "https://[2001:db8::1]:8443"),
        ("https://bücher.example", "https://xn--bcher-kva.example"),
        ("http://example.org:80/", "http://example.org"),
    ],
)
def test_origins_are_written_as_browsers_send_them(app, given, kept):
    assert update_site(app=app, allowed_origins=[given]).allowed_origins == [kept]


def test_app_20_a_draft_is_seen_by_nobody_until_it_is_published(app):
    first = app.published
    save_draft(app=app, config={"pre_prompt": "Two."})
    app.refresh_from_db()
    assert app.published == first
    publish(app=app)
    app.refresh_from_db()
    assert app.published.config == {"pre_prompt": "Two."}


def test_web_04_a_new_address_replaces_the_old_one(app):
    old = app.site_code
    assert reset_site_code(app=app) == App.objects.get(pk=app.pk).site_code != old


def test_an_export_names_no_key_and_no_address(app):
    token = create_app_key(app=app)
    text = export_app(app=app)
    assert token not in text
    assert app.site_code not in text
