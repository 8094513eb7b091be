"""What services promise besides their rows: audit, word to other processes, the schedule."""

import asyncio
import importlib

import pytest
from celery import current_app

from apps.common import notify
from apps.common.errors import NotFound
from apps.common.perloop import run
from apps.files.models import UploadFile
from apps.knowledge.choices import Permission
from apps.knowledge.contracts import RetrievalSettings, retrieval_methods, splitters
from apps.knowledge.models import Dataset, Document
from apps.knowledge.schedule import SCHEDULE
from apps.knowledge.services.datasets import create_dataset, delete_dataset, update_dataset
from apps.knowledge.services.documents import create_document_from_text, delete_document
from apps.knowledge.services.indexing import index_pending
from apps.knowledge.services.retrieve import retrieve
from apps.workspaces.models import AuditEvent, User
from tests.knowledge.texts import ONE_A_LINE, TEXT


def test_every_write_is_audited(workspace):
    user = User.objects.get()
    dataset = create_dataset(workspace=workspace, name="Base", user=user, indexing_technique="economy")
    update_dataset(dataset=dataset, user=user, name="Renamed", permission=Permission.ALL_TEAM_MEMBERS)
    document = create_document_from_text(dataset=dataset, name="Notes", text=TEXT, user=user)
    delete_document(document=document, user=user)
    delete_dataset(dataset=dataset, user=user)
    rows = AuditEvent.objects.order_by("pk").values_list("action", "object_id", "user", "workspace")
    assert list(rows) == [
        ("dataset.create", str(dataset.pk), user.pk, workspace.pk),
        ("dataset.update", str(dataset.pk), user.pk, workspace.pk),
        ("document.create", str(document.pk), user.pk, workspace.pk),
        ("document.delete", str(document.pk), user.pk, workspace.pk),
        ("dataset.delete", str(dataset.pk), user.pk, workspace.pk),
    ]


def test_what_cannot_be_added_leaves_no_file_and_no_audit(economy):
    delete_dataset(dataset=economy)
    before = AuditEvent.objects.count()
    with pytest.raises(NotFound):
        create_document_from_text(dataset=economy, name="Late", text=TEXT)
    assert not UploadFile.objects.exists()
    assert not Document.objects.exists()
    assert AuditEvent.objects.count() == before


@pytest.mark.parametrize(
    ("given", "shown"), [("Q1/Q2\n report", "Q1/Q2 report"), ("x" * 5000, "x" * 255), ("a/", "a/"), ("..\0", "..")]
)
def test_names_of_texts_are_no_paths(economy, given, shown):
    document = create_document_from_text(dataset=economy, name=given, text=TEXT)
    assert document.name == shown
    assert document.upload_file is not None
    assert document.upload_file.extension == "txt"


async def heard_while(topic: str, work) -> list[str | None]:
    heard: list[str | None] = []
    notify.subscribe(topic, heard.append)
    notify.listener.get()
    try:
        while not notify.is_connected():
            await asyncio.sleep(0.01)
        heard.clear()
        await work()
        await asyncio.sleep(0.2)
    finally:
        notify.unsubscribe(topic, heard.append)
    return heard


def test_progress_is_told_to_other_processes(economy):
    document = create_document_from_text(dataset=economy, name="Notes", text=TEXT, process_rule=ONE_A_LINE)
    heard = run(heard_while("document", index_pending))
    assert set(heard) == {str(document.pk)}
    assert len(heard) >= 5  # cleaning, splitting, indexing, a batch, the end


def test_changed_settings_count_in_running_processes_at_once(economy, add):
    add(economy, TEXT, process_rule=ONE_A_LINE)
    counts = []

    async def ask() -> None:
        hits = await retrieve(workspace_id=economy.workspace_id, dataset_ids=[economy.pk], query="lamp lighthouse")
        counts.append(len(hits))

    async def change() -> None:
        await ask()
        await asyncio.to_thread(change_top_k)
        await asyncio.sleep(0.2)
        await ask()

    def change_top_k() -> None:
        from django.db import connection

        update_dataset(dataset=economy, retrieval_model={"search_method": "keyword_search", "top_k": 1})
        connection.close()

    run(heard_while("dataset", change))
    assert counts == [2, 1]


def test_a_name_is_taken_only_in_its_workspace(workspace, economy):
    from apps.knowledge.errors import DatasetNameDuplicate
    from tests.factories import make_workspace

    with pytest.raises(DatasetNameDuplicate):
        create_dataset(workspace=workspace, name="Economy")
    create_dataset(workspace=make_workspace("Other", "other@example.org"), name="Economy")
    other = create_dataset(workspace=workspace, name="Second")
    with pytest.raises(DatasetNameDuplicate):
        update_dataset(dataset=other, name="Economy")
    assert Dataset.objects.filter(workspace=workspace, name="Economy").count() == 1


def test_what_is_scheduled_exists():
    importlib.import_module("apps.knowledge.tasks")
    assert set(SCHEDULE) <= set(current_app.tasks)


def test_every_method_and_splitter_loads():
    assert retrieval_methods.failures == splitters.failures == {}
    assert set(retrieval_methods.all()) == {
        "semantic_search", "full_text_search", "hybrid_search", "keyword_search",
    }  # fmt: skip
    assert RetrievalSettings().search_method in retrieval_methods
