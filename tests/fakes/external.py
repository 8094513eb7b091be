"""A server of the external knowledge API."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

KEY = "key-of-the-service"
RECORDS = [
    {"content": "Whales sleep with half of their brain.", "score": 0.91, "title": "whales.md", "metadata": {"page": 3}},
    {"content": "Bats hang while they sleep.", "score": 0.55, "title": "bats.md", "metadata": None},
]


class ExternalService(ThreadingHTTPServer):
    """Answers with `records`, or with `status` and `answer` where these are set; keeps what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/knowledge"
        self.seen: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.records: Any = RECORDS
        self.status, self.answer = 200, None

    def refuse(self, status: int, answer: Any = None) -> None:
        self.status, self.answer = status, answer


class _Handler(BaseHTTPRequestHandler):
    server: ExternalService

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.seen.append({"path": self.path, **body})
        self.server.keys.append(self.headers["Authorization"])
        if self.server.status != 200 or self.server.answer is not None:
            self._send(self.server.status, self.server.answer)
        elif self.headers["Authorization"] != f"Bearer {KEY}":
            self._send(403, {"error_code": 1002, "error_msg": "no such key"})
        elif body["knowledge_id"] != "animals":
            self._send(404, {"error_code": 2001, "error_msg": "no such knowledge"})
        else:
            self._send(200, {"records": self.server.records})

    def _send(self, status: int, answer: Any) -> None:
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def external_service() -> Iterator[ExternalService]:
    with ExternalService() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()
