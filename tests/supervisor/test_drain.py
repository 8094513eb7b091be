"""The end of `up` in a hurry, while people are served. One that is patient: tests/faults/test_restart.py."""

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.database import ready_made
from tests.fakes.upstream import Upstream
from tests.faults.running import publish_app, set_provider
from tests.http import Client

from .product import Product

pytestmark = pytest.mark.slow


class Stream(threading.Thread):
    """Three seconds of an answer, read by a client of its own."""

    def __init__(self, client: Client) -> None:
        super().__init__(daemon=True)
        self._client = client
        self.events: list[Any] = []
        self.lost = False
        self.start()

    def run(self) -> None:
        body = {"inputs": {}, "query": "Go", "user": "reader", "response_mode": "streaming"}
        try:
            for event in self._client.stream("/v1/chat-messages", body):
                self.events.append(event)
        except OSError:
            self.lost = True


class Serving:
    """A product with an app whose answers take three seconds."""

    def __init__(self, product: Product, app_id: str) -> None:
        self.product = product
        self.client = Client(product.url, product.command("app_key", app_id)["token"], timeout_s=60)

    def stream(self) -> Stream:
        stream = Stream(self.client)
        self.product.until(lambda: len(stream.events) > 5)
        return stream


@pytest.fixture
def serving(tmp_path, _upstream: Upstream) -> Iterator[Serving]:
    storage = ready_made(tmp_path / "storage")
    owner = {"ADMIN_EMAIL": "a@b.co", "ADMIN_PASSWORD": "correct horse 7"}
    product = Product(storage, "--only", "database", "web", **owner).until_up()
    set_provider(product, _upstream.base_url, "gen-600-50:llm")
    yield Serving(product, publish_app(product, tmp_path, "gen-600-50"))
    product.stop()


def test_a_second_ctrl_c_does_not_wait_for_streams(serving: Serving) -> None:
    product, stream = serving.product, serving.stream()
    tree = product.tree()
    product.process.send_signal(signal.SIGINT)
    product.until_said("Ctrl-C again stops at once")
    time.sleep(0.2)
    assert stream.is_alive()
    began = time.monotonic()
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(10) == 0
    assert time.monotonic() - began < 15  # half of what the answer takes
    assert [process for process in tree if process.is_running()] == []
