"""Web and worker started apart beside one outside database, as containers are."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from dify_project.supervisor.embedded import Embedded
from tests.database import beside

from .product import ROOT, Product, environment, manage

pytestmark = pytest.mark.slow


@pytest.fixture
def outside_url(product: Product) -> Iterator[str]:
    """An empty database on the shared product's server, which stands for somebody else's Postgres."""
    server = Embedded(product.storage).url()
    name = "outside"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield server.replace("/parley?", f"/{name}?")
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def prepared_url() -> Iterator[str]:
    """A database that another machine has prepared."""
    with beside("prepared") as url:
        yield url


def test_two_machines_that_start_at_once_migrate_once(outside_url: str, tmp_path: Path) -> None:
    commands = [
        subprocess.Popen(
            [sys.executable, str(ROOT / "manage.py"), "prepare"],
            env=environment(
                tmp_path / "storage", DATABASE_URL=outside_url, ADMIN_EMAIL="a@b.co", ADMIN_PASSWORD="x-long-1!"
            ),
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    outputs = [command.communicate(timeout=120) for command in commands]
    assert [command.returncode for command in commands] == [0, 0], outputs
    assert sum("in one step" in output for output, _ in outputs) == 1
    with psycopg.connect(outside_url) as connection:
        assert connection.execute("select email from workspaces_user").fetchall() == [("a@b.co",)]


def test_web_and_worker_share_a_storage_and_log_to_the_console(prepared_url: str, tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    web = Product(storage, "--only", "web", "--logs", DATABASE_URL=prepared_url, name="web").until_up()
    worker = Product(storage, DATABASE_URL=prepared_url, MODE="worker", name="worker")
    try:
        worker.until_said("worker      ready")
        web.until(web.is_healthy)
        assert "Application startup complete" in web.said
        assert not (storage / "run" / "web.log").exists()
        assert not (storage / "postgres").exists()
        assert [child.cmdline()[-1] for child in worker.process.children()] == ["dify_project.worker"]
    finally:
        assert (web.stop(), worker.stop()) == (0, 0)


def test_a_part_alone_needs_a_database(tmp_path: Path) -> None:
    result = manage(tmp_path / "storage", "up", "--only", "web")
    assert result.returncode == 1
    assert "Without the part `database`, set DATABASE_URL or DB_HOST." in result.stderr


def test_migrations_can_be_left_to_the_operator(outside_url: str, tmp_path: Path) -> None:
    result = manage(tmp_path / "storage", "prepare", DATABASE_URL=outside_url, MIGRATION_ENABLED="false")
    assert result.returncode == 1
    assert "manage.py migrate" in result.stderr


def test_several_web_processes_share_the_port(prepared_url: str, tmp_path: Path) -> None:
    many = Product(
        tmp_path / "storage", "--only", "web", DATABASE_URL=prepared_url, SERVER_WORKER_AMOUNT="2"
    ).until_up()
    try:
        pids = {child.pid for child in many.process.children()}
        assert len(pids) == 2
        for number, pid in enumerate(pids, 1):  # the other one answers while this one is away
            os.kill(pid, 9)
            assert many.health()[0] == 200
            many.until(lambda: many.said.count("ready again") == number)  # noqa: B023 - called at once
    finally:
        many.stop()
