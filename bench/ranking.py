"""nDCG@10 of a judged collection through the product's own API.

python bench/ranking.py                                     the small collections of the tests, economical index
python bench/ranking.py --folder DIR scifact                others, in the form of tests/knowledge/ranking.py
python bench/ranking.py --url http://… --key dataset-… --embedding openai/text-embedding-3-small scifact
                                                            on a running product, with one of its embedding models

The base is made, filled, asked with each method the index has, and deleted.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import Request, urlopen
from uuid import uuid4

from product import new_product

from tests.http import Client
from tests.knowledge.ranking import DEPTH, FOLDER, Collection, load, ndcg

# A file stays under the limit of uploads, a question under that of the API.
FILE_BYTES, QUESTION_CHARACTERS = 10 * 2**20, 250
METHODS = {"economy": ["keyword_search"], "high_quality": ["full_text_search", "semantic_search", "hybrid_search"]}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=["en", "zh", "ja"])
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--url")
    parser.add_argument("--key", help="of the knowledge API")
    parser.add_argument("--embedding", metavar="PROVIDER/MODEL", help="high quality with this model")
    options = parser.parse_args()
    print("| collection | passages | questions | method | nDCG@10 | ms a question |\n|---|---|---|---|---|---|")
    with connected(options.url, options.key) as client:
        for name in options.names:
            measure(client, name, load(name, options.folder), options.embedding)


@contextmanager
def connected(url: str | None, key: str | None) -> Iterator[Client]:
    """A client of the product that is named, else of one of its own."""
    if url and key:
        yield Client(url, key, timeout_s=120)
        return
    with tempfile.TemporaryDirectory(prefix="parley-ranking-") as folder:
        product = new_product(Path(folder))
        try:
            product.until(product.is_healthy)
            yield Client(product.url, str(product.command("knowledge_key")["token"]), timeout_s=120)
        finally:
            product.stop()


def measure(client: Client, name: str, collection: Collection, embedding: str | None) -> None:
    """One line of the table for each method."""
    body = {"name": f"{name[:30]} {uuid4().hex[:8]}", "indexing_technique": "economy"}
    if embedding:
        provider, _, model = embedding.partition("/")
        body |= {
            "indexing_technique": "high_quality", "embedding_model": model, "embedding_model_provider": provider,
        }  # fmt: skip
    path = f"/v1/datasets/{client.post('/v1/datasets', body).json()['id']}"
    try:
        files = fill(client, path, collection, body["indexing_technique"])
        for method in METHODS[body["indexing_technique"]]:
            start = time.perf_counter()
            scores = [
                ndcg(ask(client, path, files, question.text, method), question.relevant)
                for question in collection.questions
            ]
            took_ms = (time.perf_counter() - start) * 1000 / len(scores)
            figures = f"{sum(scores) / len(scores):.3f} | {took_ms:.1f}"
            print(f"| {name} | {len(collection.passages)} | {len(scores)} | {method} | {figures} |", flush=True)
    finally:
        client.request("DELETE", path)


def fill(client: Client, path: str, collection: Collection, technique: str) -> dict[str, list[str]]:
    """Adds the passages, each a segment, and waits until they can be found; ids of passages by document."""
    files: dict[str, list[str]] = {}
    for number, ids in enumerate(parts(collection)):
        lines = "\n".join(json.dumps({"text": collection.passages[id]}) for id in ids)
        answer = upload(client, f"{path}/document/create_by_file", f"part-{number}.jsonl", lines, technique)
        files[answer["document"]["id"]] = ids
        batch = answer["batch"]
        while (state := client.get(f"{path}/documents/{batch}/indexing-status").json()["data"][0])[
            "indexing_status"
        ] != "completed":
            if state["indexing_status"] == "error":
                raise SystemExit(state["error"])
            time.sleep(0.2)
    return files


def parts(collection: Collection) -> Iterator[list[str]]:
    """Ids of as many passages as one file takes."""
    part: list[str] = []
    size = 0
    for id, text in collection.passages.items():
        length = len(text.encode()) + 20
        if size + length > FILE_BYTES:
            yield part
            part, size = [], 0
        part.append(id)
        size += length
    yield part


def upload(client: Client, path: str, name: str, content: str, technique: str) -> dict:
    boundary = uuid4().hex
    data = json.dumps({"indexing_technique": technique, "process_rule": {"mode": "automatic"}})
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="data"\r\n\r\n{data}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n{content}\r\n--{boundary}--\r\n'
    )
    headers = {"Authorization": f"Bearer {client.token}", "Content-Type": f"multipart/form-data; boundary={boundary}"}
    with urlopen(Request(f"http://{urlsplit('//' + client.netloc).netloc}{path}", body.encode(), headers)) as answer:
        return dict(json.load(answer))


def ask(client: Client, path: str, files: dict[str, list[str]], question: str, method: str) -> list[str]:
    """Ids of the passages found, best first."""
    settings = {"search_method": method, "top_k": DEPTH}
    answer = client.post(f"{path}/retrieve", {"query": question[:QUESTION_CHARACTERS], "retrieval_model": settings})
    if answer.status != 200:
        raise SystemExit(answer.body.decode())
    segments = [record["segment"] for record in answer.json()["records"]]
    return [files[segment["document_id"]][segment["position"] - 1] for segment in segments]


if __name__ == "__main__":
    main()
