"""A backup restored into an empty product is the same product; nothing is lost by mistake."""

import json
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connection, connections

from apps.common import db
from apps.common.errors import Conflict, InvalidParam
from apps.common.packing import ArchiveInvalid
from apps.files import storage
from apps.files.models import UploadFile
from apps.files.services.uploads import read_upload, store_upload
from apps.workspaces.models import User, Workspace
from dify_project import backup
from tests.factories import make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def home(settings, tmp_path, monkeypatch) -> Path:
    """A storage folder with keys."""
    for name in ("keys", "tmp", "files"):
        (tmp_path / name).mkdir(mode=0o700)
    for name in backup.KEYS:
        (tmp_path / "keys" / name).write_text(f"{name} " * 5)
    settings.STORAGE_LOCAL_PATH, settings.FILE_UPLOAD_TEMP_DIR = tmp_path, str(tmp_path / "tmp")
    options = {**settings.STORAGES["default"]["OPTIONS"], "location": tmp_path / "files"}
    settings.STORAGES = {**settings.STORAGES, "default": {**settings.STORAGES["default"], "OPTIONS": options}}
    monkeypatch.delenv("SECRET_KEY", raising=False)
    return tmp_path


@pytest.fixture
def elsewhere() -> Iterator[None]:
    """Django's connection leads to a new, empty database of the same server until the test ends."""
    name, new = connection.settings_dict["NAME"], "parley_restored"
    with connection.cursor() as cursor:
        cursor.execute(f"drop database if exists {new}")
        cursor.execute(f"create database {new}")
    yield
    move_to(name)
    with connection.cursor() as cursor:
        cursor.execute(f"drop database {new} with (force)")


def move_to(name: str) -> None:
    connection.close()
    connection.close_pool()
    connections["default"].settings_dict["NAME"] = name


def filled(home: Path) -> Workspace:
    workspace = make_workspace()
    store_upload(workspace=workspace, name="a.txt", data=b"hello")
    return workspace


def rows() -> dict[str, int]:
    """How many there are in every table."""
    tables = [name for name in connection.introspection.table_names() if not name.startswith("kombu")]
    with connection.cursor() as cursor:
        found = {}
        for table in tables:
            cursor.execute(f'select count(*) from "{table}"')
            found[table] = cursor.fetchone()[0]
    return found


def test_cmd_06_what_was_backed_up_comes_back(home, elsewhere):
    filled(home)
    before = rows()
    path = home / "all.zip"
    kept = backup.back_up(path)
    assert (kept.files, kept.keys, kept.warnings) == (1, list(backup.KEYS), [])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    for stored in list(storage.list_keys()):
        storage.delete(stored.key)
    (home / "keys" / "secret_key").write_text("another")
    move_to("parley_restored")
    assert rows() == {}
    restored = backup.restore(path)
    assert (restored.files, restored.keys) == (1, list(backup.KEYS))
    assert rows() == before
    assert read_upload(UploadFile.objects.get()) == b"hello"
    assert (home / "keys" / "secret_key").read_text() == "secret_key " * 5
    assert stat.S_IMODE((home / "keys" / "secret_key").stat().st_mode) == 0o600
    with pytest.raises(Conflict, match="--force"):
        backup.restore(path)
    User.objects.all().delete()
    backup.restore(path, force=True)
    assert rows() == before
    assert [stored.key for stored in storage.list_keys()] == [UploadFile.objects.get().storage_key]


def changed(path: Path, **changes: Any) -> Path:
    target = path.with_name("changed.zip")
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(target, "w") as out:
        for name in source.namelist():
            data = source.read(name)
            if name == "manifest.json":
                data = json.dumps({**json.loads(data), **changes}).encode()
            out.writestr(name, data)
    return target


def test_what_is_no_backup_of_this_version_changes_nothing(home):
    filled(home)
    path = home / "all.zip"
    backup.back_up(path)
    before = rows()
    newer = [["knowledge", "0001_initial"], ["knowledge", "9999_of_tomorrow"]]
    for changes, sentence in (
        ({"version": 2}, "newer"),
        ({"migrations": newer}, "Install that version first"),
        ({"format": "else"}, "no backup"),
        ({"files": {}}, "manifest lists"),
    ):
        with pytest.raises(ArchiveInvalid, match=sentence):
            backup.restore(changed(path, **changes), force=True)
    path.with_name("text.zip").write_text("text")
    with pytest.raises(ArchiveInvalid):
        backup.restore(path.with_name("text.zip"), force=True)
    with pytest.raises(InvalidParam, match="exists already"):
        backup.back_up(path)
    assert rows() == before


def test_a_running_product_is_not_restored_over(home):
    filled(home)
    backup.back_up(home / "all.zip")
    with psycopg.connect(db.conninfo()), pytest.raises(Conflict, match="Stop it first"):
        backup.restore(home / "all.zip", force=True)


def test_a_key_of_the_environment_is_named(home):
    filled(home)
    os.unlink(home / "keys" / "secret_key")
    kept = backup.back_up(home / "all.zip")
    assert kept.keys == ["sandbox_key"]
    assert "keep it, too" in kept.warnings[0]
    assert b"secret_key" not in (home / "all.zip").read_bytes()
