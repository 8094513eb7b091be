"""Documents stopped, resumed, retried and replaced while workers are at them."""

import asyncio
import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from apps.common.errors import InvalidParam
from apps.common.perloop import run
from apps.knowledge.choices import UNFINISHED
from apps.knowledge.errors import ArchivedDocumentImmutable, DocumentIndexing, DocumentStateConflict
from apps.knowledge.models import Document, Segment, SegmentEmbedding, SegmentLexical
from apps.knowledge.services import jobs
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.job_control import (
    ACTIONS,
    CANCELLED,
    cancel_document,
    pause_document,
    prioritise_document,
    reindex_document,
    resume_document,
    retry_document,
)
from apps.knowledge.services.replacing import replace_document, replace_document_from_text
from apps.knowledge.services.updates import set_documents_status
from apps.models.errors import ProviderUnauthorised
from apps.workspaces.models import AuditEvent
from tests.database import count_waiting
from tests.knowledge.api import add_text, create, error_of
from tests.knowledge.tables import everything
from tests.knowledge.test_commands import command
from tests.knowledge.test_indexing import fresh, in_thread, nothing, on_embed, waiting  # noqa: F401 - a fixture
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT, long_text
from tests.waiting import eventually

IN_FLIGHT = 4 * 64


def at_call(number, act):
    """A hook that acts in mid batch, when the model is called for the n-th time."""
    calls = []

    async def hook(texts):
        calls.append(1)
        if len(calls) == number:
            await in_thread(act)

    return hook


def is_whole(document: Document, segments: int) -> bool:
    counts = {model.objects.filter(dataset=document.dataset_id).count() for model in (Segment, SegmentLexical)}
    counts.add(SegmentEmbedding.objects.filter(dataset=document.dataset_id).count())
    return counts == {segments} and fresh(document).completed_segments == segments


@pytest.mark.parametrize(("stop", "go_on"), [(pause_document, resume_document), (cancel_document, retry_document)])
def test_stopped_in_mid_batch_and_gone_on_with_embeds_nothing_twice(vectors, on_embed, stop, go_on):  # noqa: F811
    document = waiting(vectors, long_text(900))
    seen = on_embed(at_call(2, lambda: stop(document=document)))
    run(index_pending())
    stopped = fresh(document)
    assert stopped.indexing_status == {"pause_document": "paused", "cancel_document": "error"}[stop.__name__]
    assert 0 < stopped.completed_segments == len(seen) <= 2 * IN_FLIGHT
    assert stopped.lease_owner is None
    assert run(index_pending()) == 0
    assert go_on(document=document).indexing_status == "indexing"
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert is_whole(document, 900)
    assert len(seen) == len(set(seen)) == 900


def test_stopped_while_it_is_read(economy, monkeypatch):
    from apps.knowledge.services import indexing

    document, cut = waiting(economy), indexing.reading.cut

    def pause():
        pause_document(document=document)
        connection.close()

    def pause_and_cut(*args):
        thread = threading.Thread(target=pause)
        thread.start()
        thread.join()
        return cut(*args)

    monkeypatch.setattr(indexing.reading, "cut", pause_and_cut)
    run(index_pending())
    assert fresh(document).indexing_status == "paused"
    assert not Segment.objects.exists()
    monkeypatch.undo()
    assert resume_document(document=document).indexing_status == "waiting"
    run(index_pending())
    assert fresh(document).completed_segments == len(PASSAGES)


def test_paused_says_since_when_and_by_whom(economy, workspace):
    from apps.workspaces.models import User

    user = User.objects.get()
    paused = pause_document(document=waiting(economy), user=user)
    assert (paused.display_status, paused.paused_by) == ("paused", user.pk)
    assert abs(paused.paused_at - timezone.now()) < timedelta(seconds=10)
    again = pause_document(document=paused, user=user)
    assert again.paused_at == paused.paused_at
    assert AuditEvent.objects.filter(action="document.pause").count() == 1
    assert cancel_document(document=paused).error == CANCELLED
    assert fresh(paused).paused_at is None


def test_resumed_before_the_worker_has_seen_the_pause_it_goes_on(vectors, on_embed):  # noqa: F811
    document = waiting(vectors, long_text(300))

    def pause_and_resume():
        pause_document(document=document)
        resume_document(document=document)

    on_embed(at_call(2, pause_and_resume))
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert is_whole(document, 300)


def test_retried_three_times_nothing_is_there_twice(vectors, on_embed):  # noqa: F811
    document, broken = waiting(vectors, long_text(300)), True

    async def refuse_chapter_200(texts):
        if broken and any(text.startswith("Chapter 200.") for text in texts):
            raise ProviderUnauthorised("Incorrect API key provided.")

    seen = on_embed(refuse_chapter_200)
    run(index_pending())
    for _ in range(3):
        assert fresh(document).error == "Incorrect API key provided."
        retry_document(document=document)
        run(index_pending())
    broken = False
    for _ in range(3):
        retry_document(document=document)
    assert fresh(document).error is None

    async def two_workers():
        await asyncio.gather(index_pending(), index_pending())

    run(two_workers())
    assert is_whole(document, 300)
    assert len(seen) == len(set(seen)) == 300


def test_pause_resume_and_cancel_at_once_leave_an_honest_state(vectors, on_embed):  # noqa: F811
    document = waiting(vectors, long_text(300))

    def act(action):
        try:
            ACTIONS[action](document=document)
        except DocumentStateConflict:
            pass
        finally:
            connection.close()

    async def storm(texts):
        threads = [threading.Thread(target=act, args=[name]) for name in ("pause", "resume", "cancel", "retry") * 2]
        for thread in threads:
            thread.start()
        for thread in threads:
            await asyncio.to_thread(thread.join)

    seen = on_embed(storm)
    run(index_pending())
    assert fresh(document).indexing_status in {"paused", "error", "completed", "indexing"}
    act("resume")
    act("retry")
    on_embed(nothing)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert is_whole(document, 300)
    assert len(set(seen)) == 300


def test_a_document_being_read_is_not_deleted_but_a_cancelled_one_is(vectors, on_embed):  # noqa: F811
    document = waiting(vectors)

    def delete():
        with pytest.raises(DocumentIndexing):
            delete_document(document=document)
        cancel_document(document=document)
        delete_document(document=document)

    on_embed(at_call(1, delete))
    run(index_pending())
    assert everything(vectors)["documents"] == everything(vectors)["segments"] == everything(vectors)["vectors"] == []


def test_the_highest_priority_is_taken_first(economy):
    documents = [waiting(economy, text) for text in PASSAGES[:3]]
    prioritise_document(document=documents[2], priority=5)
    prioritise_document(document=documents[0], priority=-1)
    taken = [run(jobs.claim()).document_id for _ in documents]
    assert taken == [documents[2].pk, documents[1].pk, documents[0].pk]
    with pytest.raises(InvalidParam):
        prioritise_document(document=documents[0], priority=101)


def test_what_an_action_needs(economy, add):
    document = add(economy, TEXT, process_rule=ONE_A_LINE)
    for action in ("pause", "resume", "cancel", "retry"):
        with pytest.raises(DocumentStateConflict):
            ACTIONS[action](document=document)
    on_its_way = waiting(economy)
    with pytest.raises(DocumentStateConflict):
        reindex_document(document=on_its_way)
    set_documents_status(dataset=economy, document_ids=[document.pk], action="archive")
    with pytest.raises(ArchivedDocumentImmutable):
        reindex_document(document=document)


def test_indexed_anew_it_is_as_before(economy, add):
    document = add(economy, TEXT, process_rule=ONE_A_LINE)
    before = everything(economy)
    assert reindex_document(document=document).indexing_status == "waiting"
    run(index_pending())
    assert everything(economy) == before


@pytest.mark.parametrize("status", UNFINISHED)
@pytest.mark.parametrize("is_split", [False, True])
def test_rows_set_by_hand_are_moved_on(economy, add, status, is_split):
    document = add(economy, TEXT, process_rule=ONE_A_LINE) if is_split else waiting(economy)
    Document.objects.update(indexing_status=status, completed_at=None)
    run(index_pending())
    assert fresh(document).indexing_status == "completed"
    assert Segment.objects.count() == SegmentLexical.objects.count() == len(PASSAGES)


def test_the_state_of_a_document_by_api(client):
    dataset_id = create(client)
    added = add_text(client, dataset_id).json()
    path = f"/v1/datasets/{dataset_id}/documents/{added['document']['id']}"
    paused = client.post(f"{path}/pause", {})
    assert (paused.status, paused.json()["document"]["display_status"]) == (200, "paused")
    [status] = client.get(f"/v1/datasets/{dataset_id}/documents/{added['batch']}/indexing-status").json()["data"]
    assert (status["indexing_status"], status["waiting_reason"], status["retry_at"]) == ("paused", None, None)
    assert isinstance(status["paused_at"], int)
    assert client.post(f"{path}/priority", {"priority": 7}).status == 200
    assert client.post(f"{path}/priority", {"priority": "7"}).status == 400
    assert client.post(f"{path}/resume", {}).json()["document"]["indexing_status"] == "waiting"
    assert client.post(f"{path}/cancel", {}).json()["document"]["error"] == CANCELLED
    run(index_pending())
    assert client.post(f"{path}/retry", {}).json()["document"]["indexing_status"] == "waiting"
    run(index_pending())
    code = error_of(client.post(f"{path}/pause", {}))[:2]
    assert code == (409, "document_state_conflict")
    assert client.post(f"{path}/reindex", {}).json()["document"]["display_status"] == "queuing"


def test_the_state_of_documents_by_command(economy):
    ids = [str(waiting(economy, text).pk) for text in PASSAGES[:2]]
    shown = command("knowledge_document", "pause", *ids)
    assert [row["status"] for row in shown["documents"]] == ["paused", "paused"]
    command("knowledge_document", "priority", ids[0], "--priority", "3")
    assert Document.objects.get(pk=ids[0]).priority == 3
    with pytest.raises(InvalidParam):
        command("knowledge_document", "priority", ids[0])


def findable(document: Document) -> int:
    return SegmentLexical.objects.filter(document_id=document.pk, enabled=True).count()


def test_kb_20_the_old_is_found_until_the_new_is_there(vectors, add, on_embed):  # noqa: F811
    old = add(vectors, TEXT, process_rule=ONE_A_LINE)
    new = replace_document_from_text(document=old, name="New", text=long_text(300))
    assert new.replaces_id == old.pk
    with pytest.raises(InvalidParam, match="being indexed already"):
        replace_document_from_text(document=old, name="New", text="More.")
    on_embed(at_call(3, lambda: pause_document(document=new)))
    run(index_pending())
    assert fresh(new).completed_segments > 0
    assert (findable(old), findable(new)) == (len(PASSAGES), 0)
    set_documents_status(dataset=vectors, document_ids=[new.pk], action="disable")
    set_documents_status(dataset=vectors, document_ids=[new.pk], action="enable")
    assert findable(new) == 0
    resume_document(document=new)
    run(index_pending())
    archived = fresh(old)
    assert (archived.archived, archived.enabled, fresh(new).display_status) == (True, False, "available")
    assert (findable(old), findable(new)) == (0, fresh(new).segment_count)
    assert not SegmentEmbedding.objects.filter(document_id=old.pk, enabled=True).exists()


def test_kb_20_another_rule_makes_a_new_document_of_the_same_file(economy, add):
    old = add(economy, TEXT, process_rule=ONE_A_LINE)
    new = replace_document(document=old, process_rule={"mode": "automatic"})
    assert new.upload_file_id != old.upload_file_id
    run(index_pending())
    assert fresh(new).segment_count < len(PASSAGES)
    assert (fresh(new).display_status, fresh(old).display_status) == ("available", "archived")
    delete_document(document=new)
    set_documents_status(dataset=economy, document_ids=[old.pk], action="un_archive")
    set_documents_status(dataset=economy, document_ids=[old.pk], action="enable")
    assert findable(old) == len(PASSAGES)


def test_kb_20_a_new_version_that_fails_leaves_the_old_in_use(vectors, add, on_embed):  # noqa: F811
    old = add(vectors, TEXT, process_rule=ONE_A_LINE)

    async def refuse(texts):
        raise ProviderUnauthorised("Incorrect API key provided.")

    on_embed(refuse)
    new = replace_document_from_text(document=old, name="New", text="Never embedded before.")
    run(index_pending())
    assert (fresh(new).display_status, fresh(old).display_status) == ("error", "available")
    assert findable(old) == len(PASSAGES)
    again = replace_document_from_text(document=old, name="Newer", text=PASSAGES[1])
    on_embed(nothing)
    retry_document(document=new)
    run(index_pending())
    # Both came through: the one that came last is in use.
    assert sorted([fresh(new).archived, fresh(again).archived]) == [False, True]
    assert fresh(old).archived


def test_two_new_versions_that_end_at_the_same_moment_leave_one_in_use(economy, add):
    old = add(economy, TEXT, process_rule=ONE_A_LINE)
    new = [replace_document_from_text(document=old, name="New", text=PASSAGES[0])]
    # A second one is refused while the first is under way, but not once that one failed and is tried again.
    Document.objects.filter(pk=new[0].pk).update(indexing_status="error")
    new.append(replace_document_from_text(document=old, name="Newer", text=PASSAGES[1]))
    Document.objects.filter(pk=new[0].pk).update(indexing_status="waiting")
    claimed = [run(jobs.claim(document.pk)) for document in new]
    Document.objects.filter(pk__in=[document.pk for document in new]).update(indexing_status="indexing")

    with transaction.atomic():
        Document.objects.select_for_update().get(pk=old.pk)
        both = [threading.Thread(target=run, args=[jobs.complete(job)]) for job in claimed if job]
        for thread in both:
            thread.start()
        eventually(lambda: count_waiting() == 2)
    for thread in both:
        thread.join()
    assert sorted(fresh(document).archived for document in new) == [False, True]
    assert fresh(old).archived


def test_kb_20_the_old_deleted_meanwhile(economy, add):
    old = add(economy, TEXT, process_rule=ONE_A_LINE)
    new = replace_document_from_text(document=old, name="New", text=PASSAGES[0])
    delete_document(document=old)
    run(index_pending())
    assert (fresh(new).replaces_id, findable(new)) == (None, 1)
