"""Cold start of a new installation, a second start, and idle memory (PSS of the whole tree, Postgres included).

python bench/startup.py [--rounds 3] [--idle 20]
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from product import ROOT, Product, new_product

OUT = ROOT / "bench" / "out" / "startup.json"
MIB = 2**20


def memory(product: Product) -> dict[str, float]:
    """PSS in MiB by part."""
    parts: dict[str, float] = {}
    for process in product.tree():
        try:
            command, pss_bytes = " ".join(process.cmdline()), process.memory_full_info().pss
        except psutil.NoSuchProcess:  # Postgres' helpers come and go
            continue
        name = next((part for part in ("web", "worker", "sandbox") if f"dify_project.{part}" in command), "")
        name = name or ("supervisor" if process.pid == product.process.pid else "postgres")
        parts[name] = parts.get(name, 0) + pss_bytes / MIB
    return parts


@contextmanager
def started(folder: Path) -> Iterator[tuple[Product, float]]:
    """The running product, and the seconds until web, database and worker were well."""
    began = time.monotonic()
    product = new_product(folder)
    try:
        product.until(product.is_healthy)
        yield product, time.monotonic() - began
    finally:
        product.stop()


def measure(idle_s: float) -> dict[str, float]:
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        with started(Path(folder)) as (product, cold_s):
            time.sleep(idle_s)
            parts = memory(product)
        with started(Path(folder)) as (_, warm_s):
            pass
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
