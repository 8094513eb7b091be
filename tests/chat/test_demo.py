"""What a fresh installation is filled with, and that it comes once and whole."""

import io
import json
from contextlib import closing

import psycopg
import pytest
from django.core.management import call_command

from apps.chat.services import demo
from apps.common import db
from apps.common.perloop import run
from apps.files.models import UploadFile
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.models import Dataset, Document
from apps.knowledge.services.indexing import index_pending
from apps.prompts.models import App
from apps.workspaces.models import AuditEvent, Workspace
from apps.workspaces.services.accounts import create_first_owner

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def short(monkeypatch):
    """Two pages are enough where nobody reads them."""
    all_pages = demo.pages()
    monkeypatch.setattr(demo, "pages", lambda: [page for page in all_pages if page[0] in {"start.md", "sandbox.md"}])


def install(settings, *, wanted: bool = True) -> Workspace:
    settings.DEMO = wanted
    return create_first_owner(email="ada@example.org", password="correct horse 7", workspace_name="Acme")


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Dataset, Document, App, UploadFile))


def ask(app: App, query: str = "", **inputs: str) -> list[dict]:
    output = io.StringIO()
    wanted = ["--query", query] if query else []
    call_command("app_run", str(app.pk), *wanted, "--inputs", json.dumps(inputs), stdout=output)
    return [json.loads(line) for line in output.getvalue().splitlines()]


def answer_of(events: list[dict]) -> str:
    assert events[-1]["event"] == "message_end"
    return "".join(event.get("answer", "") for event in events)


def test_a_fresh_installation_gets_a_base_and_four_published_apps_that_answer(settings, short):
    workspace = install(settings)
    assert demo.fill_demo()
    assert counts() == (1, 2, 4, 2)
    apps = {app.name: app for app in App.objects.filter(workspace=workspace, published__isnull=False)}
    assert set(apps) == {"Ask the handbook", "Find it in a text", "Plain chat", "Step by step"}
    assert set(Document.objects.values_list("indexing_status", flat=True)) == {IndexingStatus.WAITING}
    run(index_pending())
    assert set(Document.objects.values_list("indexing_status", flat=True)) == {IndexingStatus.COMPLETED}
    events = ask(apps["Ask the handbook"], "How do I run it, and which Python do I need?")
    assert "Python 3.11" in answer_of(events)
    assert "start.md" in {row["document_name"] for row in events[-1]["metadata"]["retriever_resources"]}
    steps = ask(apps["Step by step"], "How do I run it, and which Python do I need?")
    assert "Python 3.11" in answer_of(steps)
    assert answer_of(steps).endswith("*Question 1 of this conversation.*")
    assert "start.md" in {row["document_name"] for row in steps[-1]["metadata"]["retriever_resources"]}
    text = "A hotel may cost 150 euros. Receipts are handed in within thirty days."
    found = answer_of(ask(apps["Find it in a text"], text=text, question="What may a hotel cost?"))
    assert "150 euros" in found
    assert "demo model" in answer_of(ask(apps["Plain chat"], "Hello"))


def test_the_demo_comes_once(settings, short):
    install(settings)
    assert [demo.fill_demo(), demo.fill_demo()] == [True, False]
    App.objects.update(draft=None, published=None)
    App.objects.all().delete()
    assert not demo.fill_demo(), "what a person deleted does not come back"


def test_demo_0_and_installations_of_before_stay_empty(settings, short):
    install(settings, wanted=False)
    settings.DEMO = True
    assert not demo.fill_demo()
    AuditEvent.objects.filter(action="installation.complete").update(data={})
    assert not demo.fill_demo()
    assert counts() == (0, 0, 0, 0)


class Killed(BaseException):
    """Nobody catches it."""


@pytest.mark.parametrize("victim", ["_make_base", "_make_app"])
def test_a_fill_that_breaks_off_leaves_nothing_and_the_next_is_whole(settings, short, monkeypatch, victim):
    install(settings)

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as broken:
        broken.setattr(demo, victim, die)
        with pytest.raises(Killed):
            demo.fill_demo()
    assert counts() == (0, 0, 0, 0)
    assert demo.fill_demo()
    assert counts() == (1, 2, 4, 2)


def test_pages_that_a_killed_fill_had_stored_are_forgotten(settings, short):
    workspace = install(settings)
    block = demo.stored(Dataset(workspace=workspace), "start.md", b"left over", "text/markdown", None)
    block.__enter__()
    assert demo.fill_demo()
    assert counts() == (1, 2, 4, 2)


def test_two_at_once_make_one_demo(settings, short):
    install(settings)
    with closing(psycopg.connect(db.conninfo(), autocommit=True)) as other:
        other.execute("select pg_advisory_lock(%s)", [demo._LOCK])
        assert not demo.fill_demo()
    assert demo.fill_demo()
    assert counts() == (1, 2, 4, 2)


def test_a_base_of_the_same_name_stays_its_makers(settings, short):
    workspace = install(settings)
    Dataset.objects.create(workspace=workspace, name=demo.NAME)
    demo.fill_demo()
    assert counts() == (1, 0, 0, 0)
    assert not demo.fill_demo()


def test_all_pages_of_the_handbook_are_taken_and_no_more_than_allowed(settings):
    names = [name for name, _ in demo.pages()]
    assert {"start.md", "guides/knowledge.md"} <= set(names)
    assert not any(name.startswith("examples/") for name in names)
    settings.KNOWLEDGE_DOCUMENT_LIMIT = 3
    assert len(demo.pages()) == 3
