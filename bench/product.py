"""The product and its surroundings for a benchmark, by what the tests of running processes use.

Scripts in this folder import it first: it puts the repository on the path.
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.fakes.upstream import Upstream  # noqa: E402 - found by the line above
from tests.faults.running import publish_app, set_provider, sql  # noqa: E402
from tests.supervisor.product import Product, free_port  # noqa: E402

__all__ = ["MODELS", "ROOT", "Bench", "Product", "new_product", "running", "sql"]
MODELS = ("fake", "gen-50-20")


def new_product(folder: Path, **more: str) -> Product:
    """The product, being started on an empty storage below `folder`; `more` are settings."""
    folder.chmod(0o755)  # as root the database runs as another user
    return Product(folder / "storage", ADMIN_EMAIL="bench@example.org", ADMIN_PASSWORD="bench-Password-1", **more)  # noqa: S106


@dataclass(frozen=True)
class Bench:
    """What one run of a benchmark has at hand."""

    product: Product
    folder: Path
    floor_url: str
    floor_pid: int

    def chat_key(self, model: str) -> str:
        """Publishes a chat app on `model`; returns a key of it."""
        app_id = publish_app(self.product, self.folder, model)
        return str(self.product.command("app_key", app_id)["token"])

    def pid(self, part: str) -> int:
        """The process of a part, by a word of its command line."""
        return int(self.product.part(part).pid)


@contextmanager
def running() -> Iterator[Bench]:
    """The product on a fresh storage, a fake model server and the floor, until the end of the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        upstream = Upstream("--chunks", "50")
        stack.callback(upstream.stop)
        port = free_port()
        floor = subprocess.Popen(
            [sys.executable, "-m", "uvicorn", "bench.floor:application", "--port", str(port), "--log-level", "warning"],
            env={**os.environ, "BENCH_UPSTREAM": upstream.base_url},
            cwd=ROOT,
        )
        stack.callback(floor.wait)
        stack.callback(floor.terminate)
        product = new_product(folder)
        stack.callback(product.stop)
        product.until(product.is_healthy)
        set_provider(product, upstream.base_url, *(f"{model}:llm:16000" for model in MODELS))
        yield Bench(product, folder, f"http://127.0.0.1:{port}/", floor.pid)
