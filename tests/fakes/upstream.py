"""The fake OpenAI-protocol server (`bench/upstream.py`) as a process of its own, on a free port."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

SCRIPT = Path(__file__).resolve().parents[2] / "bench" / "upstream.py"


class Upstream:
    def __init__(self, *arguments: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.root = f"http://127.0.0.1:{self.port}"
        self.base_url = f"{self.root}/v1"
        self._process = subprocess.Popen([sys.executable, str(SCRIPT), "--port", str(self.port), *arguments])
        self._wait()

    def _wait(self) -> None:
        for _ in range(300):
            if self._process.poll() is not None:
                break
            try:
                self.stats()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise RuntimeError("the fake upstream did not start")

    def stats(self) -> dict[str, int]:
        """Counts since the last reset."""
        return dict(json.load(urllib.request.urlopen(f"{self.root}/stats", timeout=5)))

    def last(self) -> list[dict[str, Any]]:
        """The latest requests, newest first, with their body taken apart (a form's stays text)."""
        rows = json.load(urllib.request.urlopen(f"{self.root}/last", timeout=5))
        return [{**row, "body": _parsed(row)} for row in rows]

    def embedded(self) -> list[tuple[float, list[str]]]:
        """With `--keep-texts`: when each call of embeddings came, and digests of model and text."""
        return [(when, texts) for when, texts in json.load(urllib.request.urlopen(f"{self.root}/embedded", timeout=30))]

    def reset(self) -> None:
        urllib.request.urlopen(urllib.request.Request(f"{self.root}/reset", method="POST"), timeout=5).close()

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)


def _parsed(row: dict[str, Any]) -> Any:
    is_form = row["headers"].get("content-type", "").startswith("multipart/")
    return row["body"] if is_form else json.loads(row["body"])
