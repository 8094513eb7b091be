"""Whatever is missing, the answer is a stated level or a clear 503; nothing ever runs without walls."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from sandbox.kernel import bpf, calls, filters, tables

from . import environments
from .conftest import KEY, ROOT, Sandbox, wait_for

MAIN = {"language": "python3", "code": "def main(): return {'a': 1}"}


def refused(sandbox: Sandbox, reason: str) -> None:
    for language, code in (
        ("python3", "def main(): return {}"),
        ("jinja2", "x"),
        ("javascript", "function main() { return {}; }"),
    ):
        answer = sandbox.post("/v1/run", {"language": language, "code": code})
        assert answer.status == 503
        assert answer.json()["error"]["kind"] == "sandbox_unavailable"
        assert reason in answer.json()["error"]["message"]
    health = sandbox.client.get("/health")
    assert health.status == 503
    assert health.json()["level"] == 0
    assert sandbox.post("/v1/sandbox/run", {"language": "python3", "code": "1"}).json()["code"] == -503


def test_each_surrounding_has_its_level(sandbox: Sandbox) -> None:
    assert sandbox.level == {"root": 2, "user": 2, "ctr_root": 1, "ctr_user": 1}[sandbox.name]


def test_a_container_below_the_asked_level_runs_nothing(start) -> None:
    refused(start("ctr_root", SANDBOX_MIN_LEVEL="2"), "level 2")


def test_namespaces_do_without_landlock(start) -> None:
    sandbox = start("no_landlock")
    assert sandbox.level == 2
    assert sandbox.health()["landlock"] == 0
    sandbox.answers()


def test_without_landlock_and_namespaces_nothing_runs(start) -> None:
    refused(start("no_landlock_in_container"), "Landlock")


def test_without_seccomp_nothing_runs(start) -> None:
    refused(start("no_seccomp"), "")


def test_without_node_python_runs(start) -> None:
    sandbox = start("root", PATH="/nonexistent")
    sandbox.answers()
    answer = sandbox.post("/v1/run", {"language": "javascript", "code": "function main() {}"})
    assert answer.status == 503
    assert "node is not installed" in answer.json()["error"]["message"]
    assert "node is not installed" in sandbox.health()["languages"]["javascript"]


def test_a_killed_fork_server_is_replaced(start) -> None:
    sandbox = start()
    answers = []

    def ask(code: str) -> None:
        answers.append(sandbox.post("/v1/run", {"language": "python3", "code": code, "timeout": 20}))

    running = threading.Thread(target=ask, args=["import time\ndef main(): time.sleep(15)"])
    running.start()
    assert wait_for(lambda: sandbox.health()["running"] == 1)
    before = sandbox.tree()
    os.kill(sandbox.forkserver().pid, signal.SIGKILL)
    assert wait_for(lambda: sandbox.health()["restarts"] == 1)
    sandbox.answers()  # waits for the new one
    running.join(10)
    assert answers[0].status == 503
    assert answers[0].json()["error"]["kind"] == "sandbox_restarted"
    assert [process for process in before if process.is_running()] == []  # reaped too
    assert sandbox.run("javascript", "function main() { return {a: 1}; }")["result"] == {"a": 1}


def test_a_stopped_fork_server_does_not_stop_the_clock_for_ever(start) -> None:
    sandbox = start()
    os.kill(sandbox.forkserver().pid, signal.SIGSTOP)
    begun = time.monotonic()
    answer = sandbox.post("/v1/run", {**MAIN, "timeout": 1})
    assert answer.status == 503
    assert time.monotonic() - begun < 15
    sandbox.answers()


def test_a_killed_service_leaves_no_process(start) -> None:
    sandbox = start()
    threading.Thread(
        target=lambda: pytest.raises(
            OSError, sandbox.run, "python3", "import time\ndef main(): time.sleep(30)", timeout=40
        )
    ).start()
    assert wait_for(lambda: sandbox.health()["running"] == 1)
    assert wait_for(lambda: len(sandbox.tree()) >= 3)  # fork server, node worker, run
    left = sandbox.tree()
    sandbox.process.kill()
    sandbox.process.wait()
    assert wait_for(lambda: not any(process.is_running() and process.status() != "zombie" for process in left))


EACH = (
    ("python3", "def main(): return {'a': 1}", {"a": 1}),
    ("jinja2", "a", "a"),
    ("javascript", "function main() { return {a: 1}; }", {"a": 1}),
)


def test_a_full_disk_changes_nothing(start) -> None:
    """Neither that of the storage folder nor that of the log; nor when the fork server must be started anew."""
    sandbox = start("full_disk_and_log")
    for _ in range(2):
        assert sandbox.level == 2
        for language, code, result in EACH:
            assert sandbox.run(language, code)["result"] == result
        restarts = sandbox.health()["restarts"]
        os.kill(sandbox.forkserver().pid, signal.SIGKILL)
        assert wait_for(lambda: sandbox.health()["restarts"] > restarts)  # noqa: B023 - called at once
        assert wait_for(lambda: sandbox.level == 2)


def test_a_full_disk_at_the_first_start_is_said(tmp_path, needs_root) -> None:
    env = {"SANDBOX_PORT": "0", "STORAGE_LOCAL_PATH": str(tmp_path), "PATH": os.environ["PATH"]}
    command = [sys.executable, environments.__file__, "full_disk", sys.executable, "-m", "sandbox"]
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=20)
    assert ended.returncode == 1
    assert "No space left on device. Set SANDBOX_API_KEY." in ended.stderr
    assert "Traceback" not in ended.stderr


def test_level_1_serves_every_form(start) -> None:
    sandbox = start("ctr_user")
    assert sandbox.level == 1
    for language, code, result in EACH:
        assert sandbox.run(language, code)["result"] == result
        jobs = [{"code": code}, {"code": code}]
        answer = sandbox.post("/v1/batch", {"language": language, "jobs": jobs})
        assert answer.json()["results"] == [{"result": result}] * 2
    answer = sandbox.post("/v1/sandbox/run", {"language": "python3", "code": "print(1)"})
    assert answer.json()["data"] == {"stdout": "1\n", "error": ""}


def test_a_node_that_does_not_start_leaves_python(start, tmp_path) -> None:
    node = tmp_path / "node"
    node.write_text("#!/bin/sh\nexit 1\n")
    node.chmod(0o755)
    tmp_path.chmod(0o755)
    sandbox = start("root", PATH=f"{tmp_path}:{os.environ['PATH']}")
    sandbox.answers()
    answer = sandbox.post("/v1/run", {"language": "javascript", "code": "function main() {}"})
    assert (answer.status, answer.json()["error"]["kind"]) == (503, "sandbox_unavailable")
    assert "node does not start" in sandbox.health()["languages"]["javascript"]


def test_no_file_is_needed_for_a_run(start) -> None:
    """The service and its runs write nothing at all."""
    sandbox = start()
    known = {path: path.stat().st_mtime for path in sandbox.folder.rglob("*") if path != sandbox.log}
    for language, code, _ in EACH:
        sandbox.run(language, code)
    assert {path: path.stat().st_mtime for path in sandbox.folder.rglob("*") if path != sandbox.log} == known
    opened = [file.path for file in __import__("psutil").Process(sandbox.process.pid).open_files() if file.mode != "r"]
    assert [path for path in opened if path not in (str(sandbox.log), str(sandbox.folder / "inherited.txt"))] == []


@pytest.mark.parametrize("key", ["dify-sandbox", "short", "é" * 30])
def test_no_published_or_weak_key(tmp_path, key: str) -> None:
    env = {"SANDBOX_API_KEY": key, "SANDBOX_PORT": "0", "STORAGE_LOCAL_PATH": str(tmp_path), "PATH": os.environ["PATH"]}
    ended = subprocess.run(
        [sys.executable, "-m", "sandbox"], cwd=ROOT, env=env, capture_output=True, text=True, timeout=20
    )
    assert ended.returncode == 1
    assert "SANDBOX_API_KEY" in ended.stderr
    assert key not in ended.stderr


def test_a_key_is_made_at_the_first_start(start) -> None:
    sandbox = start("root", SANDBOX_API_KEY="")
    path = sandbox.folder / "storage" / "keys" / "sandbox_key"
    key = path.read_text().strip()
    assert len(key) > 40
    assert path.stat().st_mode & 0o777 == 0o600
    assert sandbox.post("/v1/run", MAIN, key=KEY).status == 401
    assert sandbox.post("/v1/run", MAIN, key=key).status == 200


def test_the_key_is_in_no_environment_and_no_command(start) -> None:
    sandbox = start()
    for process in sandbox.tree():
        assert KEY not in json.dumps(process.environ()) + " ".join(process.cmdline())


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_for_each_machine(machine: str) -> None:
    program = bpf.assemble(
        machine=machine, allowed=filters.ALLOWED, conditional=filters.CONDITIONAL, refused=filters.REFUSED
    )
    assert len(program) // 8 < 4096
    table = calls.TABLES[machine]
    for needed in ("read", "write", "mmap", "futex", "exit_group", "clone", "openat", "execve"):
        assert needed in table
    assert table["clone"] == {"x86_64": 56, "aarch64": 220}[machine]
    assert len(set(table.values())) == len(table)
    assert tables.X86_64.keys() >= tables.ARM64.keys()


@pytest.mark.parametrize("machine", ["riscv64", "ppc64le", "i686", ""])
def test_an_unknown_machine_is_refused(monkeypatch, machine: str) -> None:
    with pytest.raises(calls.UnknownMachineError):
        bpf.assemble(machine=machine, allowed=(), conditional={}, refused={})
    monkeypatch.setattr("platform.machine", lambda: machine)
    with pytest.raises(calls.UnknownMachineError):
        filters.for_python()
