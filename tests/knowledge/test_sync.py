"""Documents follow their sources: on demand, on schedule, and at no cost while nothing changes."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread
from typing import Any, ClassVar

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.common.errors import InvalidParam
from apps.common.perloop import run
from apps.files.models import UploadFile
from apps.knowledge.errors import (
    ArchivedDocumentImmutable,
    SourceGone,
    SourceRateLimited,
    SourceRefused,
    SourceUnavailable,
)
from apps.knowledge.models import Dataset, Document, Segment, SegmentEmbedding, SourceConnection
from apps.knowledge.schedule import SCHEDULE
from apps.knowledge.services.connections import connect, set_connection_enabled
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.imports import import_items
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.sync import FAILURE, request_sync, set_sync_interval, sync_document, sync_due
from apps.knowledge.services.updates import set_documents_status, update_document_from_text
from apps.knowledge.source_contract import (
    Access,
    Account,
    Content,
    Listing,
    Source,
    SourceField,
    SourceItem,
    digest_of,
    sources,
)
from apps.models.drivers.demo import DemoDriver
from tests.knowledge.api import error_of

MONDAY = datetime(2030, 1, 7, 9, tzinfo=UTC)


class Shelf(Source):
    """A source whose items are in this dictionary."""

    key = "shelf"
    label = "Shelf"
    data_source_type = "shelf_import"
    fields = (SourceField("secret", "Secret", secret=True),)
    texts: ClassVar[dict[str, str]] = {}
    looks: ClassVar[list[str]] = []
    problem: ClassVar[Exception | None] = None
    during: ClassVar[Callable[[], None] | None] = None

    async def check(self, access: Access) -> Account:
        return Account("shelf", "Shelf", {"workspace_id": "s-1"})

    async def browse(self, access: Access, query: str = "", cursor: str | None = None) -> Listing:
        return Listing([SourceItem(id, "book", id) for id in self.texts])

    async def fetch(
        self, access: Access, item: str, *, info: Mapping[str, Any], known_version: str = ""
    ) -> Content | None:
        self.looks.append(item)
        if Shelf.during is not None:
            Shelf.during()
        if Shelf.problem is not None:
            raise Shelf.problem
        text = self.texts[item]
        version = digest_of(text) if not text.startswith("unsettled") else ""
        if version and version == known_version:
            return None
        return Content(item, text.encode(), "md", version, {"book_id": item})


@pytest.fixture(autouse=True)
def shelf() -> Iterator[type[Shelf]]:
    Shelf.texts, Shelf.looks, Shelf.problem, Shelf.during = {"a": "One. Two."}, [], None, None
    with sources.temporarily(Shelf):
        yield Shelf


@pytest.fixture
def connection(workspace) -> SourceConnection:
    return connect(workspace=workspace, source="shelf", values={"secret": "s3cr3t"})


@pytest.fixture
def embedded(monkeypatch) -> list[str]:
    """The texts the demo provider was asked to embed."""
    seen: list[str] = []
    embed = DemoDriver.embed

    async def counted(self, endpoint, model, texts):
        seen.extend(texts)
        return await embed(self, endpoint, model, texts)

    monkeypatch.setattr(DemoDriver, "embed", counted)
    return seen


def imported(dataset: Dataset, connection: SourceConnection, *ids: str) -> Document:
    items = [SourceItem(id, "book", id) for id in ids or ("a",)]
    document = import_items(dataset=dataset, source="shelf", connection=connection, items=items)[0]
    sync_due()
    run(index_pending())
    return fresh(document)


def fresh(document: Document) -> Document:
    return Document.objects.get(pk=document.pk)


def test_kb_31_an_unchanged_document_costs_nothing(vectors, connection, embedded):
    document = imported(vectors, connection)
    assert document.indexing_status == "completed"
    assert embedded == ["One. Two."]
    before = row_without_times(document)
    segments = list(Segment.objects.values_list())
    assert sync_document(document=document).outcome == "unchanged"
    assert run(index_pending()) == 0
    assert embedded == ["One. Two."]
    assert row_without_times(fresh(document)) == before
    assert list(Segment.objects.values_list()) == segments
    assert fresh(document).synced_at > document.synced_at


def row_without_times(document: Document) -> dict[str, Any]:
    return {**Document.objects.values().get(pk=document.pk), "synced_at": None}


def test_kb_31_the_same_text_under_another_version_costs_nothing_either(vectors, connection, embedded, shelf):
    shelf.texts["a"] = "unsettled text"
    document = imported(vectors, connection)
    assert document.source_version == ""
    assert sync_document(document=document).outcome == "unchanged"
    assert len(embedded) == 1
    assert UploadFile.objects.count() == 1


def test_kb_31_a_changed_document_is_indexed_anew(vectors, connection, embedded, shelf):
    document = imported(vectors, connection)
    shelf.texts["a"] = "Three. Four."
    assert sync_document(document=document).outcome == "changed"
    run(index_pending())
    after = fresh(document)
    assert (after.indexing_status, after.position, after.batch) == ("completed", document.position, document.batch)
    assert embedded == ["One. Two.", "Three. Four."]
    assert Segment.objects.get().content == "Three. Four."
    assert SegmentEmbedding.objects.count() == 1
    assert UploadFile.objects.count() == 1
    assert after.data_source_info["book_id"] == "a"
    assert after.data_source_info["shelf_workspace_id"] == "s-1"
    assert after.data_source_info["upload_file_id"] == str(after.upload_file_id)
    assert after.source_version == digest_of("Three. Four.")


def test_kb_32_documents_are_synced_when_their_time_has_come(economy, connection, shelf):
    document = imported(economy, connection)
    Document.objects.update(synced_at=MONDAY)
    shelf.looks.clear()
    assert sync_due(now=MONDAY + timedelta(days=400)) == []  # nobody asked for a schedule
    set_sync_interval(dataset=economy, hours=24)
    assert sync_due(now=MONDAY + timedelta(hours=23, minutes=59)) == []
    assert shelf.looks == []
    [result] = sync_due(now=MONDAY + timedelta(hours=24))
    assert (result.document_id, result.outcome) == (document.pk, "unchanged")
    assert fresh(document).synced_at == MONDAY + timedelta(hours=24)
    assert sync_due(now=MONDAY + timedelta(hours=47)) == []
    shelf.texts["a"] = "Changed on Tuesday."
    assert [result.outcome for result in sync_due(now=MONDAY + timedelta(hours=48))] == ["changed"]
    run(index_pending())
    assert Segment.objects.get().content == "Changed on Tuesday."
    set_sync_interval(dataset=economy, hours=None)
    assert sync_due(now=MONDAY + timedelta(days=400)) == []
    for hours in (0, -1, 10**6):
        with pytest.raises(InvalidParam):
            set_sync_interval(dataset=economy, hours=hours)
    assert SCHEDULE["knowledge.sync"] <= 60


def test_kb_32_two_workers_do_not_sync_one_document_twice(economy, connection, shelf):
    shelf.texts |= {str(n): f"Text {n}." for n in range(6)}
    imported(economy, connection, *shelf.texts)
    shelf.looks.clear()
    Document.objects.update(synced_at=MONDAY)
    set_sync_interval(dataset=economy, hours=1)
    barrier = Barrier(2)

    def work() -> None:
        barrier.wait()
        sync_due(now=MONDAY + timedelta(hours=1))
        database.close()

    workers = [Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(shelf.looks) == sorted(shelf.texts)


def test_kb_32_syncs_leave_workers_to_others(economy, connection, shelf):
    shelf.texts |= {"b": "B.", "c": "C."}
    imported(economy, connection, "a", "b", "c")
    for document in Document.objects.all():
        request_sync(document=document)
    held = list(Document.objects.order_by("position").values_list("pk", flat=True)[:2])
    Document.objects.filter(pk__in=held).update(lease_until=timezone.now() + timedelta(seconds=30))
    assert sync_due() == []
    Document.objects.filter(pk=held[0]).update(lease_until=None)
    assert len(sync_due()) == 2


def test_kb_32_a_sync_that_was_cut_off_is_taken_up_again(economy, connection, shelf):
    document = imported(economy, connection)
    shelf.texts["a"] = "Changed."

    class Killed(BaseException):
        pass

    def killed() -> None:
        raise Killed

    shelf.during = killed
    request_sync(document=document)
    with pytest.raises(Killed):
        sync_due()
    shelf.during = None
    assert sync_due() == []  # its worker may still be at it
    with pytest.raises(InvalidParam, match="being indexed or synced"):
        sync_document(document=document)
    Document.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert [result.outcome for result in sync_due()] == ["changed"]
    assert sync_due() == []


def aside(work: Callable[[], object]) -> Callable[[], None]:
    """The same in a thread, for the source is looked at inside an event loop."""

    def run_it() -> None:
        def body() -> None:
            work()
            database.close()

        thread = Thread(target=body)
        thread.start()
        thread.join()

    return run_it


def test_kb_31_a_document_deleted_meanwhile_stays_deleted(economy, connection, shelf):
    document = imported(economy, connection)
    shelf.texts["a"] = "Changed."
    shelf.during = aside(lambda: delete_document(document=fresh(document)))
    assert sync_document(document=document).outcome == "failed"
    assert not Document.objects.exists()
    assert not UploadFile.objects.exists()


def test_kb_31_a_text_written_meanwhile_stays(economy, connection, shelf):
    document = imported(economy, connection)
    shelf.texts["a"] = "Changed."
    shelf.during = aside(lambda: update_document_from_text(document=fresh(document), name="Mine", text="Mine."))
    assert sync_document(document=document).outcome == "failed"
    run(index_pending())
    assert Segment.objects.get().content == "Mine."
    assert UploadFile.objects.count() == 1


@pytest.mark.parametrize("problem", [SourceGone(), SourceRefused()])
def test_kb_31_what_the_source_no_longer_has_stays_with_the_reason(economy, connection, shelf, problem):
    document = imported(economy, connection)
    shelf.problem = problem
    result = sync_document(document=document)
    assert (result.outcome, result.reason) == ("failed", problem.message)
    after = fresh(document)
    assert (after.indexing_status, after.error, after.lease_owner) == ("completed", None, None)
    assert after.data_source_info[FAILURE] == problem.message
    assert Segment.objects.count() == 1
    shelf.problem = None
    sync_document(document=document)
    assert FAILURE not in fresh(document).data_source_info


def test_kb_31_a_connection_that_is_off_is_the_reason(economy, connection):
    document = imported(economy, connection)
    set_connection_enabled(connection=connection, enabled=False)
    assert "switched off" in sync_document(document=document).reason
    connection.delete()
    assert "no connection" in sync_document(document=document).reason
    assert "no connection" in fresh(document).data_source_info[FAILURE]


def test_kb_32_what_may_pass_is_tried_again_later_and_not_for_ever(economy, connection, shelf):
    document = imported(economy, connection)
    Document.objects.update(synced_at=MONDAY)
    set_sync_interval(dataset=economy, hours=1)
    now, shelf.problem = MONDAY + timedelta(hours=1), SourceRateLimited(retry_after_s=600)
    assert [result.outcome for result in sync_due(now=now)] == ["failed"]
    assert sync_due(now=now + timedelta(seconds=599)) == []
    assert fresh(document).retry_at == now + timedelta(seconds=600)
    shelf.problem = SourceUnavailable()
    tries = 1
    while fresh(document).retry_at is not None:
        now += timedelta(hours=1)
        tries += len(sync_due(now=now))
    assert tries == 5
    assert fresh(document).synced_at == now


def test_kb_30_a_new_document_that_cannot_be_fetched_says_why(economy, connection, shelf):
    shelf.problem = SourceGone()
    document = imported(economy, connection)
    assert (document.indexing_status, document.error) == ("error", SourceGone.default_message)
    assert sync_due() == []
    shelf.problem = RuntimeError("a secret of the inside")
    assert "secret" not in sync_document(document=document).reason
    shelf.problem = None
    assert sync_document(document=document).outcome == "changed"
    run(index_pending())
    assert fresh(document).indexing_status == "completed"


def test_kb_31_uploads_and_the_archive_are_left_alone(economy, connection, add):
    upload = add(economy, "One.")
    for act in (sync_document, request_sync):
        with pytest.raises(InvalidParam, match="no source"):
            act(document=upload)
    document = imported(economy, connection)
    set_documents_status(dataset=economy, document_ids=[document.pk], action="archive")
    with pytest.raises(ArchivedDocumentImmutable):
        request_sync(document=document)
    with pytest.raises(InvalidParam):
        sync_document(document=document)


def test_kb_31_what_somebody_writes_by_hand_follows_no_source_any_more(economy, connection):
    document = imported(economy, connection)
    update_document_from_text(document=document, name="Mine", text="My own words.")
    run(index_pending())
    after = fresh(document)
    assert (after.data_source_type, after.source, after.source_version) == ("upload_file", None, "")
    assert set(after.data_source_info) == {"upload_file_id"}
    with pytest.raises(InvalidParam):
        sync_document(document=after)


def test_kb_31_a_name_somebody_gave_stays(economy, connection, shelf):
    document = imported(economy, connection)
    Document.objects.filter(pk=document.pk).update(name="My name for it")
    shelf.texts["a"] = "Changed."
    sync_document(document=document)
    assert fresh(document).name == "My name for it"


@pytest.mark.parametrize(("method", "path"), [("POST", "sync"), ("GET", "notion/sync")])
def test_kb_31_the_api_has_a_button_too(client, vectors, connection, shelf, method, path):
    document = imported(vectors, connection)
    shelf.texts["a"] = "Changed."
    where = f"/v1/datasets/{vectors.pk}/documents/{document.pk}"
    answer = client.request(method, f"{where}/{path}")
    assert (answer.status, answer.json()) == (200, {"result": "success"})
    assert [result.outcome for result in sync_due()] == ["changed"]
    assert "sync_requested" not in client.get(where).json()["data_source_info"]


def test_kb_31_the_api_says_why_not(client, economy, add):
    document = add(economy, "One.")
    answer = client.post(f"/v1/datasets/{economy.pk}/documents/{document.pk}/sync")
    assert error_of(answer)[:2] == (400, "invalid_param")
