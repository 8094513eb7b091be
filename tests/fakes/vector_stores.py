"""Qdrant, Weaviate and Milvus as far as reading goes, strict about what they are sent."""

import json
import re
import threading
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

KEY = "key-of-the-store"
Rows = Sequence[tuple[str, str, Mapping[str, str], Sequence[float]]]  # id, text, metadata, vector


class VectorServer(ThreadingHTTPServer):
    """Collections by name. `cut`: what follows a page is forgotten, as if the store lost it."""

    daemon_threads = True

    def __init__(self, handler: "type[_Handler]", collections: Mapping[str, Rows]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.collections = dict(collections)
        self.requests: list[str] = []
        self.cut = False
        self.url = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: VectorServer

    def log_message(self, *_: Any) -> None:
        pass

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append(f"{self.command} {self.path.partition('?')[0]}")
        if not self.is_allowed():
            self.answer(401, {"message": "no"})
            return
        try:
            self.answer(200, self.act(json.loads(body) if body else {}))
        except (KeyError, AssertionError) as error:
            self.answer(404, {"message": repr(error)})

    do_GET = do_POST = handle_any

    def answer(self, status: int, value: Any) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def is_allowed(self) -> bool:
        return self.headers.get("Authorization") == f"Bearer {KEY}"

    def act(self, body: Any) -> Any:
        raise NotImplementedError


class QdrantHandler(_Handler):
    def is_allowed(self) -> bool:
        return self.headers.get("api-key") == KEY

    def act(self, body: Any) -> Any:
        if self.path == "/collections":
            return {"result": {"collections": [{"name": name} for name in self.server.collections]}}
        _, _, name, _, action = self.path.split("/")
        rows = sorted(self.server.collections[name])
        if action == "count":
            assert body == {"exact": True}
            return {"result": {"count": len(rows)}}
        assert action == "scroll"
        assert body["with_payload"] is True
        assert body["with_vector"] is True
        found = [row for row in rows if body["offset"] is None or row[0] >= body["offset"]]
        points = [
            {
                "id": id,
                "payload": {
                    "page_content": text,
                    "metadata": metadata,
                    "group_id": metadata.get("dataset_id"),
                },
                "vector": vector,
            }
            for id, text, metadata, vector in found[: body["limit"]]
        ]
        rest = found[body["limit"] :]
        return {"result": {"points": points, "next_page_offset": rest[0][0] if rest and not self.server.cut else None}}


class WeaviateHandler(_Handler):
    def act(self, body: Any) -> Any:
        parts = urlsplit(self.path)
        if parts.path == "/v1/schema":
            return {"classes": [{"class": name} for name in self.server.collections]}
        if parts.path == "/v1/graphql":
            [name] = re.findall(r"Aggregate \{ (\w+) \{ meta \{ count \} \} \}", body["query"])
            return {"data": {"Aggregate": {name: [{"meta": {"count": len(self.server.collections[name])}}]}}}
        assert parts.path == "/v1/objects"
        query = {key: value[0] for key, value in parse_qs(parts.query, keep_blank_values=True).items()}
        assert query["include"] == "vector"
        rows = [row for row in sorted(self.server.collections[query["class"]]) if row[0] > query["after"]]
        rows = [] if self.server.cut and query["after"] else rows
        return {
            "objects": [
                {"id": id, "class": query["class"], "properties": {"text": text, **metadata}, "vector": vector}
                for id, text, metadata, vector in rows[: int(query["limit"])]
            ]
        }


class MilvusHandler(_Handler):
    def act(self, body: Any) -> Any:
        action = self.path.removeprefix("/v2/vectordb/")
        if action == "collections/list":
            return {"code": 0, "data": list(self.server.collections)}
        if body["collectionName"] not in self.server.collections:
            return {"code": 100, "message": "can't find collection"}
        rows = self.server.collections[body["collectionName"]]
        if action == "collections/describe":
            fields = [{"name": "vector", "primaryKey": False}, {"name": "id", "primaryKey": True}]
            return {"code": 0, "data": {"fields": fields}}
        assert action == "entities/query"
        if body["outputFields"] == ["count(*)"]:
            return {"code": 0, "data": [{"count(*)": len(rows)}]}
        operator, number = re.fullmatch(r"id (>=?) (-?\d+)", body["filter"]).groups()
        entities = [
            {"id": index, "page_content": text, "metadata": metadata, "vector": vector}
            for index, (_, text, metadata, vector) in enumerate(rows)
            if index > int(number) or (operator == ">=" and index == int(number))
        ]
        entities = [] if self.server.cut and operator == ">" else entities
        return {"code": 0, "data": entities[: body["limit"]]}


class OtherHandler(_Handler):
    """A server of something else, which answers everything with a list."""

    def is_allowed(self) -> bool:
        return True

    def act(self, body: Any) -> Any:
        return ["hello"]
