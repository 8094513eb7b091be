"""The console's edges: CSRF, content security policy, error pages, the app list."""

import json
import re

import pytest
from django.db import OperationalError
from django.test import Client
from django.urls import reverse

from apps.common.addresses import peer_network
from apps.workspaces.models import Installation, User
from apps.workspaces.services.members import add_member
from tests.factories import make_app, make_user, make_workspace
from tests.visitor import Visitor

pytestmark = pytest.mark.django_db
GOOD = "correct horse 7"


@pytest.fixture
def workspace():
    Installation.objects.create()
    return make_workspace()


@pytest.fixture
def owner_client(workspace, client):
    client.force_login(workspace.memberships.get().user)
    return client


def test_every_page_has_a_strict_policy_and_an_id(owner_client):
    answers = [owner_client.get(path) for path in ("/apps", "/nowhere", "/signin", "/operator/")]
    for answer in answers:
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert re.search(r"script-src 'self' 'nonce-[\w-]{20,}';", policy)
        assert answer.headers["X-Frame-Options"] == "DENY"
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == len(answers)
    assert len({answer.headers["Content-Security-Policy"] for answer in answers}) == len(answers)


@pytest.mark.django_db(transaction=True)
def test_forms_from_elsewhere_are_refused(server):
    Installation.objects.create()
    make_workspace()
    visitor = Visitor(server.url)
    assert visitor.sign_in("owner@example.org", GOOD).status == 302
    session = {"Cookie": f"sessionid={visitor.cookies['sessionid']}", "Origin": "https://evil.example"}
    for body, kind in [
        (b"", "application/x-www-form-urlencoded"),
        (b"{}", "text/plain"),
        (b"--x--", "multipart/form-data; boundary=x"),
    ]:
        answer = visitor._send("POST", "/signout", body, {**session, "Content-Type": kind})
        assert answer.status == 403
    cross_site = visitor.post("/signout", headers={"Origin": "https://evil.example"})
    assert cross_site.status == 403
    assert visitor.get("/apps").status == 200


@pytest.mark.django_db(transaction=True)
def test_a_foreign_origin_gets_no_cors_headers(server):
    for origin in ("https://evil.example", "null"):
        answer = Visitor(server.url).get("/signin", {"Origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_errors_are_pages_for_people_and_json_for_scripts(owner_client):
    page = owner_client.get("/apps/00000000-0000-0000-0000-000000000000/chat")
    assert page.status_code == 404
    assert "<h1>Not found</h1>" in page.content.decode()
    for headers in ({"Accept": "application/json"}, {"HX-Request": "true"}):
        for path in ("/apps/00000000-0000-0000-0000-000000000000/chat", "/nowhere"):
            answer = owner_client.get(path, headers=headers)
            assert answer.status_code == 404
            assert json.loads(answer.content)["code"] == "not_found"


def test_scripts_without_a_session_get_401(workspace, client):
    answer = client.get("/apps", headers={"Accept": "application/json"})
    assert (answer.status_code, json.loads(answer.content)["code"]) == (401, "unauthorized")


def test_an_unexpected_error_shows_no_trace(owner_client, monkeypatch):
    def fail(**kwargs: object) -> None:
        raise RuntimeError("secret-canary in /srv/app/code.py")

    monkeypatch.setattr("apps.prompts.views.listing.list_apps", fail)
    owner_client.raise_request_exception = False
    answer = owner_client.get("/apps")
    assert answer.status_code == 500
    text = answer.content.decode()
    assert answer.headers["X-Request-Id"] in text
    for leak in ("canary", "Traceback", ".py", "RuntimeError", "SELECT"):
        assert leak not in text


def test_a_lost_database_is_a_503(owner_client, monkeypatch):
    def fail(**kwargs: object) -> None:
        raise OperationalError("connection to server at 10.0.0.7 failed")

    monkeypatch.setattr("apps.prompts.views.listing.list_apps", fail)
    answer = owner_client.get("/apps")
    assert answer.status_code == 503
    assert "10.0.0.7" not in answer.content.decode()


@pytest.mark.parametrize("query", ["\x00", "%", "_", "\\", "'", "x" * 9000, "\ud83d", "<script>"])
def test_odd_searches_find_nothing_and_break_nothing(workspace, owner_client, query):
    make_app(workspace)
    sent = query.encode("utf-8", "surrogatepass")
    answer = owner_client.get("/apps", {"q": sent, "page": sent[:5]})
    assert answer.status_code == 200
    assert "<script>" not in answer.content.decode().split("<main")[1]


def test_the_app_list_is_paged_and_searched(workspace, owner_client):
    for number in range(26):
        app = make_app(workspace, published=False)
        app.name = f"App {number:02}"
        app.save()
    first = owner_client.get("/apps")
    assert len(first.context["page"].object_list) == 24
    second = owner_client.get("/apps?page=2")
    assert [app.name for app in second.context["page"]] == ["App 01", "App 00"]
    found = owner_client.get("/apps", {"q": "app 13"})
    assert [app.name for app in found.context["page"]] == ["App 13"]
    assert "No app has this" in owner_client.get("/apps?q=nothing").content.decode()


def test_the_app_list_holds_only_the_workspaces_own(workspace, owner_client):
    make_app(make_workspace("Other", "other@example.org"))
    assert not owner_client.get("/apps").context["page"].object_list


def test_names_icons_and_colours_are_text(workspace, owner_client):
    app = make_app(workspace)
    app.name = '"><img src=x onerror=alert(1)>'
    app.icon, app.icon_background = "<svg onload=alert(1)>", "url(//evil.ex/)"
    app.save()
    for path in ("/apps", reverse("chat:chat_page", args=[app.pk])):
        text = owner_client.get(path).content.decode()
        assert "<img src=x" not in text
        assert "onload" not in text
        assert "evil.ex" not in text


def test_the_chat_page_needs_a_published_version(workspace, owner_client):
    draft = make_app(workspace, published=False)
    text = owner_client.get(reverse("chat:chat_page", args=[draft.pk])).content.decode()
    assert "Not published yet" in text
    assert "<chat-pane" not in text
    form = [{"text-input": {"variable": "name", "label": "Name", "required": True, "max_length": 8}}]
    app = make_app(workspace, {"pre_prompt": "Hi {{name}}", "opening_statement": "</script>", "user_input_form": form})
    answer = owner_client.get(reverse("chat:chat_page", args=[app.pk]))
    assert answer.context["pane"]["form"][0]["max_length"] == 8
    assert '"</script>"' not in answer.content.decode()


def test_the_operators_admin_shows_every_table_and_no_secret(workspace, client):
    operator = make_user("operator@example.org", is_staff=True, is_superuser=True)
    client.force_login(operator)
    index = client.get("/operator/").content.decode()
    lists = sorted(set(re.findall(r'href="(/operator/\w+/\w+/)"', index)))
    assert "/operator/workspaces/user/" in lists
    for path in lists:
        assert client.get(path).status_code == 200, path
    page = client.get(f"/operator/workspaces/user/{operator.pk}/change/").content.decode()
    assert operator.password not in page
    page = client.get(f"/operator/workspaces/workspace/{workspace.pk}/change/").content.decode()
    assert "Acme" in page
    assert "wrapped_private_key" not in page
    assert client.post(f"/operator/workspaces/user/{operator.pk}/delete/", {"post": "yes"}).status_code == 403


def test_operators_lock_users_out_by_a_service(workspace, client):
    client.force_login(make_user("operator@example.org", is_staff=True, is_superuser=True))
    person = make_user("member@example.org")
    add_member(workspace=workspace, user=person, role="editor")
    chosen = [str(pk) for pk in User.objects.values_list("pk", flat=True)]
    client.post("/operator/workspaces/user/", {"action": "deactivate", "_selected_action": chosen})
    assert set(User.objects.filter(is_active=True).values_list("email", flat=True)) == {"operator@example.org"}


def test_the_operators_admin_has_no_door_of_its_own(workspace, client):
    answer = client.get("/operator/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/signin?next=/operator/")
    assert client.post("/operator/login/", {"username": "x", "password": "y"}).status_code == 302
    client.force_login(make_user("member@example.org"))
    assert client.get("/operator/", follow=True).status_code == 403


@pytest.mark.parametrize(
    ("peer", "forwarded", "hops", "expected"),
    [
        ("192.0.2.9", "203.0.113.5", 0, "192.0.2.9"),
        ("192.0.2.9", "203.0.113.5", 1, "203.0.113.5"),
        ("192.0.2.9", "10.1.1.1, 203.0.113.5", 1, "203.0.113.5"),
        ("192.0.2.9", "10.1.1.1, 203.0.113.5", 2, "10.1.1.1"),
        ("192.0.2.9", "", 1, "0.0.0.0"),
        ("192.0.2.9", "203.0.113.5", 5, "203.0.113.5"),
        ("2001:db8:1:2:3:4:5:6", "", 0, "2001:db8:1:2::"),
        ("::ffff:192.0.2.9", "", 0, "192.0.2.9"),
        ("", "", 0, "0.0.0.0"),
        ("192.0.2.9", "<script>", 1, "0.0.0.0"),
    ],
)
def test_the_peer_address(rf, settings, peer, forwarded, hops, expected):
    settings.TRUSTED_PROXY_COUNT = hops
    request = rf.get("/", REMOTE_ADDR=peer, headers={"X-Forwarded-For": forwarded})
    assert peer_network(request) == expected


def test_deep_links_survive_the_sign_in_page(workspace):
    client = Client()
    answer = client.get("/operator/workspaces/user/", follow=True)
    assert "next=/operator/workspaces/user/" in answer.redirect_chain[-1][0]
