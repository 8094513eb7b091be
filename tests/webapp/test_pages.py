"""The public pages themselves: who may see them, what they show, who may put them in a frame."""

import html
import json
import re
from urllib.parse import quote

import pytest

from apps.common import notify
from apps.prompts.models import App, Site
from apps.prompts.runtime import APP_TOPIC
from apps.prompts.services.apps import reset_site_code, update_app
from tests.factories import make_app
from tests.http import Answer
from tests.waiting import eventually

SITE = {
    "title": "Ask Acme",
    "description": "Answers about Acme.",
    "icon": "🛫",
    "icon_type": "emoji",
    "icon_background": "#ffeeaa",
    "copyright": "Acme Ltd 2026",
    "privacy_policy": "https://acme.example/privacy",
    "custom_disclaimer": "Answers may be wrong.",
    "input_placeholder": "Ask about Acme",
    "chat_color_theme": "#ff0080",
}
HOSTILE = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"


def dress(app, **fields) -> None:
    Site.objects.update_or_create(app=app, defaults=fields)
    notify.send(APP_TOPIC, app.pk)


def ancestors(answer: Answer) -> str:
    match = re.search("frame-ancestors ([^;]*)", answer.headers["content-security-policy"])
    assert match
    return match[1]


def page_of(answer: Answer) -> dict:
    match = re.search(r'<script id="page" type="application/json">(.*?)</script>', answer.body.decode())
    assert match
    return json.loads(match[1])


@pytest.mark.parametrize("path", ["chat", "chatbot"])
def test_web_01_a_stranger_opens_the_page_without_signing_in(visitor, app, path):
    answer = visitor.get(f"/{path}/{app.site_code}")
    assert answer.status == 200
    assert "set-cookie" not in answer.headers
    assert app.name in answer.body.decode()
    page = page_of(answer)
    assert (page["code"], page["mode"], page["is_framed"]) == (app.site_code, "chat", path == "chatbot")


def test_web_03_a_site_without_settings_looks_like_its_app(visitor, app):
    update_app(app=app, name="Travel desk", description="Knows the rules.", icon="🧳")
    body = visitor.get(f"/chat/{app.site_code}").body.decode()
    assert "<title>Travel desk</title>" in body
    assert 'content="Knows the rules."' in body
    assert "🧳" in body
    assert 'lang="en"' in body


def test_web_03_each_site_setting_is_shown(visitor, app):
    dress(app, **SITE)
    answer = visitor.get(f"/chat/{app.site_code}")
    body = html.unescape(answer.body.decode())
    for name in ("title", "description", "icon", "copyright", "privacy_policy", "custom_disclaimer"):
        assert SITE[name] in body, name
    assert page_of(answer)["placeholder"] == "Ask about Acme"
    nonce = re.search(r'<style nonce="([\w-]+)">:root{--accent:light-dark\(', body)
    assert nonce
    assert f"style-src 'self' 'nonce-{nonce[1]}'" in answer.headers["content-security-policy"]


def test_a_changed_setting_is_seen_at_the_next_visit(visitor, app):
    dress(app, title="Before")
    assert "Before" in visitor.get(f"/chat/{app.site_code}").body.decode()
    dress(app, title="After")
    eventually(lambda: "After" in visitor.get(f"/chat/{app.site_code}").body.decode())


def test_h_07_app_fields_are_text_wherever_they_are_shown(visitor, app):
    fields = {"name": HOSTILE, "description": HOSTILE, "icon": HOSTILE, "icon_background": 'red"/><script>'}
    App.objects.filter(pk=app.pk).update(**fields)  # past the services, which refuse most of it
    dress(app, **dict.fromkeys(("title", "description", "custom_disclaimer", "copyright"), HOSTILE), icon=HOSTILE)
    answer = visitor.get(f"/chat/{app.site_code}")
    assert b"<img src=x" not in answer.body
    assert b"<script>alert" not in answer.body


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "//[", "vbscript:x"])
def test_h_07_a_privacy_link_leads_to_the_web_or_nowhere(visitor, app, address):
    dress(app, privacy_policy=address)
    answer = visitor.get(f"/chat/{app.site_code}")
    assert answer.status == 200
    assert html.escape(address) not in answer.body.decode()


@pytest.mark.parametrize("path", ["chat", "chatbot"])
@pytest.mark.parametrize("code", ["nothing", "x" * 16, "%00", "..%2f..", "a" * 5000, "数" * 3])
def test_an_unknown_address_says_so(visitor, app, path, code):
    answer = visitor.get(quote(f"/{path}/{code}", safe="/%"))
    assert answer.status == 404
    assert "There is nothing at this address" in answer.body.decode()
    assert "/signin" not in answer.body.decode()


@pytest.mark.parametrize(
    ("mode", "wrong", "right"), [("completion", "chat", "completion"), ("chat", "completion", "chat")]
)
def test_the_page_of_another_kind_of_app_is_led_to(visitor, workspace, mode, wrong, right):
    app = make_app(workspace, mode=mode)
    answer = visitor.get(f"/{wrong}/{app.site_code}?topic=//evil.example")
    assert (answer.status, answer.headers["location"]) == (302, f"/{right}/{app.site_code}?topic=//evil.example")


def test_web_04_the_old_address_is_worth_nothing(visitor, app):
    old = app.site_code
    assert visitor.get(f"/chat/{old}").status == 200
    reset_site_code(app=app)
    eventually(lambda: visitor.get(f"/chat/{old}").status == 404)
    assert visitor.get(f"/chat/{app.site_code}").status == 200


def test_a_page_that_is_switched_off_is_gone(visitor, app):
    update_app(app=app, enable_site=False)
    assert visitor.get(f"/chat/{app.site_code}").status == 404
    assert visitor.get(f"/chatbot/{app.site_code}").status == 404


def test_the_reader_of_a_dead_link_is_told_in_their_language(visitor, app):
    answer = visitor.get("/chat/gone", headers={"Accept-Language": "fr, ja;q=0.8, en;q=0.5"})
    assert b'<html lang="ja"' in answer.body


def test_an_app_that_was_never_published_is_not_ready(visitor, workspace):
    draft = make_app(workspace, published=False)
    answer = visitor.get(f"/chat/{draft.site_code}")
    assert answer.status == 404
    assert "has not been published" in answer.body.decode()


def test_only_the_embed_view_may_stand_in_foreign_frames(visitor, app):
    full, embedded = visitor.get(f"/chat/{app.site_code}"), visitor.get(f"/chatbot/{app.site_code}")
    assert (ancestors(full), ancestors(embedded)) == ("'self'", "*")
    assert "x-frame-options" not in embedded.headers
    assert visitor.get("/signin").headers["x-frame-options"] == "DENY"


@pytest.mark.parametrize(
    ("origins", "policy"),
    [
        (["https://acme.example"], "'self' https://acme.example"),
        (["https://acme.example/", "*.acme.example:8443"], "'self' https://acme.example *.acme.example:8443"),
        (["https://a.example; script-src *", "https://b.example"], "'self' https://b.example"),
        (["nonsense here", 5], "'self'"),
        ([], "*"),
    ],
)
def test_only_allowed_origins_may_embed(visitor, app, origins, policy):
    dress(app, allowed_origins=origins)
    assert ancestors(visitor.get(f"/chatbot/{app.site_code}")) == policy
    assert ancestors(visitor.get(f"/chat/{app.site_code}")) == "'self'"


def test_uploads_from_another_host_may_be_shown(visitor, app, settings):
    settings.FILES_URL = "https://files.acme.example/base"
    policy = visitor.get(f"/chat/{app.site_code}").headers["content-security-policy"]
    assert "img-src 'self' data: blob: https://files.acme.example;" in policy
