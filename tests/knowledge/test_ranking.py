"""What searches find on the judged collections, asked through the API: against BM25 and cosine computed here.

The vectors were computed once (`bench/vectors.py`): English by all-MiniLM-L6-v2, Chinese and Japanese by the
multilingual universal sentence encoder.
"""

import base64
import json
import math
import struct
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from apps.common.perloop import run
from apps.knowledge.lexical.tokens import count_slots
from apps.knowledge.services.datasets import create_dataset
from apps.knowledge.services.documents import create_document_from_file
from apps.knowledge.services.indexing import index_pending
from tests.factories import make_provider

from .ranking import DEPTH, FOLDER, Collection, load, ndcg

K1, B = 1.2, 0.75
METHODS = ("full_text_search", "semantic_search", "hybrid_search")


def bm25(collection: Collection, question: str) -> list[str]:
    """The formula as it stands in the books (Robertson and Zaragoza 2009), over our words."""
    counts = {id: count_slots(text) for id, text in collection.passages.items()}
    lengths = {id: sum(count.values()) for id, count in counts.items()}
    average = sum(lengths.values()) / len(lengths)
    frequency = Counter(term for count in counts.values() for term in count)

    def score(id: str) -> float:
        total = 0.0
        for term, times in count_slots(question).items():
            found = counts[id].get(term, 0)
            idf = math.log(1 + (len(counts) - frequency[term] + 0.5) / (frequency[term] + 0.5))
            total += times * idf * found / (found + K1 * (1 - B + B * lengths[id] / average))
        return total

    scores = {id: score(id) for id in counts}
    return sorted((id for id in scores if scores[id] > 0), key=lambda id: -scores[id])


def stored_vectors(name: str) -> dict[str, list[float]]:
    """Text to vector, of a collection."""
    stored = json.loads((FOLDER / f"{name}-vectors.json").read_text())
    collection = load(name)
    texts = {"corpus": list(collection.passages.values()), "queries": [one.text for one in collection.questions]}
    size = stored["dimensions"]
    found: dict[str, list[float]] = {}
    for part, lines in texts.items():
        numbers = struct.unpack(f"<{len(lines) * size}e", base64.b64decode(stored[part]))
        found |= {text: list(numbers[at * size : (at + 1) * size]) for at, text in enumerate(lines)}
    return found


class _Embeddings(BaseHTTPRequestHandler):
    """Answers POST /v1/embeddings from a table."""

    def __init__(self, vectors: dict[str, list[float]], *arguments: Any) -> None:
        self.vectors = vectors
        super().__init__(*arguments)

    def do_POST(self) -> None:
        texts = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["input"]
        data = [{"object": "embedding", "index": at, "embedding": self.vectors[text]} for at, text in enumerate(texts)]
        body = json.dumps({"object": "list", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def embedding(workspace, name: str) -> Iterator[dict[str, list[float]]]:
    """A model that knows the texts of the collection."""
    vectors = stored_vectors(name)
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Embeddings, vectors))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    make_provider(workspace, f"http://127.0.0.1:{server.server_port}/v1", stored="text-embedding")
    try:
        yield vectors
    finally:
        server.shutdown()
        server.server_close()


def indexed(workspace, name: str, **options: Any) -> str:
    """A base that holds the collection; returns its id."""
    dataset = create_dataset(workspace=workspace, name=name, **options)
    lines = "\n".join(json.dumps({"text": text}) for text in load(name).passages.values())
    create_document_from_file(dataset=dataset, name=f"{name}.jsonl", data=lines.encode())
    run(index_pending())
    return str(dataset.pk)


def ranking(client, dataset_id: str, collection: Collection, question: str, method: str) -> list[str]:
    body = {"query": question, "retrieval_model": {"search_method": method, "top_k": DEPTH}}
    answer = client.post(f"/v1/datasets/{dataset_id}/retrieve", body)
    assert answer.status == 200, answer.body
    ids = list(collection.passages)
    return [ids[record["segment"]["position"] - 1] for record in answer.json()["records"]]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def scored(client, dataset_id: str, collection: Collection, method: str) -> float:
    return mean(
        [ndcg(ranking(client, dataset_id, collection, one.text, method), one.relevant) for one in collection.questions]
    )


# What our words reach here; a change of the tokeniser that costs quality falls below.
@pytest.mark.parametrize(("name", "least"), [("en", 0.78), ("zh", 0.955), ("ja", 0.985)])
def test_ret_02_05_the_economical_index_ranks_as_bm25_does(client, workspace, name, least):
    collection = load(name)
    dataset_id = indexed(workspace, name, indexing_technique="economy")
    reference = mean([ndcg(bm25(collection, one.text), one.relevant) for one in collection.questions])
    found = scored(client, dataset_id, collection, "keyword_search")
    assert found == pytest.approx(reference, abs=0.005)
    assert found >= least


@pytest.mark.parametrize("name", ["en", "zh", "ja"])
def test_ret_01_03_vectors_are_exact_and_both_together_are_no_worse_than_the_better(client, workspace, name):
    collection = load(name)
    ids = list(collection.passages)
    with embedding(workspace, name) as vectors_of:
        dataset_id = indexed(
            workspace, name, indexing_technique="high_quality", embedding_provider="openai_api_compatible",
            embedding_model="stored",
        )  # fmt: skip
        words, vectors, hybrid = (scored(client, dataset_id, collection, method) for method in METHODS)

    def nearest(question: str) -> list[str]:
        asked = vectors_of[question]

        def likeness(id: str) -> float:
            return sum(a * b for a, b in zip(asked, vectors_of[collection.passages[id]], strict=True))

        return sorted(ids, key=likeness, reverse=True)

    reference = mean([ndcg(nearest(one.text), one.relevant) for one in collection.questions])
    assert vectors == pytest.approx(reference, abs=0.001)
    assert hybrid >= max(words, vectors)
