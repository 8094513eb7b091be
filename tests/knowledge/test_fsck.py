"""fsck finds nothing after a base's whole life, and each kind of damage once it is planted."""

import io
import json
import os
import time
from contextlib import suppress
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from apps.common.fsck import fsck_checks, run_checks
from apps.common.ids import new_id
from apps.files import storage
from apps.files.models import UploadFile
from apps.files.services.uploads import store_upload
from apps.knowledge.models import Segment
from apps.knowledge.selectors import list_segments
from apps.knowledge.services.datasets import create_dataset, delete_dataset
from apps.knowledge.services.documents import delete_document
from apps.knowledge.services.segments import add_segments, delete_segment, update_segment
from apps.knowledge.services.updates import set_documents_status, update_document_from_text
from apps.prompts.services.deletion import delete_app
from apps.workspaces.choices import TagKind
from apps.workspaces.services.tags import set_tags
from tests.factories import api_user, attach_upload, make_app, make_conversation, make_message
from tests.knowledge.damage import PLANTED
from tests.knowledge.tables import left_behind
from tests.knowledge.texts import ONE_A_LINE, PASSAGES, TEXT

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(settings, tmp_path):
    """A folder of its own, so that what other tests have left is not found here."""
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": tmp_path / "files"}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    return tmp_path / "files"


def fsck(*arguments: str) -> dict[str, Any]:
    out = StringIO()
    with suppress(SystemExit):
        call_command("fsck", *arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def found(*arguments: str) -> set[str]:
    return {f"{row['check']}/{row['problem']}" for row in fsck(*arguments)["findings"]}


def damage(*statements: str, **values: Any) -> None:
    """Changes rows behind the back of foreign keys."""
    with connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        try:
            for statement in statements:
                cursor.execute(statement, values or None)
        finally:
            cursor.execute("set session_replication_role = origin")


@pytest.fixture
def base(vectors, add):
    """A base with two documents, one of them with a child chunk, and a tag."""
    add(vectors, TEXT, process_rule=ONE_A_LINE)
    second = add(vectors, "\n".join(PASSAGES[:3]), name="Second", process_rule=ONE_A_LINE)
    parent = Segment.objects.filter(document=second).order_by("position").first()
    assert parent is not None
    child = Segment.objects.get(pk=parent.pk)
    child.pk, child.parent, child.position = new_id(), parent, 1
    child.save(force_insert=True)
    for table in ("lexical", "embedding"):
        damage(f"update knowledge_segment{table} set segment_id = '{child.pk}' where segment_id = '{parent.pk}'")
    set_tags(workspace=vectors.workspace, kind=TagKind.KNOWLEDGE, names=["sea"], target_id=vectors.pk)
    return vectors


def test_a_whole_life_leaves_nothing_to_find(workspace, vectors, add):
    first = add(vectors, TEXT, process_rule=ONE_A_LINE)
    second = add(vectors, "\n".join(PASSAGES[:4]), name="Second", process_rule=ONE_A_LINE)
    economy = create_dataset(workspace=workspace, name="Words", indexing_technique="economy")
    third = add(economy, TEXT)
    add_segments(document=first, records=[{"content": "A lamp on the pier."}])
    one, two, *_ = list_segments(document=first)
    update_segment(document=first, segment=one, content="Fog over the harbour.")
    update_segment(document=first, segment=two, enabled=False)
    delete_segment(document=second, segment=list_segments(document=second).get(position=2))
    set_documents_status(dataset=vectors, document_ids=[second.pk], action="disable")
    set_documents_status(dataset=economy, document_ids=[third.pk], action="archive")
    set_tags(workspace=workspace, kind=TagKind.KNOWLEDGE, names=["sea", "old"], target_id=vectors.pk)
    app = make_app(workspace)
    caller = api_user(app)
    attach_upload(make_message(app, caller, make_conversation(app, caller)))
    assert fsck() == {"ok": True, "checks": len(fsck_checks.all()), "seconds": pytest.approx(0, abs=5), "findings": []}
    update_document_from_text(document=first, name="Again", text=TEXT)
    assert found() == set()
    delete_document(document=first)
    assert found() == set()
    delete_dataset(dataset=vectors)
    delete_dataset(dataset=economy)
    delete_app(app=app)
    assert found() == set()
    assert left_behind() == {}
    assert list(storage.list_keys()) == []


UNREPAIRABLE = {
    "workflows.triggers/waiting",
    "knowledge.segments/foreign_parent", "knowledge.segments/unfinished", "knowledge.entries/without_words",
    "knowledge.entries/without_vector", "knowledge.vectors/several_dimensions", "knowledge.documents/without_reason",
    "knowledge.documents/stuck", "knowledge.documents/without_file", "knowledge.documents/foreign_rule",
    "workspaces.members/without_owner", "prompts.apps/foreign_version", "prompts.apps/without_draft",
    "logs.messages/foreign_conversation",
}  # fmt: skip
# What a repair leaves, since it cannot make words and vectors anew.
IN_THEIR_PLACE = {
    "knowledge.segments/without_parent": {"knowledge.entries/without_words", "knowledge.entries/without_vector"},
    "knowledge.entries/words_without_segment": {"knowledge.entries/without_words"},
    "knowledge.entries/vectors_without_segment": {"knowledge.entries/without_vector"},
    "knowledge.entries/words_of_parents": {"knowledge.entries/without_words"},
    "knowledge.entries/vectors_of_parents": {"knowledge.entries/without_vector"},
}
APPS = ("prompts", "logs", "chat", "workflows")


@pytest.mark.parametrize("place", PLANTED)
def test_planted_damage_is_found_and_repaired(request, workspace, place):
    if place.startswith(APPS):
        app, _ = make_app(workspace), make_app(workspace)
        caller = api_user(app)
        attach_upload(make_message(app, caller, make_conversation(app, caller)))
    else:
        request.getfixturevalue("base")
    assert found() == set()
    damage(PLANTED[place])
    report = fsck()
    row = next(row for row in report["findings"] if f"{row['check']}/{row['problem']}" == place)
    assert not report["ok"]
    assert row["count"] >= 1
    assert row["examples"]
    assert row["repairable"] == (place not in UNREPAIRABLE)
    if row["repairable"]:
        repaired = fsck("--repair")
        row = next(row for row in repaired["findings"] if f"{row['check']}/{row['problem']}" == place)
        assert row["repaired"] == row["count"]
        assert found() == IN_THEIR_PLACE.get(place, set())
    damage("drop index if exists left_over")


def test_each_kind_of_damage_is_planted():
    """A new problem of a check wants its own line above."""
    files = {"files.storage/rows_without_bytes", "files.storage/other_length", "files.storage/bytes_without_row"}
    known = {
        f"{key}/{problem.key}" for key, check in fsck_checks.all().items() for problem in getattr(check, "problems", ())
    }
    assert known | {"prompts.uploads/of_nobody"} | files == {*PLANTED} | files
    assert fsck_checks.failures == {}
    assert {key.partition(".")[0] for key in fsck_checks.all()} == {
        "billing", "chat", "files", "knowledge", "logs", "prompts", "workflows", "workspaces",
    }  # fmt: skip


def test_files_and_rows_are_compared_and_an_upload_under_way_is_left_alone(workspace, files):
    missing, cut, well = (store_upload(workspace=workspace, name="a.txt", data=b"123") for _ in range(3))
    storage.delete(missing.storage_key)
    (files / cut.storage_key).write_bytes(b"1")
    for key, age_h in {f"{workspace.pk}/new": 1, f"{workspace.pk}/old": 25, "gone/old": 25}.items():
        storage.write(key, io.BytesIO(b"x"))
        os.utime(files / key, (time.time() - age_h * 3600,) * 2)
    rows = {row["problem"]: row for row in fsck("--repair")["findings"]}
    assert rows["rows_without_bytes"]["examples"] == [missing.storage_key]
    assert rows["other_length"]["examples"] == [cut.storage_key]
    assert rows["bytes_without_row"]["repaired"] == 2
    kept = {stored.key for stored in storage.list_keys()}
    assert kept == {cut.storage_key, well.storage_key, f"{workspace.pk}/new"}
    assert UploadFile.objects.count() == 3


def test_without_json_a_line_says_what_is_wrong(base, capsys):
    damage(PLANTED["knowledge.documents/miscounted"])
    with pytest.raises(SystemExit):
        call_command("fsck")
    assert "knowledge.documents/miscounted: 2. Documents whose counts" in capsys.readouterr().out
    call_command("fsck", "--repair")
    out = capsys.readouterr().out
    assert "Repaired: 2." in out
    assert "Everything fits together." in out
    assert run_checks().found == {}
