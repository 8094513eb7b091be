"""What a deleted app leaves behind: nothing, in no table, not in storage."""

from threading import Thread
from typing import Any
from uuid import uuid4

import pytest
from django.apps import apps as django_apps
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, connections, models

from apps.common import batches
from apps.files.models import UploadFile
from apps.files.services.uploads import store_upload
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_file
from apps.logs.models import Conversation, Message, MessageFile, NodeRun, WorkflowRun
from apps.prompts.contracts import AppCleanup, app_cleanups
from apps.prompts.models import App, EndUser
from apps.prompts.services.apps import update_app
from apps.prompts.services.deletion import delete_app
from apps.prompts.services.icons import set_icon_picture
from apps.prompts.services.keys import create_app_key
from apps.prompts.services.sites import update_site
from apps.workspaces.models import AuditEvent
from apps.workspaces.services.tags import set_tags
from tests.database import count_waiting
from tests.factories import make_app, make_workspace
from tests.pictures import PNG, picture
from tests.rows import make_row
from tests.waiting import eventually

pytestmark = pytest.mark.django_db(transaction=True)


def tables_of_apps() -> list[type[models.Model]]:
    """Every table of ours with an `app_id`, whether a foreign key or not."""
    return [
        model
        for model in django_apps.get_models()
        if model.__module__.startswith("apps.")
        and model is not App
        and "app_id" in {field.attname for field in model._meta.concrete_fields}
    ]


def fill(app: App, rows: int = 1) -> None:
    for model in tables_of_apps():
        is_unique = next(field.unique for field in model._meta.concrete_fields if field.attname == "app_id")
        for _ in range(1 if is_unique else rows):
            make_row(model, app_id=app.pk, workspace_id=app.workspace_id)


def counts(app_id: object) -> dict[str, int]:
    return {
        model._meta.label: count
        for model in tables_of_apps()
        if (count := model._default_manager.filter(app_id=app_id).count())
    }


def tables_that_name(id: object) -> set[str]:
    """The tables in which any column of any row holds the id."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'select exists (select 1 from "{table}" t where t::text like %s)', [f"%{id}%"])
            if cursor.fetchone()[0]:
                found.add(table)
    return found


@pytest.fixture
def workspace():
    return make_workspace()


def test_no_table_keeps_a_row_of_a_deleted_app_and_no_other_apps_row_goes(workspace, monkeypatch):
    monkeypatch.setattr(batches, "BATCH_ROWS", 2)
    monkeypatch.setattr(batches, "READ_ROWS", 3)
    app, other = make_app(workspace), make_app(workspace)
    for one in (app, other):
        fill(one, rows=5)
        create_app_key(app=one)
        set_tags(workspace=workspace, kind="app", names=["Sales"], target_id=one.pk)
    before = counts(other.pk)
    assert len(before) == len(tables_of_apps()) >= 9
    delete_app(app=app)
    assert counts(app.pk) == {}
    assert counts(other.pk) == before
    assert tables_that_name(app.pk) == {"workspaces_auditevent"}
    event = AuditEvent.objects.get(action="app.delete")
    assert (event.object_id, event.data["name"]) == (str(app.pk), "Helper")


def test_the_bytes_of_its_users_files_and_its_icon_go_and_no_others(workspace):
    app, other = make_app(workspace), make_app(workspace)
    set_icon_picture(app=app, data=picture())
    visitor = make_row(EndUser, app_id=app.pk, workspace_id=workspace.pk)
    loose = store_upload(workspace=workspace, name="loose.png", data=PNG, end_user_id=visitor.pk)
    sent, shared, document = (store_upload(workspace=workspace, name=name, data=PNG) for name in ("a", "b", "c.txt"))
    dataset = create_dataset(workspace=workspace, name="Rules", indexing_technique="economy")
    kept = create_document_from_file(dataset=dataset, name="rules.txt", data=b"Rules.").upload_file
    for upload in (sent, shared, kept):
        _attach(app, upload)
    _attach(other, shared)
    icon = UploadFile.objects.get(pk=app.icon)
    delete_app(app=app)
    assert set(UploadFile.objects.all()) == {shared, document, kept}
    for gone in (icon, loose, sent):
        assert not default_storage.exists(gone.storage_key)
    for there in (shared, document, kept):
        assert default_storage.exists(there.storage_key)


def _attach(app: App, upload: Any) -> None:
    message = make_row(Message, app_id=app.pk, workspace_id=app.workspace_id)
    make_row(MessageFile, app_id=app.pk, workspace_id=app.workspace_id, message_id=message.pk, upload_file_id=upload.pk)


def test_an_icon_another_app_or_page_shows_stays(workspace):
    app = make_app(workspace)
    set_icon_picture(app=app, data=picture())
    twin = make_app(workspace)
    App.objects.filter(pk=twin.pk).update(icon_type="image", icon=app.icon)
    delete_app(app=app)
    assert UploadFile.objects.filter(pk=app.icon).exists()
    twin.refresh_from_db()
    update_app(app=twin, icon="📚")
    assert not UploadFile.objects.exists()


def test_a_deletion_that_broke_off_leaves_the_app_switched_off_and_can_be_repeated(workspace):
    app = make_app(workspace)
    fill(app)
    update_site(app=app, title="Help")

    class Breaks(AppCleanup):
        key, label = "zz_breaks", "Breaks"

        def clean(self, app_id):
            raise OSError("the storage is away")

    with app_cleanups.temporarily(Breaks), pytest.raises(OSError):
        delete_app(app=app)
    app = App.objects.get(pk=app.pk)
    assert (app.enable_site, app.enable_api, app.published) == (False, False, None)
    assert Conversation.objects.count() == 0
    delete_app(app=app)
    assert not App.objects.exists()


def test_a_version_of_a_run_that_is_still_written_goes_in_the_second_round(workspace):
    app = make_app(workspace)

    class Late(AppCleanup):
        """Comes after `logs`, as a run does that has not heard of the deletion yet."""

        key, label = "zz_late", "Late"
        rows = 1

        def clean(self, app_id):
            if Late.rows:
                Late.rows -= 1
                make_row(Message, app_id=app_id, workspace_id=workspace.pk, conversation_id=None, task_id=uuid4())

    with app_cleanups.temporarily(Late):
        delete_app(app=app)
    assert not Message.objects.exists()


def test_nothing_is_hung_on_a_row_that_is_being_deleted(workspace):
    app = make_app(workspace)
    ids = {"workspace_id": workspace.pk, "app_id": app.pk}
    flow_run = make_row(WorkflowRun, **ids)
    refused: list[Exception] = []

    def end_run() -> None:
        try:
            make_row(NodeRun, run_id=flow_run.pk, **ids)
        except IntegrityError as error:
            refused.append(error)
        finally:
            connections.close_all()

    ending = Thread(target=end_run)

    def meanwhile(_: object) -> None:
        ending.start()
        eventually(count_waiting)

    batches.delete_in_batches(WorkflowRun.objects.filter(app_id=app.pk), before=meanwhile)
    ending.join(20)
    assert refused
    assert not WorkflowRun.objects.exists()
    assert not NodeRun.objects.exists()
