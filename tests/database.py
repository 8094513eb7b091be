"""The embedded Postgres of a test run: started once, before any test, unless DATABASE_URL names another.

A run of several processes has its tables made once: each process copies the database, and products that tests start
copy the whole cluster.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from dify_project.supervisor import embedded

ROOT = Path(__file__).resolve().parents[1]
UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}
PATIENCE_S = 20.0
CLUSTER = "TESTS_CLUSTER"  # the folder of a cluster that is at rest and has the product's tables


def start(stack: ExitStack, *, for_several: bool) -> None:
    """Points Django's settings (already loaded) and the workers' environment at a new server; `stack` ends it.

    Args:
        for_several: other processes will run the tests.
    """
    from django.conf import settings
    from django.test import TransactionTestCase

    from dify_project.settings import env

    TransactionTestCase._fixture_teardown = lambda case: empty_tables()
    if CLUSTER in os.environ:
        named = settings.DATABASES["default"].setdefault("TEST", {})
        assert isinstance(named, dict)
        named["TEMPLATE"] = embedded.DATABASE
    if "host=/nowhere" not in os.environ["DATABASE_URL"]:
        return
    folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    (folder / "run").mkdir()
    if for_several:
        _make_tables(folder)
    url = stack.enter_context(embedded.running(folder, settings=UNSAFE_AND_FAST))
    os.environ["DATABASE_URL"] = url
    settings.DATABASES["default"].update(
        {**env.database_options(url), "OPTIONS": settings.DATABASES["default"]["OPTIONS"]}
    )


def _make_tables(folder: Path) -> None:
    """Leaves a cluster with the product's tables in the folder, and a copy of it for products."""
    made = folder / "made"
    cluster = made / "postgres"
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DB_HOST"}}
    subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "migrate", "--verbosity", "0"],
        env={**env, "STORAGE_LOCAL_PATH": str(made)},
        check=True,
    )
    copy_cluster(cluster, folder / "postgres")
    with (folder / "postgres" / "postgresql.conf").open("a") as file:
        file.writelines(f"{name} = {value}\n" for name, value in UNSAFE_AND_FAST.items())
    os.environ[CLUSTER] = str(cluster)


def copy_cluster(source: Path, target: Path) -> None:
    """Copies a cluster at rest, with whom its files belong to."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    subprocess.run(["cp", "-a", str(source), str(target)], check=True)


def ready_made(storage: Path) -> Path:
    """The storage folder, with the product's tables in it when this run has made them.

    For tests of something else than a first start, which takes several seconds.
    """
    if cluster := os.environ.get(CLUSTER):
        copy_cluster(Path(cluster), storage / "postgres")
    return storage


@contextmanager
def first_alone() -> Iterator[None]:
    """Of the processes of a run, the first goes through the block alone, then the others side by side."""
    if CLUSTER not in os.environ:
        yield
        return
    with Path(os.environ[CLUSTER]).with_name("first").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def beside(name: str) -> Iterator[str]:
    """The address of one more database for the length of the block, on the tests' server.

    It has the product's tables when this run has made them, else it is empty.
    """
    import psycopg
    from psycopg import sql

    server = urlsplit(os.environ["DATABASE_URL"])
    new, template = sql.Identifier(name), sql.Identifier(embedded.DATABASE if CLUSTER in os.environ else "template1")
    with psycopg.connect(server._replace(path="/postgres").geturl(), autocommit=True) as connection:
        connection.execute(sql.SQL("create database {} template {}").format(new, template))
        yield server._replace(path=f"/{name}").geturl()
        connection.execute(sql.SQL("drop database {} with (force)").format(new))


def count_waiting() -> int:
    """How many connections to the tests' database wait for a lock."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("select pg_stat_clear_snapshot()")  # a transaction sees one state of it
        cursor.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
        )
        return int(cursor.fetchone()[0])


def empty_tables() -> None:
    """What Django's flush does after a test, in a twentieth of the time.

    That one truncates every table, with new files for each of their indexes, and makes all permissions anew.
    Whoever still writes is waited for, without a lock that they might want.
    """
    from django.db import OperationalError

    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return _empty_tables()
        except OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)


def _empty_tables() -> None:
    from django.db import connection, transaction

    tables = _tables()
    filled = " union all ".join(f"select '{table}' where exists (select from {table})" for table in tables)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"lock table {', '.join(tables)} in exclusive mode nowait")
        cursor.execute(filled)
        # Foreign keys are checked at the end of the transaction, so the order does not matter.
        for (table,) in cursor.fetchall():
            cursor.execute(f"delete from {table}")


@cache
def _tables() -> tuple[str, ...]:
    """All but those that are filled once, when the database is made."""
    from django.db import connection

    names = set(connection.introspection.django_table_names(only_existing=True, include_views=False))
    return tuple(sorted(names - {"django_content_type", "auth_permission"}))
