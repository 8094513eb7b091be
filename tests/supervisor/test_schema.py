"""The file of an empty database's tables says what the migrations do."""

from pathlib import Path

import psycopg
import pytest
from django.apps import apps
from django.db import ProgrammingError, connection

from dify_project import schema
from tests.database import beside

from .product import manage

EMPTY = (
    "drop schema public cascade",
    "create schema public",
    "comment on schema public is 'standard public schema'",
)


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.mark.slow
def test_it_is_what_the_migrations_make_in_turn():
    assert schema.of_migrations() == schema.FILE.read_text(), "run: make schema"


def test_an_empty_database_is_filled_from_it_and_gets_its_permissions(tmp_path: Path):
    with beside("schema") as url:
        with psycopg.connect(url) as there:
            for statement in EMPTY:
                there.execute(statement)
        result = manage(tmp_path / "storage", "migrate", DATABASE_URL=url)
        assert result.returncode == 0, result.stderr
        assert "in one step" in result.stdout
        assert "Applying" not in result.stdout
        assert schema.text_of(url) == schema.FILE.read_text()
        with psycopg.connect(url) as there:
            row = there.execute("select count(distinct content_type_id) from auth_permission").fetchone()
    assert row == (len(apps.get_models()),)


@pytest.mark.django_db
def test_a_database_with_tables_is_left_alone():
    assert not schema.load(connection)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "elsewhere",
    [
        ("create schema parley", "set local search_path to parley"),
        ("create schema extensions", "create extension vector schema extensions"),
    ],
)
def test_where_names_are_others_than_the_files_the_migrations_do_it(elsewhere: tuple[str, str]):
    execute(*EMPTY, *elsewhere)
    assert not schema.load(connection)


@pytest.mark.django_db
def test_all_or_nothing(tmp_path, monkeypatch):
    execute(*EMPTY)
    broken = tmp_path / "schema.sql"
    broken.write_text("create table first (id int); create table second (nonsense);")
    with monkeypatch.context() as patch:
        patch.setattr(schema, "FILE", broken)
        with pytest.raises(ProgrammingError):
            schema.load(connection)
    assert schema.load(connection)
    assert {model._meta.db_table for model in apps.get_models()} <= set(connection.introspection.table_names())
