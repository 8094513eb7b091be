"""The whole product as one file: database, uploads and keys; and back."""

import hashlib
import os
import re
import subprocess
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import IO, Any, Final
from zipfile import ZipFile

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from pydantic import BaseModel, ValidationError

from apps.common import db, product
from apps.common.errors import Conflict, Unavailable
from apps.common.packing import DAMAGED, MANIFEST, ArchiveInvalid, Pack, opened, packing, verify
from apps.files import storage
from apps.files.errors import FileMissing
from apps.workspaces.models import User, Workspace
from dify_project.supervisor.embedded import programs

FORMAT: Final = "parley-backup"
VERSION: Final = 1
DUMP: Final = "database.dump"
KEYS: Final = ("secret_key", "sandbox_key")
_NAMES: Final = re.compile(r"database\.dump|keys/(secret_key|sandbox_key)|files/[0-9A-Za-z_-]+(/[0-9A-Za-z_-]+)*")
_PIECE_BYTES: Final = 2**16
_IN_MEMORY_BYTES: Final = 2**20
_EMPTY: Final = "drop schema public cascade; create schema public;"
_OTHERS: Final = """
select count(*) from pg_stat_activity
where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()"""


class _Entry(BaseModel):
    sha256: str
    size: int


class _Manifest(BaseModel):
    format: str
    version: int
    product_version: str = ""
    migrations: list[tuple[str, str]]
    secret: str
    files: dict[str, _Entry]


@dataclass(slots=True)
class Kept:
    """What the file holds."""

    files: int = 0
    keys: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def back_up(path: Path) -> Kept:
    """Writes everything to a new file of mode 600, while the product runs.

    The database is dumped first, in one snapshot. An upload that is deleted before its bytes are read is missing.

    Raises:
        InvalidParam: the file exists or cannot be written.
        Unavailable: the database could not be dumped. StorageUnavailable.
    """
    kept = Kept()
    with packing(path) as pack:
        with tempfile.NamedTemporaryFile(dir=settings.FILE_UPLOAD_TEMP_DIR) as dump:
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={dump.name}", connect=True)
            pack.add_file(DUMP, dump, compressed=False)
        for stored in storage.list_keys():
            _add_upload(pack, stored.key, kept)
        for name in KEYS:
            file = _key(name)
            if file.is_file():
                pack.add_file(f"keys/{name}", BytesIO(file.read_bytes()))
                kept.keys.append(name)
        pack.add_json(MANIFEST, _manifest(pack))
    if "secret_key" not in kept.keys:
        kept.warnings.append("SECRET_KEY comes from the environment and is not in the file: keep it, too.")
    return kept


def restore(path: Path, *, force: bool = False) -> Kept:
    """Puts a backup in the place of all there is. The database changes in one transaction, before uploads and keys.

    Args:
        force: also where there is something.

    Raises:
        ArchiveInvalid: no backup, damaged, or of a newer product; nothing was changed.
        Conflict: the product holds something, or runs.
        Unavailable, StorageUnavailable: broken off; run it again with `force`.
    """
    with opened(path) as zip_file:
        manifest = _checked(zip_file)
        _check_target(force=force)
        with zip_file.open(DUMP) as dump:
            _load(dump)
        kept = Kept(files=_put_uploads(zip_file, manifest))
        for name in KEYS:
            if f"keys/{name}" in manifest.files:
                _put_key(_key(name), zip_file.read(f"keys/{name}"))
                kept.keys.append(name)
    if "secret_key" not in kept.keys and manifest.secret != _fingerprint(settings.SECRET_KEY):
        kept.warnings.append("SECRET_KEY is another than the backup's: stored credentials cannot be read with it.")
    elif os.environ.get("SECRET_KEY") and manifest.secret != _fingerprint(settings.SECRET_KEY):
        kept.warnings.append("SECRET_KEY of the environment is not the backup's; unset it to use the restored one.")
    return kept


def _manifest(pack: Pack) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "product_version": product.VERSION,
        "migrations": sorted(MigrationRecorder(connection).applied_migrations()),
        "secret": _fingerprint(settings.SECRET_KEY),
        "files": pack.files,
    }


def _add_upload(pack: Pack, key: str, kept: Kept) -> None:
    try:
        with storage.open_file(key) as file:
            pack.add_file(f"files/{key}", file, compressed=False)
    except FileMissing:
        return
    kept.files += 1


def _checked(zip_file: ZipFile) -> _Manifest:
    try:
        manifest = _Manifest.model_validate_json(zip_file.read(MANIFEST))
    except (KeyError, ValidationError, *DAMAGED) as error:
        raise ArchiveInvalid("It is no backup of this product.") from error
    if manifest.format != FORMAT:
        raise ArchiveInvalid("It is no backup of this product.")
    if manifest.version != VERSION or set(manifest.migrations) - set(_known_migrations()):
        raise ArchiveInvalid(
            f"It was written by version {manifest.product_version}, which is newer than {product.VERSION}."
            " Install that version first."
        )
    names = zip_file.namelist()
    if sorted(names) != sorted([*manifest.files, MANIFEST]) or DUMP not in names:
        raise ArchiveInvalid("It does not hold the files its manifest lists.")
    for name, entry in manifest.files.items():
        if not _NAMES.fullmatch(name):
            raise ArchiveInvalid(f"It holds {name[:100]!r}, which is no part of a backup.")
        verify(zip_file, name, entry.size, entry.sha256)
    return manifest


def _known_migrations() -> Iterable[tuple[str, str]]:
    loader = MigrationLoader(connection)
    replaced = {key for migration in loader.disk_migrations.values() for key in migration.replaces}
    return {*loader.disk_migrations, *replaced}


def _check_target(*, force: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_OTHERS)
        [others] = cursor.fetchone()
    if others:
        raise Conflict("The product runs on this database. Stop it first.")
    if not force and (_has_rows() or next(iter(storage.list_keys()), None)):
        raise Conflict("There is something here already. With --force it is deleted, and the backup takes its place.")


def _has_rows() -> bool:
    if User._meta.db_table not in connection.introspection.table_names():
        return False
    return User.objects.exists() or Workspace.objects.exists()


def _load(dump: IO[bytes]) -> None:
    """Replaces the database: the script of the dump, in one transaction with the emptying before it."""
    connection.close()
    with tempfile.TemporaryDirectory(dir=settings.FILE_UPLOAD_TEMP_DIR) as folder:
        source, script = Path(folder, "dump"), Path(folder, "script")
        with source.open("wb") as target:
            while piece := dump.read(_PIECE_BYTES):
                target.write(piece)
        _run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(source))
        _run(
            "psql", "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", f"--command={_EMPTY}",
            f"--file={script}", "--output=/dev/null", connect=True,
        )  # fmt: skip
    connection.close()


def _put_uploads(zip_file: ZipFile, manifest: _Manifest) -> int:
    for stored in list(storage.list_keys()):
        storage.delete(stored.key)
    names = [name for name in manifest.files if name.startswith("files/")]
    for name in names:
        with zip_file.open(name) as source, tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as spool:
            while piece := source.read(_PIECE_BYTES):
                spool.write(piece)
            spool.seek(0)
            storage.write(name.removeprefix("files/"), spool)
    return len(names)


def _put_key(path: Path, data: bytes) -> None:
    """Appears whole, readable by its owner only."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # mode 600 by definition
    with os.fdopen(handle, "wb") as file:
        file.write(data)
    os.replace(temporary, path)


def _key(name: str) -> Path:
    return Path(settings.STORAGE_LOCAL_PATH) / "keys" / name


def _fingerprint(secret: str) -> str:
    """Tells whether two keys are the same, and nothing else of them."""
    return hashlib.scrypt(secret.encode(), salt=b"parley backup", n=2**14, r=8, p=1, dklen=16).hex()


def _run(program: str, *arguments: str, connect: bool = False) -> None:
    """A client program of Postgres; the password goes in its environment. Raises Unavailable."""
    command, environment = [str(programs() / program), *arguments], {**os.environ, "LC_ALL": "C"}
    if connect:
        parts = conninfo_to_dict(db.conninfo())
        environment["PGPASSWORD"] = str(parts.pop("password", ""))
        command.append(f"--dbname={make_conninfo('', **parts)}")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)  # noqa: S603 - our own words
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise Unavailable(f"{program} failed: {last[:300]}")
