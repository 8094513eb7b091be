"""The page that tells how programs call an app."""

import json
import re
import shlex
from html import unescape

import pytest
from django.test import Client

from apps.chat.api import urls as chat_urls
from apps.logs.api import urls as logs_urls
from apps.prompts.api import urls as prompts_urls
from apps.prompts.config import read_config
from apps.prompts.endpoints import Endpoint, blanks_of, example_inputs, sections, sections_of
from apps.prompts.models import ApiToken, App
from apps.prompts.services.apps import update_app
from apps.prompts.snippets import Call, curl, javascript, python
from apps.prompts.views.api_access import example_call
from tests import http
from tests.factories import make_app, make_key, make_workspace

pytestmark = pytest.mark.django_db
FORM = [
    {"text-input": {"variable": "city", "label": "City", "required": True, "max_length": 4}},
    {"select": {"variable": "tone", "label": "Tone", "options": ["formal", "friendly"]}},
    {"number": {"variable": "days", "label": "Days"}},
    {"checkbox": {"variable": "rail", "label": "By rail"}},
    {"paragraph": {"variable": "wish", "label": "It's a wish", "default": "None"}},
]
INPUTS = {"city": "City", "tone": "formal", "days": 1, "rail": True, "wish": "None"}


@pytest.fixture
def app() -> App:
    return make_app(make_workspace(), {"pre_prompt": "Hi", "user_input_form": FORM})


@pytest.fixture
def browser(app) -> Client:
    client = Client()
    client.force_login(app.workspace.memberships.get().user)
    return client


def endpoints_of(mode: str) -> list[Endpoint]:
    return [endpoint for section in sections_of(mode) for endpoint in section.endpoints]


def routes_of_apps() -> set[str]:
    """What an app's key opens below /v1."""
    patterns = [pattern for urls in (prompts_urls, logs_urls, chat_urls) for pattern in urls.urlpatterns]
    return {"/" + re.sub(r"<\w+:(\w+)>", r"{\1}", str(pattern.pattern)) for pattern in patterns}


def test_api_03_the_reference_names_every_route_of_apps_that_run():
    described = {endpoint.path for mode in ("chat", "completion", "workflow") for endpoint in endpoints_of(mode)}
    assert described == {path for path in routes_of_apps() if path != "/"}
    assert not sections.failures


@pytest.mark.parametrize(("mode", "other"), [("chat", "completion-messages"), ("completion", "conversations")])
def test_api_03_an_app_sees_the_routes_of_its_own_kind(mode, other):
    app = make_app(make_workspace(), mode=mode)
    client = Client()
    client.force_login(app.workspace.memberships.get().user)
    page = client.get(f"/apps/{app.pk}/api").content.decode()
    assert f"<code>/{mode.replace('chat', 'chat-messages').replace('completion', 'completion-messages')}</code>" in page
    assert f"/v1/{other}" not in page
    anchors = re.findall(r'<a href="#([\w-]+)"', page)
    assert anchors
    assert [anchor for anchor in anchors if f'id="{anchor}"' not in page] == []
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_api_03_examples_carry_the_apps_own_form(browser, app):
    page = unescape(browser.get(f"/apps/{app.pk}/api").content.decode())
    assert '"tone": "formal"' in page
    assert "'tone': 'formal'" in page
    assert "http://testserver/v1/chat-messages" in page
    assert "at most 4 characters" in page
    assert example_inputs(read_config(app.published.config)) == INPUTS


def test_what_the_app_has_switched_off_is_marked(browser, app):
    assert browser.get(f"/apps/{app.pk}/api").content.decode().count("Switched off in this app") == 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("mode", ["chat", "completion"])
def test_the_examples_of_the_page_work(server, mode):
    app = make_app(make_workspace(), {"pre_prompt": "Hi", "user_input_form": FORM}, mode=mode)
    client = http.Client(server.url, make_key(app))
    blanks = blanks_of(name=app.name, config=read_config(app.published.config))
    main = "/chat-messages" if mode == "chat" else "/completion-messages"
    asked = {endpoint.path: endpoint for endpoint in endpoints_of(mode)}
    first = client.post(f"/v1{main}", example_call(asked[main], blanks, "").body)
    assert first.status == 200, first.body
    known = {"MESSAGE_ID": first.json()["message_id"], "CONVERSATION_ID": first.json().get("conversation_id") or ""}
    for endpoint in sorted(endpoints_of(mode), key=lambda endpoint: endpoint.method == "DELETE"):
        if endpoint.file or endpoint.feature or "file_id" in endpoint.path or "end_user_id" in endpoint.path:
            continue
        call = example_call(endpoint, blanks, "/v1")
        address = re.sub(r"MESSAGE_ID|CONVERSATION_ID", lambda match: known[match[0]], call.address)
        body = json.dumps(call.body).encode() if call.body is not None else None
        answer = client.request(call.method, address, body, {"Content-Type": "application/json"})
        wanted = 404 if "variable_id" in endpoint.path else 200
        assert answer.status == wanted, (endpoint.anchor, answer.body)
        if isinstance(endpoint.answer, dict):
            assert set(endpoint.answer) <= set(answer.json()), endpoint.anchor


def test_code_of_a_call_in_three_languages():
    call = Call("POST", "http://x/v1/chat-messages", {"a": "b c"}, {"query": "it's", "ok": True, "none": None})
    words = shlex.split(curl(call).replace("\\\n", ""))
    assert words[:5] == ["curl", "-sS", "-X", "POST", "http://x/v1/chat-messages?a=b%20c"]
    assert words[5:7] == ["-H", "Authorization: Bearer $API_KEY"]
    assert json.loads(words[-1]) == {"query": "it's", "ok": True, "none": None}
    compile(python(call), "example", "exec")
    assert "'ok': True, 'none': None" in python(call)
    upload = Call("POST", "http://x/v1/files/upload", form={"user": "ada"}, file="a.pdf")
    compile(python(upload), "example", "exec")
    assert "-F file=@a.pdf \\\n  -F user=ada" in curl(upload)
    assert 'form.append("user", "ada")' in javascript(upload)
    assert 'body: JSON.stringify({\n    "query": "it\'s",' in javascript(call)


def test_the_switch_and_the_keys_lead_back_to_the_page(browser, app):
    response = browser.post(f"/apps/{app.pk}/switch", {"enable_api": "off", "back": "api"})
    assert response["Location"] == f"/apps/{app.pk}/api"
    browser.post(f"/apps/{app.pk}/keys")
    response = browser.post(f"/apps/{app.pk}/keys/{ApiToken.objects.get().pk}/revoke")
    assert response["Location"] == f"/apps/{app.pk}/api"


def test_an_unpublished_app_has_a_page_too(app):
    draft = make_app(app.workspace, published=False)
    client = Client()
    client.force_login(app.workspace.memberships.get().user)
    assert "as soon as the app is published" in client.get(f"/apps/{draft.pk}/api").content.decode()


def test_a_qr_code_leads_to_the_page(browser, app):
    update_app(app=app, name="Reise")
    response = browser.get(f"/apps/{app.pk}/qr.svg")
    assert response["Content-Type"] == "image/svg+xml"
    assert b"<svg" in response.content
    assert "reise-qr.svg" in response["Content-Disposition"]
    assert f"/apps/{app.pk}/qr.svg" in browser.get(f"/apps/{app.pk}").content.decode()
