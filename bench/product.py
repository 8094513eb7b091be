"""Starts the product and its surroundings for a benchmark, and ends them."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
CHAT_APP = """
app: {{name: "{name}", mode: chat}}
kind: app
version: "0.1.5"
model_config:
  model: {{provider: openai_api_compatible, name: "{model}", mode: chat, completion_params: {{max_tokens: 512}}}}
  pre_prompt: You are a helpful assistant.
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(url: str, timeout_s: float = 60) -> None:
    end = time.monotonic() + timeout_s
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).read()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.1)


@contextmanager
def process(*command: str, log: Path, **environment: str):
    """A child that is ended with the block."""
    with log.open("wb") as output:
        child = subprocess.Popen(
            command, env={**os.environ, **environment}, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT
        )
        try:
            yield child
        finally:
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(45)
            except subprocess.TimeoutExpired:
                child.kill()


class Product:
    """The running product: its address, its commands, its processes."""

    def __init__(self, folder: Path, supervisor: subprocess.Popen[bytes], port: int) -> None:
        self.folder, self.supervisor = folder, supervisor
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {**os.environ, "STORAGE_LOCAL_PATH": str(folder / "storage")}

    def command(self, *arguments: str) -> dict:
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments, "--json"],
            env=self.environment, cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{arguments[0]} failed: {done.stderr or done.stdout}")
        return json.loads(done.stdout)

    def chat_key(self, name: str, model: str) -> str:
        """Imports and publishes a chat app on `model`; returns a key of it."""
        path = self.folder / f"{name}.yml"
        path.write_text(CHAT_APP.format(name=name, model=model))
        app = self.command("app_import", str(path), "--publish")
        return self.command("app_key", app["app_id"])["token"]

    def pid(self, word: str) -> int:
        """The topmost process below the supervisor whose command line holds `word`."""
        for child in psutil.Process(self.supervisor.pid).children(recursive=True):
            if word in " ".join(child.cmdline()):
                return child.pid
        raise SystemExit(f"no process of {word!r}")


@contextmanager
def running():
    """The product on a fresh storage, a fake model server and the floor; yields (product, upstream URL, floor URL)."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        folder.chmod(0o755)
        upstream_port, floor_port, port = free_port(), free_port(), free_port()
        upstream = f"http://127.0.0.1:{upstream_port}/v1"
        python = sys.executable
        stack.enter_context(process(
            python, "bench/upstream.py", "--port", str(upstream_port), "--chunks", "50", log=folder / "upstream.log"
        ))  # fmt: skip
        stack.enter_context(process(
            python, "-m", "uvicorn", "bench.floor:application", "--port", str(floor_port), "--log-level", "warning",
            log=folder / "floor.log", BENCH_UPSTREAM=upstream,
        ))  # fmt: skip
        supervisor = stack.enter_context(process(
            python, "manage.py", "up", log=folder / "up.log", DIFY_PORT=str(port),
            STORAGE_LOCAL_PATH=str(folder / "storage"), ADMIN_EMAIL="bench@example.org",
            ADMIN_PASSWORD=secrets.token_urlsafe(12),
        ))  # fmt: skip
        product = Product(folder, supervisor, port)
        wait_for(f"{product.url}/health")
        wait_for(f"{upstream}/models")
        credentials = json.dumps({"base_url": upstream, "api_key": "bench"})
        product.command(
            "provider_set", "openai_api_compatible", "--credentials", credentials,
            "--model", "fake:llm:16000", "gen-50-20:llm:16000",
        )  # fmt: skip
        yield product, upstream, f"http://127.0.0.1:{floor_port}/"
