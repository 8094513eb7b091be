"""A person's own settings: profile, language, time zone, theme, password."""

import pytest
from django.test import Client

from apps.workspaces.models import Installation, SignInAttempt, User
from tests.factories import make_workspace

from .people import GOOD, browser, owner_of

pytestmark = pytest.mark.django_db
NEXT = "another horse 8"


@pytest.fixture
def user():
    Installation.objects.create()
    return owner_of(make_workspace())


def save(client: Client, **fields: str):
    return client.post(
        "/settings/account", {"name": "Ada Lovelace", "language": "", "time_zone": "", "theme": "auto", **fields}
    )


def test_wsp_09_language_and_time_zone_are_kept_and_come_back_at_sign_in(user):
    client = browser(user)
    answer = save(client, language="zh-Hans", time_zone="Asia/Shanghai", theme="dark")
    assert answer.status_code == 302
    found = {name: answer.cookies[name].value for name in ("language", "time_zone", "theme")}
    assert found == {"language": "zh-Hans", "time_zone": "Asia/Shanghai", "theme": "dark"}
    assert client.get("/settings/account").headers["Content-Language"].lower() == "zh-hans"
    elsewhere = Client().post("/signin", {"email": user.email, "password": GOOD})
    assert elsewhere.cookies["language"].value == "zh-Hans"
    assert elsewhere.cookies["time_zone"].value == "Asia/Shanghai"


def test_a_choice_is_taken_back(user):
    client = browser(user)
    save(client, language="ja", time_zone="Asia/Tokyo")
    answer = save(client)
    assert (answer.cookies["language"].value, answer.cookies["time_zone"].value) == ("", "")
    assert User.objects.get().language == ""


@pytest.mark.parametrize(
    "wrong", [{"language": "tlh"}, {"time_zone": "Mars/Base"}, {"time_zone": "../../etc/passwd"}, {"name": "x" * 101}]
)
def test_odd_values_are_refused_in_the_form(user, wrong):
    assert save(browser(user), **wrong).status_code == 400
    assert User.objects.get().name == ""


@pytest.mark.parametrize(("name", "initials"), [("Ada Lovelace", "AL"), ("Ada", "A"), ("", "o"), ("小 林", "小林")])
def test_initials(name, initials):
    assert User(email="owner@example.org", name=name).initials == initials


def change(client: Client, old: str = GOOD, new: str = NEXT, again: str = NEXT):
    return client.post("/settings/account/password", {"old": old, "new": new, "again": again})


def test_a_new_password_ends_the_other_sessions(user):
    here, there = browser(user), browser(user)
    assert change(here).status_code == 302
    assert here.get("/apps").status_code == 200
    assert there.get("/apps").status_code == 302
    assert User.objects.get().check_password(NEXT)
    assert not SignInAttempt.objects.exists()


@pytest.mark.parametrize(
    "fields", [{"old": "wrong"}, {"again": "different 9"}, {"new": "password", "again": "password"}]
)
def test_a_wrong_old_a_differing_or_a_weak_password_changes_nothing(user, fields):
    assert change(browser(user), **fields).status_code == 400
    assert User.objects.get().check_password(GOOD)


def test_guessing_the_old_password_is_stopped(user):
    client = browser(user)
    for _ in range(5):
        change(client, old="wrong")
    assert "Too many attempts" in change(client).content.decode()
    assert User.objects.get().check_password(GOOD)


def test_the_language_is_picked_before_signing_in(client, user):
    answer = client.post("/language", {"language": "ja", "next": "/signin?next=/apps"})
    assert (answer.headers["Location"], answer.cookies["language"].value) == ("/signin?next=/apps", "ja")
    assert client.get("/signin").headers["Content-Language"] == "ja"
    assert client.post("/language", {"language": "ja", "next": "https://evil.example"}).headers["Location"] == "/apps"
