"""Segments per second from upload to searchable, with an embedding server on this machine that costs next to nothing.

    python bench/indexing.py [--segments 20000]

The text is real: documentation in the sources of Python and of the installed packages, each passage its own. The file
is uploaded by the knowledge API, read, split, embedded and written by the product's worker; the clock runs from the
request until the document's status is `completed`. CPU is of the worker and of Postgres.
"""

import argparse
import ast
import json
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
from product import Product, new_product, sql

from tests.fakes.upstream import Upstream
from tests.faults.running import set_provider
from tests.http import Client, Part, form

MODEL = "text-embedding-3-small"
RULE = {
    "mode": "custom",
    "rules": {
        "pre_processing_rules": [],
        "segmentation": {"separator": "\n\n", "max_tokens": 500, "chunk_overlap": 0},
    },
}
WORDS = (40, 90)


def documentation() -> Iterator[str]:
    """Docstrings of everything that is installed, as one line each."""
    for root in (sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")):
        for path in sorted(Path(root).rglob("*.py")):
            try:
                tree = ast.parse(path.read_bytes())
            except (SyntaxError, ValueError):
                continue
            for node in ast.walk(tree):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    yield " ".join((ast.get_docstring(node) or "").split())


def passages(count: int) -> list[str]:
    """Distinct passages of 40 to 90 words."""
    found: dict[str, None] = {}
    for text in documentation():
        words = text.split()
        for start in range(0, len(words), WORDS[1]):
            part = words[start : start + WORDS[1]]
            if len(part) >= WORDS[0]:
                found[" ".join(part)] = None
        if len(found) >= count:
            break
    return list(found)[:count]


def cpu_s(product: Product) -> dict[str, float]:
    """CPU seconds so far of the worker and of Postgres with its children."""
    tree = {
        name: product.part(command) for name, command in (("worker", "dify_project.worker"), ("postgres", "postgres"))
    }
    return {name: sum(map(_cpu_s, [part, *part.children(recursive=True)])) for name, part in tree.items()}


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system + times.children_user + times.children_system)


def until_indexed(client: Client, path: str) -> dict:
    """The batch's one document when it has come to an end."""
    while True:
        [status] = client.get(path).json()["data"]
        if status["indexing_status"] in {"completed", "error"}:
            return status
        time.sleep(0.05)


def measured(product: Product, key: str, dataset: str, data: bytes) -> dict[str, object]:
    """One upload."""
    client = Client(product.url, key, timeout_s=60)
    body = form(Part(data, "text.txt", "text/plain"), data=json.dumps({"process_rule": RULE}))
    before, start = cpu_s(product), time.perf_counter()
    answer = client.request("POST", f"/v1/datasets/{dataset}/document/create-by-file", **body)
    assert answer.status == 200, answer.body
    status = until_indexed(client, f"/v1/datasets/{dataset}/documents/{answer.json()['batch']}/indexing-status")
    wall_s, after = time.perf_counter() - start, cpu_s(product)
    assert status["indexing_status"] == "completed", status["error"]
    [(split_s, embed_s)] = sql(
        product,
        "select extract(epoch from splitting_completed_at - processing_started_at)::float8,"
        f" extract(epoch from completed_at - splitting_completed_at)::float8 from knowledge_document where dataset_id = '{dataset}'",
    )
    count = status["completed_segments"]
    return {
        "segments": count,
        "seconds": round(wall_s, 1),
        "segments_per_s": round(count / wall_s),
        "reading_s": round(split_s, 1),
        "embedding_s": round(embed_s, 1),
        **{f"{name}_cpu_ms": round(1000 * (after[name] - before[name]) / count, 2) for name in after},
    }


def run(segments: int, dimensions: int, technique: str) -> None:
    """Prints one row."""
    data = "\n\n".join(passages(segments)).encode()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-bench-")))
        upstream = Upstream("--canned", "--dim", str(dimensions or 8))
        stack.callback(upstream.stop)
        product = new_product(folder)
        stack.callback(product.stop)
        product.until(product.is_healthy)
        set_provider(product, upstream.base_url, f"{MODEL}:text-embedding")
        arguments = ("--indexing", technique)
        if technique == "high_quality":
            arguments += ("--embedding", f"openai_api_compatible/{MODEL}")
        dataset = product.command("knowledge_create", "Bench", *arguments)["dataset_id"]
        key = product.command("knowledge_key")["token"]
        row = {"technique": technique, "dimensions": dimensions, **measured(product, key, dataset, data)}
        print(json.dumps(row), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=20_000)
    segments = parser.parse_args().segments
    run(segments, 0, "economy")
    for dimensions in (384, 1536):
        run(segments, dimensions, "high_quality")


if __name__ == "__main__":
    main()
