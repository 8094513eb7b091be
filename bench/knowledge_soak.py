"""Documents are uploaded and indexed while worker, web server and Postgres are killed at random.

    python bench/knowledge_soak.py [--minutes 5] [--documents 200] [--seed 1]

First the same documents are indexed undisturbed, by another model. Afterwards both bases must hold the same segments,
words, counts and vectors, and no document may be stuck or in error. The embedding server lists every text it was sent:
one that came twice is a failure, unless the worker was killed between the first call and its commit; such are counted.
"""

import argparse
import json
import random
import signal
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from contextlib import ExitStack
from pathlib import Path

import psutil
import psycopg
from indexing import passages
from product import Product, new_product, sql

from tests.fakes.upstream import Upstream
from tests.faults.running import set_provider
from tests.http import Client
from tests.supervisor.product import manage

CALM, STORM = "embed-calm", "embed-storm"
PARTS = ("dify_project.worker", "dify_project.web", "postgres")
WORKER = PARTS[0]
PAUSE_S = (5.0, 12.0)
LEASE_S = 20
# A call made so long before its worker died may have been waiting for the database.
LATEST_COMMIT_S = 60.0
RULE = {
    "mode": "custom",
    "rules": {"pre_processing_rules": [], "segmentation": {"separator": "\n", "max_tokens": 500, "chunk_overlap": 0}},
}
# Ids, times and the name of the model differ, nothing else may. Weights follow the average length, which is that of
# whatever document came first; terms and lengths say the same.
TABLES = {
    "documents": "select name, indexing_status, segment_count, completed_segments, word_count, tokens, error"
    " from knowledge_document where dataset_id = '{0}' order by 1",
    "segments": "select d.name, s.position, s.content, s.index_node_hash, s.status, s.tokens from knowledge_segment s"
    " join knowledge_document d on d.id = s.document_id where s.dataset_id = '{0}' order by 1, 2",
    "words": "select d.name, s.position, x.enabled, x.length, x.terms from knowledge_segmentlexical x"
    " join knowledge_segment s on s.id = x.segment_id join knowledge_document d on d.id = s.document_id"
    " where x.dataset_id = '{0}' order by 1, 2",
    "vectors": "select d.name, s.position, e.dim, e.enabled, md5(e.embedding::text) from knowledge_segmentembedding e"
    " join knowledge_segment s on s.id = e.segment_id join knowledge_document d on d.id = s.document_id"
    " where e.dataset_id = '{0}' order by 1, 2",
    "terms": "select term, df from knowledge_termstat where dataset_id = '{0}' order by 1",
    "totals": "select chunks, tokens from knowledge_lexicalstat where dataset_id = '{0}'",
}
UNFINISHED = (
    "select count(*) from knowledge_document where dataset_id = '{0}' and indexing_status not in ('completed', 'error')"
)


class Uploads:
    """Adds each document exactly once, whatever becomes of the server meanwhile."""

    def __init__(self, product: Product, dataset: str, key: str) -> None:
        self.base, self.client = f"/v1/datasets/{dataset}", Client(product.url, key, timeout_s=10)

    def add(self, name: str, text: str) -> None:
        body = {"name": name, "text": text, "process_rule": RULE}
        while not (self._is_there(name) or self._answers("POST", f"{self.base}/document/create-by-text", body)):
            time.sleep(0.3)

    def _is_there(self, name: str) -> bool:
        """An upload whose answer was lost may have been kept."""
        listed = None
        while listed is None:
            listed = self._answers("GET", f"{self.base}/documents?keyword={name}")
        return bool(listed["data"])

    def _answers(self, method: str, path: str, body: dict | None = None) -> dict | None:
        try:
            answer = self.client.request(method, path, body)
        except OSError:
            return None
        return answer.json() if answer.status == 200 else None


class Storm(threading.Thread):
    """Kills parts of the product until it is told to stop; remembers when."""

    def __init__(self, product: Product, seed: int) -> None:
        super().__init__(daemon=True)
        self.product, self.random, self.over = product, random.Random(seed), threading.Event()
        self.kills: list[tuple[float, str]] = []

    def run(self) -> None:
        while not self.over.wait(self.random.uniform(*PAUSE_S)):
            part = self.random.choice(PARTS)
            try:
                self.product.part(part).send_signal(signal.SIGKILL)
            except (AssertionError, psutil.Error):
                continue  # it is being started
            self.kills.append((time.time(), part))


def texts(documents: int) -> dict[str, str]:
    """Documents of 20 to 60 lines, no two of which are equal."""
    lines, rng = iter(passages(documents * 60)), random.Random(7)
    return {f"text-{n:04}.txt": "\n".join(next(lines) for _ in range(rng.randint(20, 60))) for n in range(documents)}


def rows(product: Product, query: str, dataset: str) -> list[tuple]:
    """Of a query, as soon as the database answers."""
    while True:
        try:
            return sql(product, query.format(dataset))
        except psycopg.OperationalError:
            time.sleep(0.2)


def until_finished(product: Product, dataset: str, timeout_s: float) -> float:
    """Seconds until no document is on its way; at most `timeout_s`."""
    start = time.monotonic()
    while rows(product, UNFINISHED, dataset)[0][0] and time.monotonic() - start < timeout_s:
        time.sleep(0.5)
    return time.monotonic() - start


def repeated(calls: list[tuple[float, list[str]]], kills: list[tuple[float, str]]) -> tuple[int, int]:
    """Texts sent again because the worker was killed before their commit, and those sent again for no such reason."""
    times: dict[str, list[float]] = defaultdict(list)
    for when, digests in calls:
        for digest in digests:
            times[digest].append(when)
    deaths = [when for when, part in kills if part == WORKER]
    lost = unexplained = 0
    for moments in times.values():
        for first, second in zip(sorted(moments), sorted(moments)[1:], strict=False):
            if any(first < death < min(second, first + LATEST_COMMIT_S) for death in deaths):
                lost += 1
            else:
                unexplained += 1
    return lost, unexplained


def has_command(product: Product, name: str) -> bool:
    return manage(product.storage, name, "--help").returncode == 0


def soak(product: Product, upstream: Upstream, minutes: float, documents: int, seed: int) -> list[str]:
    """What went wrong, in sentences."""
    set_provider(product, upstream.base_url, f"{CALM}:text-embedding", f"{STORM}:text-embedding")
    key, contents = product.command("knowledge_key")["token"], texts(documents)
    made = {}
    for model in (CALM, STORM):
        arguments = ("--indexing", "high_quality", "--embedding", f"openai_api_compatible/{model}")
        made[model] = product.command("knowledge_create", model, *arguments)["dataset_id"]
    calm = Uploads(product, made[CALM], key)
    for name, text in contents.items():
        calm.add(name, text)
    print(json.dumps({"undisturbed_s": round(until_finished(product, made[CALM], 300), 1)}), flush=True)
    upstream.reset()
    storm, uploads, start = Storm(product, seed), Uploads(product, made[STORM], key), time.monotonic()
    storm.start()
    for number, (name, text) in enumerate(contents.items()):
        time.sleep(max(start + number * minutes * 60 / documents - time.monotonic(), 0))
        uploads.add(name, text)
    storm.over.set()
    storm.join()
    waited_s = until_finished(product, made[STORM], 180)
    lost, unexplained = repeated(upstream.embedded(), storm.kills)
    sent = sum(len(digests) for _, digests in upstream.embedded())
    stuck = rows(product, UNFINISHED, made[STORM])[0][0]
    differ = [
        name for name, query in TABLES.items() if rows(product, query, made[CALM]) != rows(product, query, made[STORM])
    ]
    report = {
        "kills": dict(Counter(part for _, part in storm.kills)),
        "documents": documents,
        "segments": rows(product, TABLES["totals"], made[STORM])[0][0],
        "texts_sent": sent,
        "sent_again_after_a_kill_of_the_worker": lost,
        "sent_again_for_no_reason": unexplained,
        "last_document_s_after_the_last_kill": round(waited_s, 1),
    }
    print(json.dumps(report), flush=True)
    checks = {
        f"{stuck} documents are stuck": stuck > 0,
        f"these differ from an undisturbed run: {', '.join(differ)}": bool(differ),
        f"{unexplained} texts were embedded twice": unexplained > 0,
        "nothing was killed": not storm.kills,
    }
    return [sentence for sentence, wrong in checks.items() if wrong] + fsck(product)


def fsck(product: Product) -> list[str]:
    """What the product's own check of its storage finds, where there is one."""
    if not has_command(product, "fsck"):
        return []
    done = manage(product.storage, "fsck", "--json")
    print(done.stdout, flush=True)
    return [] if done.returncode == 0 else [f"fsck: {done.stderr or done.stdout}"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--documents", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-soak-")))
        upstream = Upstream("--keep-texts", "--dim", "384", "--embed-ms", "400")
        stack.callback(upstream.stop)
        product = new_product(folder, INDEXING_LEASE_S=str(LEASE_S))
        stack.callback(product.stop)
        product.until(product.is_healthy)
        problems = soak(product, upstream, options.minutes, options.documents, options.seed)
    print(json.dumps({"problems": problems}))
    sys.exit(bool(problems))


if __name__ == "__main__":
    main()
