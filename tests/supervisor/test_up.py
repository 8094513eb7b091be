"""`manage.py up` as a person meets it: one line per part, health, a second one, crashes, the end."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import psutil
import psycopg
import pytest

from dify_project.supervisor.embedded import Embedded
from tests.database import ready_made

from .product import ROOT, Product, environment, free_port, manage


def test_says_one_line_per_part_then_the_address_and_how_to_sign_in(product: Product) -> None:
    lines = product.said.splitlines()
    ready = [line.split()[0] for line in lines if " ready in " in line]
    assert ready[:2] == ["database", "migrations"]
    assert sorted(ready[2:]) in (["web", "worker"], ["sandbox", "web", "worker"])
    assert f"Parley is at {product.url}" in lines
    assert "Sign in as owner@example.com." in lines


def test_health_names_parts_and_versions(product: Product) -> None:
    product.until(product.is_healthy)
    code, body = product.health()
    assert code == 200
    assert body["status"] == "ok"
    assert body["parts"]["database"] == {"status": "ok"}
    beat = body["parts"]["worker"]["heartbeats"][0]
    assert beat["pid"] == product.part("dify_project.worker").pid
    assert beat["age_s"] < 20
    assert body["parts"]["sandbox"]["status"] in {"ok", "unavailable"}  # unavailable: a kernel without walls
    assert body["parts"]["sandbox"]["level"] in {0, 1, 2}
    assert body["versions"]["postgres"].startswith("18.")
    assert body["versions"]["pgvector"]


def test_a_second_up_names_the_first_and_ends_with_1(product: Product) -> None:
    second = manage(product.storage, "up", DIFY_PORT=str(product.port + 1))
    assert second.returncode == 1
    assert f"process {product.process.pid}) at {product.url}" in second.stderr
    assert len(second.stderr.splitlines()) == 1


def test_a_taken_port_is_said(product: Product, tmp_path: Path) -> None:
    other = manage(tmp_path / "storage", "up", DIFY_PORT=str(product.port))
    assert other.returncode == 1
    assert f"Cannot listen on 127.0.0.1:{product.port}" in other.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("MODE", "beat", "MODE must be api or worker, or unset to run everything, not 'beat'."),
        ("DIFY_PORT", "70000", "DIFY_PORT must be a whole number from 1 to 65535, not '70000'."),
        ("SANDBOX_PORT", "abc", "SANDBOX_PORT must be a whole number, not 'abc'."),
        ("LOG_LEVEL", "loud", "LOG_LEVEL must be one of INFO, DEBUG, WARNING, ERROR, CRITICAL, not 'loud'."),
    ],
)
def test_a_wrong_variable_is_said_in_a_sentence(tmp_path: Path, name: str, value: str, sentence: str) -> None:
    variables = {"DIFY_PORT": str(free_port()), name: value}
    result = manage(tmp_path / "storage", "up", **variables)
    assert result.returncode == 1
    said = result.stderr.splitlines()[-1]
    assert sentence in said
    assert "ImproperlyConfigured" not in said


def test_keys_and_folders_are_private(product: Product) -> None:
    storage = product.storage
    for folder in ("keys", "files", "run", "tmp", "postgres"):
        assert stat.S_IMODE((storage / folder).stat().st_mode) == 0o700, folder
    for key in ("secret_key", "sandbox_key"):
        assert stat.S_IMODE((storage / "keys" / key).stat().st_mode) == 0o600
        assert len((storage / "keys" / key).read_text()) > 40
    assert stat.S_IMODE(storage.stat().st_mode) == (0o701 if os.geteuid() == 0 else 0o700)
    for log in storage.glob("run/*"):
        assert stat.S_IMODE(log.stat().st_mode) == 0o600, log


def test_postgres_listens_on_no_network(product: Product) -> None:
    tree = product.tree()
    listening = {
        connection.laddr.port
        for process in tree
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    sandbox = int(product.said.split("on port ")[1].split(")")[0])
    assert listening == {product.port, sandbox}


def test_the_password_stays_out_of_the_long_running_parts(product: Product) -> None:
    for name in ("dify_project.web", "dify_project.worker"):
        assert "ADMIN_PASSWORD" not in product.part(name).environ()


def test_a_command_uses_the_running_database(product: Product) -> None:
    result = manage(
        product.storage, "shell", "-v", "0", "-c", "from apps.workspaces.models import User; print(User.objects.get())"
    )
    assert result.stdout.strip() == "owner@example.com", result.stderr


@pytest.mark.parametrize("part", ["web", "worker", "database", "sandbox"])
def test_a_killed_part_is_named_and_started_again(product: Product, part: str) -> None:
    product.until(product.is_healthy)
    before = len(product.said)
    victim = product.part({"database": "postgres", "sandbox": "-m sandbox"}.get(part, f"dify_project.{part}"))
    left = victim.children(recursive=True)
    victim.kill()
    product.until_said(f"{part:<11} was killed by SIGKILL; starting it again", after=before)
    product.until_said(f"{part:<11} ready again", after=before)
    product.until(product.is_healthy, 30)
    assert product.process.is_running()
    assert [process for process in left if process.is_running()] == []


def test_health_is_503_at_once_while_the_database_is_away(product: Product) -> None:
    postgres = product.part("postgres")
    postgres.suspend()
    backends = postgres.children()
    try:
        time.sleep(1.1)  # the last answer is kept for a second
        began = time.monotonic()
        code, body = product.health()
        assert code == 503
        assert body["parts"]["database"] == {"status": "unavailable"}
        assert time.monotonic() - began < 8  # and not the ten that a pool waits
    finally:
        postgres.resume()
    assert backends
    product.until(product.is_healthy, 30)


def test_a_request_made_while_the_web_server_is_away_is_answered_by_the_next(product: Product) -> None:
    product.part("dify_project.web").kill()
    with urllib.request.urlopen(f"{product.url}/health", timeout=20) as response:
        assert response.status == 200
    product.until(product.is_healthy, 30)


@pytest.mark.slow
def test_periodic_tasks_go_on_after_the_database_was_away_and_their_messages_are_pruned(product: Product) -> None:
    said = len(product.said)
    product.part("postgres").kill()
    product.until_said("database    ready again", after=said)
    server = Embedded(product.storage).url()
    with psycopg.connect(server, autocommit=True) as connection:

        def handed_out() -> int:
            row = connection.execute("select coalesce(max(id), 0) from kombu_message where not visible").fetchone()
            return int(row[0]) if row else 0

        before = handed_out()
        product.until(lambda: handed_out() > before, 40)
        code = "from apps.common.tasks import prune_broker; print(prune_broker())"
        pruned = manage(product.storage, "shell", "-v", "0", "-c", code)
        assert int(pruned.stdout) > 0, pruned.stderr
        kept = connection.execute("select count(*) from kombu_message where id <= %s", [before + 1]).fetchone()
        assert kept == (0,)


@pytest.mark.slow
def test_two_side_by_side_and_sigterm_leaves_no_process(product: Product, tmp_path: Path) -> None:
    other = Product(ready_made(tmp_path / "storage"), REDIS_HOST="redis").until_up()
    try:
        assert "REDIS_HOST is not used: Postgres does its work" in other.said
        assert f"Create the first account: {other.url}/install" in other.said
        other.until(other.is_healthy)
        product.until(product.is_healthy)
        tree = other.tree()
    finally:
        code = other.stop(signal.SIGTERM)
    assert code == 0
    assert other.said.endswith("Stopped.\n")
    assert [process for process in tree if process.is_running()] == []
    assert not (other.storage / "postgres" / "postmaster.pid").exists()
    assert product.is_healthy()


@pytest.mark.slow
def test_a_killed_supervisor_leaves_no_process_and_starts_again(tmp_path: Path) -> None:
    first = Product(ready_made(tmp_path / "storage")).until_up()
    tree = first.tree()
    first.process.kill()
    first.process.wait()
    second = Product(tmp_path / "storage").until_up()
    try:
        second.until(second.is_healthy)
        assert [process for process in tree if process.is_running()] == []
    finally:
        second.stop(signal.SIGINT)


def test_a_program_that_cannot_start_ends_the_start_with_its_reason(tmp_path: Path) -> None:
    result = manage(tmp_path / "storage", "up", MODEL_IDLE_TIMEOUT_S="soon")
    assert result.returncode == 1
    assert "MODEL_IDLE_TIMEOUT_S must be a number of seconds, not 'soon'." in result.stderr
    assert "migrations.log" in result.stderr


def test_a_command_without_up_brings_its_own_database_and_key(tmp_path: Path) -> None:
    storage = tmp_path / "storage"
    result = manage(storage, "setup", "--email", "a@b.co", "--password", "correct horse 7", "--json")
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout)["created"] is True
    assert (tmp_path / "storage" / "keys" / "secret_key").exists()
    assert not (tmp_path / "storage" / "postgres" / "postmaster.pid").exists()


def test_a_path_too_long_for_a_socket_gets_a_short_private_one(tmp_path: Path) -> None:
    storage = ready_made(tmp_path / ("long-" * 20) / "storage")
    code = "import sys; from django.db import connection as c; print(c.settings_dict['HOST']); c.ensure_connection()"
    result = manage(storage, "shell", "-v", "0", "-c", code)
    assert result.returncode == 0, result.stderr
    folder = Path(result.stdout.strip())
    assert folder.parent == Path("/tmp")
    assert not folder.exists()


def test_the_supervisor_imports_neither_django_nor_the_apps() -> None:
    code = (
        "import sys; import dify_project.supervisor.run, dify_project.supervisor.commands;"
        "print([name for name in sys.modules if name.split('.')[0] in {'django', 'apps', 'celery', 'psycopg'}])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment(Path("/nowhere")), capture_output=True, text=True
    )
    assert result.stdout.strip() == "[]", result.stderr
