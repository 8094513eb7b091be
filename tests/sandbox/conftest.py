"""A real sandbox in each of its surroundings, with canaries around it."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httptools
import jinja2
import markupsafe
import psutil
import pytest

from tests.http import Answer, Client

from . import environments

ROOT = Path(__file__).resolve().parents[2]
KEY = "a-key-only-for-these-tests"
SECRET = "canary-in-the-environment"
START_S = 60


def pytest_collection_modifyitems(items) -> None:
    for item in items:
        if "tests/sandbox" in str(item.path):
            item.add_marker(pytest.mark.sandbox)


def interpreter() -> str:
    """One every user can start; packages of ours must fit it."""
    for path in (os.path.realpath(sys.executable), "/usr/bin/python3", "/usr/local/bin/python3"):
        reachable = all(parent.stat().st_mode & 1 for parent in Path(path).parents if parent.exists())
        if os.path.exists(path) and reachable:
            code = "import sys; print(sys.version_info[:2])"
            version = subprocess.run([path, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
            if version == str(sys.version_info[:2]):
                return path
    pytest.skip(f"no Python {sys.version_info[:2]} outside of private folders for an unprivileged user")


def wait_for(condition, seconds: float = 5) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


class Canaries:
    """Files, sockets and secrets that nobody may reach; `touched` says who did."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o755)
        self.folder, self.hits = folder, 0
        self.file = folder / "canary.txt"
        self.file.write_text("the canary")
        self.writable = folder / "writable"
        self.writable.mkdir()
        self.writable.chmod(0o777)
        self.unix_path, self.abstract = str(folder / "canary.socket"), f"canary-{os.getpid()}"
        self._listeners = [socket.create_server(("127.0.0.1", 0))]
        self.port = self._listeners[0].getsockname()[1]
        with suppress(OSError):
            self._listeners.append(socket.create_server(("::1", self.port), family=socket.AF_INET6))
        for kind, address in (
            (socket.SOCK_STREAM, self.unix_path),
            (socket.SOCK_STREAM, "\0" + self.abstract),
            (socket.SOCK_DGRAM, "\0" + self.abstract),
        ):
            with suppress(OSError):
                listener = socket.socket(socket.AF_UNIX, kind)
                listener.bind(address)
                if kind == socket.SOCK_STREAM:
                    listener.listen()
                self._listeners.append(listener)
        os.chmod(self.unix_path, 0o777)
        for listener in self._listeners:
            threading.Thread(target=self._count, args=[listener], daemon=True).start()

    def _count(self, listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                if listener.type == socket.SOCK_STREAM:
                    listener.accept()[0].close()
                else:
                    listener.recv(100)
                self.hits += 1

    @property
    def touched(self) -> list[str]:
        found = [
            str(path)
            for folder in (self.writable, Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"), Path("/"))
            for path in folder.glob("escaped*")
        ]
        return found + ([f"{self.hits} connections"] if self.hits else [])

    def close(self) -> None:
        for listener in self._listeners:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()


class Sandbox:
    """`python -m sandbox` in one of the surroundings, from a copy that every user can read."""

    def __init__(self, surroundings: str, folder: Path, **env: str) -> None:
        python = (
            os.path.realpath(sys.executable)
            if surroundings.endswith("root") or surroundings.startswith(("no_", "full_"))
            else interpreter()
        )
        self.folder, self.python = folder, python
        folder.chmod(0o755)
        for module in (httptools, jinja2, markupsafe):
            source = Path(module.__file__ or "").parent
            shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "sandbox", folder / "sandbox", ignore=shutil.ignore_patterns("__pycache__"))
        storage = folder / "storage"
        storage.mkdir()
        storage.chmod(0o777)
        self.canary = os.open(folder / "inherited.txt", os.O_RDWR | os.O_CREAT, 0o600)
        os.write(self.canary, b"inherited")
        read, write = os.pipe()
        self.log = folder / "log.txt"
        variables = {"PATH": os.environ["PATH"], "PYTHONPATH": str(folder), "SANDBOX_PORT": "0", "SANDBOX_API_KEY": KEY,
                     "STORAGE_LOCAL_PATH": str(storage), "READY_FD": str(write), "DATABASE_URL": SECRET, **env}  # fmt: skip
        command = [sys.executable, environments.__file__, surroundings, python, "-m", "sandbox"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd="/", env=variables, pass_fds=[write, self.canary], stderr=log, stdout=log
            )
        os.close(write)
        with os.fdopen(read) as pipe:
            line = pipe.readline()
        assert line, self.log.read_text()
        self.detail = json.loads(line)["detail"]
        self.port = int(self.detail.split()[-1])
        self.client = Client(f"http://127.0.0.1:{self.port}", timeout_s=90)
        self.path = "/v1/run"
        self.facts: dict = {}

    def post(self, path: str, body, key: str = KEY) -> Answer:
        return self.client.request("POST", path, body, headers={"X-Api-Key": key})

    def run(self, language: str, code: str, inputs=None, **fields) -> dict:
        answer = self.post("/v1/run", {"language": language, "code": code, "inputs": inputs or {}, **fields})
        assert answer.status == 200, answer.body
        return answer.json()

    def health(self) -> dict:
        return self.client.get("/health").json()

    @property
    def level(self) -> int:
        return self.health()["level"]

    def answers(self) -> None:
        assert self.run("python3", "def main(x): return {'y': x + 1}", {"x": 1})["result"] == {"y": 2}

    def tree(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)

    def forkserver(self) -> psutil.Process:
        return psutil.Process(self.process.pid).children()[0]

    def strangers(self) -> list[psutil.Process]:
        """Processes that are neither the fork server nor node workers that wait."""
        found = []
        for process in self.tree():
            with suppress(psutil.Error):
                if process.pid != self.forkserver().pid and (process.name() != "node" or process.status() == "zombie"):
                    found.append(process)
        return found

    def is_tidy(self) -> bool:
        return not self.strangers() and len(self.tree()) <= 2 + 2 * (os.cpu_count() or 1) * 2

    def stop(self) -> None:
        pids = [process.pid for process in self.tree()] if self.process.poll() is None else []
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGKILL)
            raise
        os.close(self.canary)
        assert wait_for(lambda: not any(psutil.pid_exists(pid) for pid in pids), 5)


def _folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="sandbox-test-"))
    folder.chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def needs_root() -> None:
    if os.geteuid() != 0:
        pytest.skip("the surroundings are made by dropping privileges, which needs root")


@pytest.fixture(scope="session", params=environments.NAMES)
def sandbox(request, needs_root) -> Iterator[Sandbox]:
    folder = _folder()
    sandbox = Sandbox(request.param, folder)
    sandbox.name = request.param
    try:
        if sandbox.health()["level"] == 0:
            pytest.skip(f"this kernel has no level for {request.param}: {sandbox.health()['reason']}")
        yield sandbox
    finally:
        sandbox.stop()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def plain(needs_root) -> Iterator[Sandbox]:
    """One in the best surroundings, for what does not depend on them."""
    folder = _folder()
    sandbox = Sandbox("root", folder)
    yield sandbox
    sandbox.stop()
    shutil.rmtree(folder)


@pytest.fixture
def start(needs_root):
    """Starts further ones: `start("no_landlock", SANDBOX_MIN_LEVEL="2")`."""
    started, folders = [], []

    def begin(surroundings: str = "root", **env: str) -> Sandbox:
        folders.append(_folder())
        started.append(Sandbox(surroundings, folders[-1], **env))
        return started[-1]

    yield begin
    for sandbox in started:
        sandbox.stop()
    for folder in folders:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def canaries() -> Iterator[Canaries]:
    folder = _folder()
    canaries = Canaries(folder)
    yield canaries
    canaries.close()
    shutil.rmtree(folder)
