"""Invitations from the link to the membership: their time, their single use, and whose they are."""

import re
from datetime import timedelta

import pytest
from django.core import mail as outbox
from django.test import Client
from django.utils import timezone

from apps.workspaces.errors import InvitationExpired
from apps.workspaces.models import AuditEvent, Installation, Invitation, Membership, User
from apps.workspaces.services import invitations
from apps.workspaces.tasks import send_forgotten, send_invitation
from tests.factories import make_user, make_workspace

from .people import GOOD, browser, mail_is_set_up, member, owner_of  # noqa: F401 - a fixture

pytestmark = pytest.mark.django_db
NEW = {"name": "Cleo", "password": GOOD, "language": "ja", "time_zone": "Asia/Tokyo"}


@pytest.fixture
def workspace():
    Installation.objects.create()
    return make_workspace()


def invited(workspace, email="cleo@example.org", role="editor") -> tuple[Invitation, str]:
    found = invitations.invite(workspace=workspace, emails=[email], role=role, by=owner_of(workspace))
    return found.invitations[0], invitations.path_of(found.invitations[0])


def test_wsp_03_several_people_are_invited_at_once_and_the_links_are_shown(workspace):
    member(workspace)
    client = browser(owner_of(workspace))
    emails = "cleo@example.org, Dan@Example.org\nnot-an-address ben@example.org"
    answer = client.post("/settings/members/invite", {"emails": emails, "role": "editor"}, follow=True)
    text = answer.content.decode()
    assert "2 people are invited." in text
    assert "not-an-address: This is not an e-mail address." in text
    assert "ben@example.org: This person is a member already." in text
    links = re.findall(r'value="http://testserver(/invitations/[\w-]{43})"', text)
    assert len(set(links)) == 2
    assert set(Invitation.objects.values_list("email", "role")) == {
        ("cleo@example.org", "editor"),
        ("dan@example.org", "editor"),
    }


def test_only_a_digest_of_the_links_secret_is_stored(workspace):
    invitation, path = invited(workspace)
    secret = path.rpartition("/")[2]
    row = str(Invitation.objects.filter(pk=invitation.pk).values().get())
    assert secret not in row + str(list(AuditEvent.objects.values()))
    assert invitation.digest == invitations.digest_of(secret)


def test_wsp_05_a_new_person_sets_a_password_and_works_with_the_role(workspace):
    _, path = invited(workspace)
    client = Client()
    assert "cleo@example.org" in client.get(path).content.decode()
    answer = client.post(path, NEW)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/apps")
    assert answer.cookies["language"].value == "ja"
    assert answer.cookies["time_zone"].value == "Asia/Tokyo"
    user = User.objects.get(email="cleo@example.org")
    assert (user.language, user.time_zone, user.memberships.get().role) == ("ja", "Asia/Tokyo", "editor")
    assert client.get("/apps/new").status_code == 200
    assert Client().post("/signin", {"email": user.email, "password": GOOD}).status_code == 302


def test_a_weak_password_or_an_unknown_time_zone_makes_nobody_a_member(workspace):
    _, path = invited(workspace)
    for wrong in ({"password": "password"}, {"time_zone": "Mars/Base"}, {"language": "tlh"}, {"name": ""}):
        assert Client().post(path, {**NEW, **wrong}).status_code == 400
    assert not User.objects.filter(email="cleo@example.org").exists()
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(("hours", "status"), [(71.9, 200), (72.1, 410)])
def test_wsp_04_a_link_is_good_for_72_hours(workspace, monkeypatch, hours, status):
    _, path = invited(workspace)
    later = timezone.now() + timedelta(hours=hours)
    monkeypatch.setattr(invitations.timezone, "now", lambda: later)
    client = Client()
    answer = client.get(path)
    assert answer.status_code == status
    assert ("has expired" in answer.content.decode()) == (status == 410)
    assert client.post(path, NEW).status_code == (302 if status == 200 else 410)
    assert Membership.objects.count() == (2 if status == 200 else 1)


def test_used_withdrawn_replaced_and_made_up_links_get_the_same_answer(workspace):
    client = browser(owner_of(workspace))
    _, used = invited(workspace, "a@example.org")
    Client().post(used, NEW)
    gone, withdrawn = invited(workspace, "b@example.org")
    client.post(f"/settings/invitations/{gone.pk}/withdraw")
    renewed, replaced = invited(workspace, "c@example.org")
    client.post(f"/settings/invitations/{renewed.pk}/renew")
    renewed.refresh_from_db()
    answers = [Client().get(path) for path in (used, withdrawn, replaced, "/invitations/" + "x" * 43)]
    assert {answer.status_code for answer in answers} == {404}
    assert len({re.sub(r'value="[^"]*"|nonce="[^"]*"', "", answer.content.decode()) for answer in answers}) == 1
    assert Client().get(invitations.path_of(renewed)).status_code == 200
    assert Client().post(used, NEW).status_code == 404


def test_a_known_person_signs_in_and_accepts(workspace):
    ben = make_user("ben@example.org")
    _, path = invited(workspace, ben.email)
    stranger = Client()
    assert f"/signin?next={path}" in stranger.get(path).content.decode()
    assert stranger.post(path, NEW).status_code == 200, "an account cannot be made, or its password set, by the link"
    assert ben.check_password(GOOD)
    answer = stranger.post("/signin", {"email": ben.email, "password": GOOD, "next": path})
    assert answer.headers["Location"] == path
    assert stranger.post(path).status_code == 302
    assert ben.memberships.get().role == "editor"


def test_a_link_is_worth_nothing_to_somebody_else(workspace):
    other = make_workspace("Other", "eve@example.org")
    _, path = invited(workspace)
    eve = browser(owner_of(other))
    assert "is for cleo@example.org" in eve.get(path).content.decode()
    assert eve.post(path).status_code == 409
    assert workspace.memberships.count() == 1


def test_another_workspaces_invitations_are_not_found(workspace):
    other = make_workspace("Other", "eve@example.org")
    invitation, path = invited(workspace)
    eve = browser(owner_of(other))
    for verb in ("renew", "withdraw"):
        assert eve.post(f"/settings/invitations/{invitation.pk}/{verb}").status_code == 404
    assert "cleo@example.org" not in eve.get("/settings/members").content.decode()
    assert Client().get(path).status_code == 200


def test_nobody_is_invited_as_owner_and_members_see_no_links(workspace):
    assert (
        browser(owner_of(workspace))
        .post("/settings/members/invite", {"emails": "x@example.org", "role": "owner"})
        .status_code
        == 400
    )
    invited(workspace)
    page = browser(member(workspace)).get("/settings/members").content.decode()
    assert "/invitations/" not in page


def test_a_closed_workspaces_links_end(workspace):
    _, path = invited(workspace)
    browser(owner_of(workspace)).post("/settings/workspace/archive", {"typed": "Acme"})
    assert Client().get(path).status_code == 404


def test_invitations_are_mailed_once_with_the_operators_address(workspace, mail_is_set_up):  # noqa: F811
    invitation, path = invited(workspace)
    assert send_invitation(str(invitation.pk))
    assert not send_invitation(str(invitation.pk)), "it was sent already"
    (message,) = outbox.outbox
    assert message.to == ["cleo@example.org"]
    assert f"https://console.example.org{path}" in message.body
    assert "Mailed" in browser(owner_of(workspace)).get("/settings/members").content.decode()


def test_a_failed_mail_is_shown_and_can_be_sent_again(workspace, mail_is_set_up, settings):  # noqa: F811
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    invitation, _ = invited(workspace)
    assert not send_invitation(str(invitation.pk))
    client = browser(owner_of(workspace))
    assert "The mail server could not be reached" in client.get("/settings/members").content.decode()
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    client.post(f"/settings/invitations/{invitation.pk}/renew")
    assert send_invitation(str(invitation.pk))


def test_a_mail_no_worker_was_woken_for_is_sent_by_the_sweep(workspace, mail_is_set_up):  # noqa: F811
    invitation, _ = invited(workspace)
    assert send_forgotten() == 0, "its wake-up may still come"
    Invitation.objects.update(expires_at=invitation.expires_at - timedelta(minutes=3))
    assert send_forgotten() == 1
    assert send_forgotten() == 0


def test_expiry_is_checked_again_under_the_lock(workspace):
    invitation, path = invited(workspace)
    Invitation.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(InvitationExpired):
        invitations.register(secret=path.rpartition("/")[2], **NEW)
    assert invitation.workspace.memberships.count() == 1
