"""Cold start of a new installation, a second start, and idle memory (PSS of the whole tree, Postgres included).

python bench/startup.py [--rounds 3] [--idle 20]
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "bench" / "out" / "startup.json"
MIB = 2**20


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=2) as response:
            return json.load(response)["parts"]["worker"]["status"] == "ok"
    except OSError:
        return False


def start(storage: Path) -> tuple[psutil.Popen, float]:
    """Starts the product; returns it and the seconds until web, database and worker are well."""
    port = free_port()
    more = {"STORAGE_LOCAL_PATH": str(storage), "DIFY_PORT": str(port)}
    began = time.monotonic()
    product = psutil.Popen(
        [sys.executable, str(ROOT / "manage.py"), "up"],
        env={**os.environ, "ADMIN_EMAIL": "a@b.co", "ADMIN_PASSWORD": "bench-Password-1", **more},
        stderr=subprocess.DEVNULL,
    )
    while not healthy(f"http://127.0.0.1:{port}"):
        if product.poll() is not None:
            raise SystemExit("it did not start; run `make run` to see why")
        time.sleep(0.02)
    return product, time.monotonic() - began


def memory(product: psutil.Popen) -> dict[str, float]:
    """PSS in MiB by part."""
    parts: dict[str, float] = {}
    for process in [product, *product.children(recursive=True)]:
        command = " ".join(process.cmdline())
        name = next((part for part in ("web", "worker", "sandbox") if f"dify_project.{part}" in command), "")
        name = name or ("supervisor" if process.pid == product.pid else "postgres")
        parts[name] = parts.get(name, 0) + process.memory_full_info().pss / MIB
    return parts


def measure(idle_s: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        storage = Path(folder) / "storage"
        product, cold_s = start(storage)
        time.sleep(idle_s)
        parts = memory(product)
        product.terminate()
        product.wait(60)
        product, warm_s = start(storage)
        product.terminate()
        product.wait(60)
    total = sum(parts.values())
    return {"cold start, s": cold_s, "next start, s": warm_s, "idle, MiB": total} | {
        f"idle {name}, MiB": size for name, size in parts.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--idle", type=float, default=20, help="seconds of rest before memory is read")
    options = parser.parse_args()
    rounds = [measure(options.idle) for _ in range(options.rounds)]
    median = {name: round(statistics.median(result[name] for result in rounds), 1) for name in rounds[0]}
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(json.dumps({"median": median, "rounds": rounds}, indent=1))
    for name, value in median.items():
        print(f"{name:<22} {value}")


if __name__ == "__main__":
    main()
