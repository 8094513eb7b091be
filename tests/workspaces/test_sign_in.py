"""Signing in: throttling that strangers cannot turn against the account's owner, and no word on who exists."""

from concurrent.futures import ThreadPoolExecutor
from statistics import median
from time import process_time

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.test import Client
from django.utils import timezone
from django.utils.encoding import iri_to_uri

from apps.workspaces.models import AuditEvent, Installation, SignInAttempt
from apps.workspaces.services import accounts, members, sign_in
from tests.factories import make_user, make_workspace
from tests.visitor import Visitor, without_secrets

GOOD = "correct horse 7"
OWNER = "owner@example.org"
pytestmark = pytest.mark.django_db


class QuickPBKDF2(PBKDF2PasswordHasher):
    """Slow enough that skipping it would show, quick enough for forty tries."""

    algorithm = "quick_pbkdf2"
    iterations = 60_000


@pytest.fixture
def workspace():
    Installation.objects.create()
    return make_workspace()


def attempt(email: str, password: str = "wrong", address: str = "192.0.2.1", client: Client | None = None):
    fields = {"email": email, "password": password}
    return (client or Client()).post("/signin", fields, REMOTE_ADDR=address)


def test_the_right_password_opens_the_app_list(workspace, client):
    answer = attempt(" Owner@Example.ORG", GOOD, client=client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/apps")
    assert client.get("/apps").status_code == 200
    assert AuditEvent.objects.filter(action="user.sign_in").count() == 1


def test_guessing_at_one_account_is_stopped_and_others_are_not_touched(workspace):
    make_user("other@example.org")
    statuses = [attempt(OWNER, address=f"192.0.2.{number}").status_code for number in range(1, 31)]
    assert statuses == [401] * 10 + [429] * 20
    assert attempt(OWNER, GOOD, address="198.51.100.7").status_code == 429
    assert attempt("other@example.org", GOOD, address="192.0.2.1").status_code == 302


def test_one_password_over_many_accounts_is_stopped_by_address(workspace):
    statuses = [attempt(f"user{number}@example.org").status_code for number in range(60)]
    assert statuses == [401] * 50 + [429] * 10
    assert attempt(OWNER, GOOD).status_code == 429
    assert attempt(OWNER, GOOD, address="198.51.100.7").status_code == 302


def test_the_owner_gets_in_while_strangers_exhaust_the_account(workspace, client):
    attempt(OWNER, GOOD, client=client)
    for _ in range(12):
        attempt(OWNER)
    assert attempt(OWNER).status_code == 429
    client.post("/signout")
    assert attempt(OWNER, GOOD, client=client).status_code == 302


def test_a_known_browser_is_known_for_its_own_account_only_and_is_throttled_too(workspace, client):
    make_user("other@example.org")
    attempt(OWNER, GOOD, client=client)
    client.post("/signout")
    assert [attempt(OWNER, client=client).status_code for _ in range(11)] == [401] * 10 + [429]
    assert attempt("other@example.org", client=client).status_code == 401
    assert SignInAttempt.objects.get(account="other@example.org").device == ""


def test_a_forged_device_cookie_helps_nobody(workspace, client):
    for _ in range(10):
        attempt(OWNER)
    for forged in ("x", "W10:1:x", "x" * 4000):
        client.cookies[sign_in.DEVICE_COOKIE] = forged
        assert attempt(OWNER, GOOD, client=client).status_code == 429


def test_refused_attempts_do_not_prolong_the_wait(workspace):
    for _ in range(30):
        attempt(OWNER)
    assert SignInAttempt.objects.count() == 10
    SignInAttempt.objects.update(created_at=timezone.now() - sign_in.WINDOW)
    assert attempt(OWNER, GOOD).status_code == 302
    assert not SignInAttempt.objects.exists()


def test_forwarded_addresses_are_believed_only_as_configured(workspace, settings):
    def spread(number: int):
        fields = {"email": f"user{number}@example.org", "password": "wrong"}
        forged = f"203.0.113.{number}, 198.51.100.{number}"
        return Client().post("/signin", fields, REMOTE_ADDR="192.0.2.1", headers={"X-Forwarded-For": forged})

    assert [spread(number).status_code for number in range(52)][-2:] == [429, 429]
    settings.TRUSTED_PROXY_COUNT = 1
    assert spread(60).status_code == 401
    assert SignInAttempt.objects.latest("pk").address == "198.51.100.60"


def test_unknown_known_and_locked_accounts_get_the_same_answer(workspace):
    make_user("locked@example.org", is_active=False)
    answers = [attempt(email, GOOD + "x") for email in (OWNER, "nobody@example.org")]
    answers.append(attempt("locked@example.org", GOOD))
    assert {answer.status_code for answer in answers} == {401}
    assert len({without_secrets(answer.content) for answer in answers}) == 1


def test_unknown_and_known_accounts_take_the_same_time(workspace, settings, monkeypatch):
    settings.PASSWORD_HASHERS = [f"{__name__}.QuickPBKDF2"]
    monkeypatch.setattr(sign_in, "FAILURES_PER_ACCOUNT", 1000)
    monkeypatch.setattr(sign_in, "FAILURES_PER_ADDRESS", 1000)
    make_user("known@example.org")
    times: dict[str, list[float]] = {"known@example.org": [], "nobody@example.org": []}
    for _ in range(20):
        for email, taken in times.items():
            begin = process_time()
            attempt(email)
            taken.append(process_time() - begin)
    known, unknown = (median(taken) * 1000 for taken in times.values())
    assert abs(known - unknown) < 10, f"{known:.1f} ms and {unknown:.1f} ms"


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example/", "javascript:alert(1)", ""]
)
def test_next_never_leaves_the_site(workspace, client, target):
    answer = client.post("/signin", {"email": OWNER, "password": GOOD, "next": target})
    assert answer.headers["Location"] == "/apps"


def test_next_leads_back(workspace, client):
    assert client.get("/apps?q=x").headers["Location"] == "/signin?next=/apps%3Fq%3Dx"
    answer = client.post("/signin", {"email": OWNER, "password": GOOD, "next": "/apps?q=x"})
    assert answer.headers["Location"] == "/apps?q=x"


def test_signing_in_changes_the_session_key(workspace, client):
    client.get("/signin")
    client.session["planted"] = 1
    client.session.save()
    before = client.session.session_key
    attempt(OWNER, GOOD, client=client)
    assert client.session.session_key != before


def test_sign_out_ends_the_session_and_needs_a_post(workspace, client):
    attempt(OWNER, GOOD, client=client)
    assert client.get("/signout").status_code == 405
    assert client.get("/apps").status_code == 200
    assert client.post("/signout").headers["Location"] == "/signin"
    assert client.get("/apps").status_code == 302


def test_a_new_password_a_lock_and_a_removal_end_live_sessions(workspace):
    person = make_user("member@example.org")
    members.add_member(workspace=workspace, user=person, role="editor")

    def signed_in() -> Client:
        client = Client()
        client.force_login(person)
        assert client.get("/apps").status_code == 200
        return client

    client = signed_in()
    accounts.reset_password(email="member@example.org", password="another horse 8")
    assert client.get("/apps").status_code == 302

    person.refresh_from_db()
    client = signed_in()
    accounts.set_active(user=person, is_active=False, by=workspace.memberships.get(role="owner").user)
    assert client.get("/apps").status_code == 302
    accounts.set_active(user=person, is_active=True, by=person)

    client = signed_in()
    members.remove_member(workspace=workspace, user_id=person.pk)
    assert client.get("/apps").status_code == 403


@pytest.mark.django_db(transaction=True)
def test_parallel_guesses_do_not_slip_past_the_count(server):
    Installation.objects.create()
    make_workspace()
    visitors = [Visitor(server.url, {"X-Forwarded-For": f"203.0.113.{number}"}) for number in range(30)]
    for visitor in visitors:
        visitor.get("/signin")
    with ThreadPoolExecutor(30) as pool:
        statuses = list(pool.map(lambda visitor: visitor.sign_in(OWNER, "wrong").status, visitors))
    assert set(statuses) <= {401, 429}
    assert statuses.count(401) <= 10


@pytest.mark.parametrize("wanted", ["nowhere", "workspaces:sign_out", "\ufffd" * 100, "apps", "?x=1"])
def test_a_target_that_reads_like_a_name_is_an_address(workspace, client, wanted):
    fields = {"email": OWNER, "password": GOOD, "next": wanted}
    answer = client.post("/signin", fields)
    assert answer.status_code == 302
    assert answer["Location"] in {iri_to_uri(wanted), "/apps"}
    assert client.get("/signin", {"next": wanted}).status_code == 302


def test_a_session_cookie_with_nul_is_no_session(workspace, client):
    client.cookies["sessionid"] = "\0aaaaaaaaaaaa"
    assert client.get("/signin").status_code == 200
