"""Forgotten passwords: by mail, for an hour, once; strangers learn nothing."""

import re
from datetime import datetime, timedelta

import pytest
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail as outbox
from django.test import Client

from apps.workspaces.models import Installation, User
from apps.workspaces.services import passwords
from apps.workspaces.tasks import send_reset
from tests.factories import make_user, make_workspace

from .people import GOOD, browser, mail_is_set_up, owner_of  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
NEXT = {"new": "another horse 8", "again": "another horse 8"}


@pytest.fixture
def user(mail_is_set_up):  # noqa: F811
    Installation.objects.create()
    return owner_of(make_workspace())


def link_of(user: User) -> str:
    assert send_reset(str(user.pk))
    (link,) = re.findall(r"https://console\.example\.org(/reset/\S+)", str(outbox.outbox[-1].body))
    return str(link)


def test_a_link_sets_a_new_password_once_and_ends_sessions(user):
    signed_in, link = browser(user), link_of(user)
    assert Client().get(link).status_code == 200
    assert Client().post(link, NEXT).status_code == 302
    assert User.objects.get().check_password(NEXT["new"])
    assert signed_in.get("/apps").status_code == 302
    assert Client().get(link).status_code == Client().post(link, NEXT).status_code == 404


def test_a_link_is_good_for_an_hour(user, monkeypatch):
    link = link_of(user)
    for minutes, status in ((59, 200), (61, 404)):
        later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005 - as Django's generator counts
        monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self, later=later: later)
        assert Client().get(link).status_code == status


def test_a_link_is_good_for_its_own_account_only(user):
    other = make_user("other@example.org")
    token = link_of(user).rpartition("/")[2]
    for forged in (
        f"/reset/{other.pk}/{token}",
        f"/reset/{user.pk}/{token[:-1]}x",
        "/reset/x/y",
        f"/reset/{user.pk}/0-0",
    ):
        assert Client().post(forged, NEXT).status_code == 404
    assert User.objects.get(pk=other.pk).check_password(GOOD)


def test_a_weak_or_differing_password_leaves_the_link_open(user):
    link = link_of(user)
    for wrong in ({"new": "password", "again": "password"}, {**NEXT, "again": "x"}):
        assert Client().post(link, wrong).status_code == 400
    assert Client().post(link, NEXT).status_code == 302


def test_known_and_unknown_addresses_get_the_same_answer_and_the_same_work(
    user, monkeypatch, django_assert_num_queries
):
    sent = []
    monkeypatch.setattr(passwords, "enqueue", lambda *arguments: sent.append(arguments))
    texts = set()
    for email in (user.email, "nobody@example.org"):
        answer = Client().post("/forgot", {"email": email})
        texts.add(re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.content.decode()))
        assert answer.status_code == 200
    assert len(texts) == 1
    assert [name for name, _ in sent] == ["workspaces.send_reset"] * 2
    assert not send_reset(str(sent[1][1]))


def test_asking_again_and_again_is_stopped_for_unknown_addresses_too(user):
    for email in (user.email, "nobody@example.org"):
        statuses = [Client().post("/forgot", {"email": email}).status_code for _ in range(6)]
        assert statuses == [200] * 5 + [400]
    assert Client().post("/signin", {"email": user.email, "password": GOOD}).status_code == 302


def test_the_link_never_follows_the_host_header(user):
    Client().post("/forgot", {"email": user.email}, headers={"Host": "evil.example"})
    assert link_of(user)
    assert "evil" not in outbox.outbox[-1].body


def test_without_mail_the_page_says_how_an_operator_resets(client):
    assert "manage.py reset_password" in client.get("/forgot").content.decode()
    assert client.post("/forgot", {"email": "a@example.org"}).status_code == 403
    Installation.objects.create()
    assert 'href="/forgot"' in client.get("/signin").content.decode()
