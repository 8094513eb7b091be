"""A whole product on a free port and a storage folder of its own, as `make run` starts it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import psutil

from .shell import Shell

ROOT = Path(__file__).resolve().parent.parent.parent
NOT_OURS = (
    "DATABASE_URL",
    "DB_HOST",
    "SECRET_KEY",
    "DJANGO_SETTINGS_MODULE",
    "STORAGE_LOCAL_PATH",
    "CELERY_BROKER_URL",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(storage: Path, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
    return {"DEMO": "0", **inherited, "STORAGE_LOCAL_PATH": str(storage), **more}


def manage(storage: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *arguments],
        env=environment(storage, **more),
        capture_output=True,
        text=True,
        timeout=120,
    )


class Product:
    def __init__(self, storage: Path, *arguments: str, name: str = "up", **more: str) -> None:
        self.storage, self.port = storage, free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._said = storage.with_name(f"{name}.said")
        self._shell: Shell | None = None
        storage.parent.mkdir(parents=True, exist_ok=True)
        with self._said.open("wb") as output:
            self.process = psutil.Popen(
                [sys.executable, str(ROOT / "manage.py"), "up", *arguments],
                env=environment(storage, DIFY_PORT=str(self.port), **more),
                stdout=output,
                stderr=output,
            )

    @property
    def said(self) -> str:
        return self._said.read_text()

    def until(self, condition, timeout_s: float = 60.0):
        """What `condition` returned once it was true."""
        deadline = time.monotonic() + timeout_s
        while True:
            result = condition()
            if result:
                return result
            assert time.monotonic() < deadline, f"waited {timeout_s} s in vain. It said:\n{self.said}{self.logs()}"
            time.sleep(0.05)

    def until_said(self, text: str, *, after: int = 0, timeout_s: float = 60.0) -> None:
        self.until(lambda: text in self.said[after:] or self.process.poll() is not None, timeout_s)
        assert text in self.said[after:], self.said + self.logs()

    def until_up(self) -> "Product":
        self.until_said(f"is at {self.url}")
        return self

    def logs(self) -> str:
        return "".join(f"\n--- {path.name}\n{path.read_text()[-2000:]}" for path in self.storage.glob("run/*.log"))

    def health(self) -> tuple[int, dict[str, Any]]:
        try:
            with urllib.request.urlopen(f"{self.url}/health", timeout=5) as response:
                return response.status, json.load(response)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)

    def is_healthy(self) -> bool:
        try:
            code, body = self.health()
        except OSError:
            return False
        return code == 200 and body["parts"]["worker"]["status"] == "ok"

    def part(self, text: str) -> psutil.Process:
        """The direct child with this in its command line."""
        found = [child for child in self.process.children() if text in " ".join(child.cmdline())]
        assert len(found) == 1, found
        return found[0]

    def command(self, *arguments: str) -> dict[str, Any]:
        """What a command answers with `--json`."""
        if self._shell is None:
            self._shell = Shell(environment(self.storage))
        code, output, errors = self._shell.run(*arguments, "--json")
        assert code == 0, errors
        answer: dict[str, Any] = json.loads(output)
        return answer

    def tree(self) -> list[psutil.Process]:
        return [self.process, *self.process.children(recursive=True)]

    def stop(self, number: int = signal.SIGTERM, timeout_s: float = 45.0) -> int:
        if self._shell is not None:
            self._shell.close()
            self._shell = None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return int(self.process.wait(timeout_s))
