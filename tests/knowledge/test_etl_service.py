"""ETL_TYPE=Unstructured with a server of its protocol, and with the package."""

import json
import sys
from collections.abc import Iterator
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest

from apps.common.errors import AppError
from apps.common.perloop import run
from apps.files.errors import UnsupportedFileType
from apps.knowledge import extraction
from apps.knowledge.errors import EtlServiceFailed, UnreadableFile
from apps.knowledge.extractors.unstructured import Unstructured
from apps.knowledge.models import Document, Segment
from apps.knowledge.services.documents import create_document_from_file
from apps.knowledge.services.indexing import index_pending


class Server(ThreadingHTTPServer):
    status = 200
    answer: Any = [{"type": "Title", "text": "A title"}, {"type": "Image", "text": ""}, {"text": "Body."}]  # noqa: RUF012

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answer = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def service(settings) -> Iterator[Server]:
    with Server() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        settings.ETL_TYPE = "Unstructured"
        settings.UNSTRUCTURED_API_URL = f"http://127.0.0.1:{server.server_port}"
        yield server
        server.shutdown()
        thread.join()


def test_kb_04_a_document_is_read_by_the_server(economy, service, settings):
    settings.UNSTRUCTURED_API_KEY = "key-of-the-server"
    create_document_from_file(dataset=economy, name="Private name.msg", data=b"\0binary\r\n--x\xff")
    run(index_pending())
    assert Document.objects.get().error is None
    assert Segment.objects.get().content == "A title\nBody."
    [(path, headers, body)] = service.seen
    assert (path, headers["unstructured-api-key"]) == ("/general/v0/general", "key-of-the-server")
    form = message_from_bytes(f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + body)
    parts = list(form.walk())[1:]
    assert [part.get_filename() for part in parts] == [None, "document.msg"]
    assert parts[1].get_payload(decode=True) == b"\0binary\r\n--x\xff"
    assert b"Private" not in body


def test_kb_04_what_is_built_in_stays_built_in(service):
    assert run(extraction.extract(b"One.", "txt")).text == "One."
    assert run(extraction.extract(b"<p>One.", "html")).text == "One."
    assert service.seen == []


def test_kb_04_an_address_with_a_path_is_taken_as_it_stands(service, settings):
    settings.UNSTRUCTURED_API_URL += "/mine/partition"
    run(extraction.extract(b"x", "xml"))
    assert service.seen[0][0] == "/mine/partition"


@pytest.mark.parametrize(
    ("status", "answer", "error", "sentence"),
    [
        (422, [], UnreadableFile, r"cannot read this \.xml file \(status 422\)"),
        (401, [], EtlServiceFailed, "status 401"),
        (503, [], EtlServiceFailed, "status 503"),
        (200, {"detail": "?"}, EtlServiceFailed, "as it should"),
        (200, [1], EtlServiceFailed, "as it should"),
    ],
)
def test_kb_04_a_server_that_fails_is_tried_again_unless_it_refuses_the_file(service, status, answer, error, sentence):
    service.status, service.answer = status, answer
    with pytest.raises(error, match=sentence) as caught:
        run(extraction.extract(b"x", "xml"))
    assert isinstance(caught.value, AppError)
    assert caught.value.retryable == (error is EtlServiceFailed)


def test_kb_04_without_it_its_formats_are_refused(economy, settings):
    with pytest.raises(UnsupportedFileType, match="Accepted: .*docx"):
        create_document_from_file(dataset=economy, name="a.msg", data=b"x")
    settings.ETL_TYPE = "Unstructured"
    with pytest.raises(UnreadableFile, match="UNSTRUCTURED_API_URL"):
        run(extraction.extract(b"x", "msg"))


@pytest.mark.parametrize("problem", [ImportError("partition_doc() needs more"), LookupError("punkt_tab")])
def test_kb_04_a_package_without_all_it_needs_says_what_to_install(monkeypatch, problem):
    def partition(file):
        raise problem

    monkeypatch.setitem(sys.modules, "unstructured.partition.auto", SimpleNamespace(partition=partition))
    with pytest.raises(UnreadableFile, match=r"unstructured\[all-docs\]"):
        Unstructured().extract(b"x")


def test_kb_04_a_package_that_reads_brings_its_elements_line_by_line(monkeypatch):
    elements = SimpleNamespace(partition=lambda file: ["Title", file.read().decode()])
    monkeypatch.setitem(sys.modules, "unstructured.partition.auto", elements)
    assert Unstructured().extract(b"Text").text == "Title\nText"
