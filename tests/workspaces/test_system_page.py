"""The operators' system page: what it tells, whom it tells, and what it begins again."""

import re
from html import unescape

import pytest
from django.test import Client

from apps.common.ids import new_id
from apps.knowledge.choices import CrawlStatus, IndexingStatus
from apps.knowledge.models import Crawl, Dataset, Document, IndexChange, ProcessRule
from apps.workspaces.models import AuditEvent, User, Workspace
from dify_project import system
from tests.factories import make_user, make_workspace

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace() -> Workspace:
    return make_workspace()


@pytest.fixture
def operator() -> User:
    return make_user("operator@example.org", is_staff=True)


@pytest.fixture
def browser(operator) -> Client:
    client = Client()
    client.force_login(operator)
    return client


def text_of(answer) -> str:
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode())))


def make_failures(workspace: Workspace) -> dict[str, object]:
    """One failed job of each kind, and a document that waits."""
    dataset = Dataset.objects.create(workspace=workspace, name="Handbook", indexing_technique="high_quality")
    rule = ProcessRule.objects.create(dataset=dataset, mode="automatic", rules={})
    row = {"workspace": workspace, "dataset": dataset, "process_rule": rule, "batch": "1"}
    Document.objects.create(**row, position=1, name="waits.md")
    failed = {"indexing_status": IndexingStatus.ERROR, "error": "The file is damaged."}
    return {
        "document": Document.objects.create(**row, position=2, name="broken.md", **failed),
        "change": IndexChange.objects.create(dataset=dataset, indexing_technique="economy", error="No credit."),
        "crawl": Crawl.objects.create(
            workspace=workspace, url="https://example.org", status=CrawlStatus.FAILED, error="No answer."
        ),
    }


def test_it_says_how_the_installation_does(workspace, browser):
    make_failures(workspace)
    page = text_of(browser.get("/operator/system"))
    for words in (
        "database ok",
        "worker missing",
        "Documents 1 0 1",
        "Index changes 0 0 1",
        "Crawls 0 0 1",
        "Runs 0 0 0",
        "broken.md (Handbook) The file is damaged.",
        "pgvector 0.8",
        "Storage folder's disk: free",
        "DIFY_PORT",
    ):
        assert words in page, words


def test_what_failed_is_tried_again_by_the_services(workspace, browser, operator):
    rows = make_failures(workspace)
    for kind, row in rows.items():
        answer = browser.post("/operator/system/retry", {"kind": kind, "id": str(row.pk)}, follow=True)
        assert "is tried again" in text_of(answer)
    assert system.failures() == []
    actions = set(AuditEvent.objects.filter(user=operator).values_list("action", flat=True))
    assert {"document.retry", "dataset.retry_change", "crawl.retry"} <= actions
    again = browser.post("/operator/system/retry", {"kind": "crawl", "id": str(rows["crawl"].pk)}, follow=True)
    assert "nothing to try again" in text_of(again)
    for form in ({"kind": "user", "id": str(operator.pk)}, {"kind": "document", "id": str(new_id())}, {}, {"id": "x"}):
        assert browser.post("/operator/system/retry", form).status_code == 404
    assert browser.post("/operator/system/retry", {"kind": "document", "id": "'"}).status_code == 404


def test_it_is_for_operators(workspace):
    owner = Client()
    owner.force_login(workspace.memberships.get().user)
    for client, status in ((Client(), 302), (owner, 302)):
        assert client.get("/operator/system").status_code == status
        assert client.post("/operator/system/retry", {"kind": "document"}).status_code == status
    assert owner.get("/operator/system", follow=True).status_code == 403


def test_other_methods_are_refused(browser):
    assert browser.post("/operator/system").status_code == 405
    assert browser.get("/operator/system/retry").status_code == 405


def test_settings_are_shown_without_their_secrets(monkeypatch, browser):
    secrets = {
        "SECRET_KEY": "hush-1-and-thirty-two-characters-long",
        "DATABASE_URL": "postgresql://ada:hush-2@db.example.org:5432/parley?sslpassword=hush-3",
        "CELERY_BROKER_URL": "redis://:hush-4@broker.example.org/0",
        "NOTION_CLIENT_SECRET": "hush-5",
        "S3_ACCESS_KEY": "hush-6",
        "DB_PASSWORD": "hush-7",
    }
    for name, value in {**secrets, "LOG_LEVEL": "WARNING"}.items():
        monkeypatch.setenv(name, value)
    page = text_of(browser.get("/operator/system"))
    assert "hush" not in page
    assert "postgresql://••••••@db.example.org:5432/parley?••••••" in page
    assert "LOG_LEVEL set WARNING" in page
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("SECRET_KEY_FILE", "/run/secrets/key")
    assert "SECRET_KEY set from a file" in text_of(browser.get("/operator/system"))


def test_the_number_of_queries_does_not_grow(workspace, browser, django_assert_max_num_queries):
    make_failures(workspace)
    dataset = Dataset.objects.get()
    row = {"workspace": workspace, "dataset": dataset, "process_rule": ProcessRule.objects.get(), "batch": "1"}
    failed = {"indexing_status": IndexingStatus.ERROR, "error": "The file is damaged."}
    Document.objects.bulk_create(Document(**row, position=n, name=f"{n}.md", **failed) for n in range(3, 60))
    with django_assert_max_num_queries(16):
        page = browser.get("/operator/system")
    shown = [failure.kind for failure in page.context["failures"]]
    assert (shown.count("document"), shown.count("change"), shown.count("crawl")) == (system.SHOWN_FAILURES, 1, 1)
