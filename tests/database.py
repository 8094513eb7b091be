"""The embedded Postgres of a test run: started once, before any test, unless DATABASE_URL names another."""

import os
import shutil
import tempfile
from contextlib import ExitStack
from functools import cache
from pathlib import Path

from dify_project.supervisor import embedded

UNSAFE_AND_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "200"}


def start(stack: ExitStack) -> None:
    """Points Django's settings (already loaded) and the workers' environment at a new server; `stack` ends it."""
    from django.conf import settings
    from django.test import TransactionTestCase

    from dify_project.settings import env

    TransactionTestCase._fixture_teardown = lambda case: empty_tables()
    if "host=/nowhere" not in os.environ["DATABASE_URL"]:
        return
    folder = Path(tempfile.mkdtemp(prefix="parley-test-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    (folder / "run").mkdir()
    url = stack.enter_context(embedded.running(folder, settings=UNSAFE_AND_FAST))
    os.environ["DATABASE_URL"] = url
    settings.DATABASES["default"].update(
        {**env.database_options(url), "OPTIONS": settings.DATABASES["default"]["OPTIONS"]}
    )


def empty_tables() -> None:
    """What Django's flush does after a test, in a twentieth of the time.

    That one truncates every table, with new files for each of their indexes, and makes all permissions anew.
    """
    from django.db import connection, transaction

    tables = _tables()
    filled = " union all ".join(f"select '{table}' where exists (select from {table})" for table in tables)
    with transaction.atomic(), connection.cursor() as cursor:
        # Whoever still writes is waited for, as truncating would.
        cursor.execute(f"lock table {', '.join(tables)} in share row exclusive mode")
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
