"""This version's tables in one file, for empty databases: applying every migration in turn takes eight seconds.

`make schema` writes the file after a new migration; one it does not know yet is applied after it.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from dify_project.supervisor import embedded

FILE = Path(__file__).with_name("schema.sql")
# What pg_dump says of itself and for its own session, and a remark that only the extension's owner may make.
PASSING = re.compile(
    r"^(--.*|SET .*|\\(un)?restrict .*|SELECT pg_catalog\.set_config\(.*|COMMENT ON EXTENSION .*)?\n", re.MULTILINE
)
# Elsewhere than in Postgres' usual schema things have other names than in the file, and an older Postgres may not
# understand what pg_dump of this one writes: there the migrations do it.
IS_EMPTY = """
    select current_setting('server_version_num')::int >= %s and current_schema() = 'public'
        and not exists (select from pg_tables where schemaname = 'public')
        and not exists (select from pg_extension where extname = 'vector' and extnamespace <> 'public'::regnamespace)
"""
BODIES_LATER = "set local check_function_bodies = false"  # they may name tables that follow


def load(connection: BaseDatabaseWrapper) -> bool:
    """Makes the tables, and notes their migrations as applied, if the database is empty; returns whether it was."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        cursor.execute(IS_EMPTY, [int(embedded.MAJOR) * 10_000])
        is_empty = bool(cursor.fetchone()[0])
        if is_empty:
            cursor.execute(BODIES_LATER)
            cursor.execute(FILE.read_text())
    return is_empty


def text_of(url: str) -> str:
    """What the file says of a database: its tables, functions and indexes, and the migrations that made them."""
    command = [str(embedded.programs() / "pg_dump"), "--schema-only", "--no-owner", "--no-privileges", "--dbname", url]
    dump = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    with psycopg.connect(url) as connection:
        applied = connection.execute("select app, name from django_migrations order by id").fetchall()
    rows = ",\n".join(f"    ('{app}', '{name}', now())" for app, name in applied)
    return f"{PASSING.sub('', dump)}INSERT INTO public.django_migrations (app, name, applied) VALUES\n{rows};\n"


def of_migrations() -> str:
    """What the file must say: the text of a new database after every migration in turn. Takes ten seconds.

    It is read back once, as Postgres writes some expressions in another way when it has read its own.
    """
    with tempfile.TemporaryDirectory(prefix="parley-schema-") as name:
        folder = Path(name)
        (folder / "run").mkdir()
        with embedded.running(folder) as url:
            manage = str(Path(__file__).parents[1] / "manage.py")
            subprocess.run(
                [sys.executable, manage, "migrate", "--one-by-one", "--verbosity", "0"],
                env={**os.environ, "DATABASE_URL": url},
                check=True,
            )
            again = urlsplit(url)._replace(path="/again").geturl()
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute("create database again")
            with psycopg.connect(again) as connection:
                connection.execute(BODIES_LATER)
                connection.execute(text_of(url).encode())
            return text_of(again)


if __name__ == "__main__":
    FILE.write_text(of_migrations())
