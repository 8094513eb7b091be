"""The end of `up` while people are served: streams finish, sockets learn that it restarts, nobody new gets in."""

import signal
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.database import ready_made
from tests.fakes.upstream import Upstream
from tests.faults.running import publish_app, set_provider
from tests.http import Client

from .product import Product, manage

LOG_IN = """
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from apps.workspaces.models import User
user, session = User.objects.get(), SessionStore()
session[SESSION_KEY] = str(user.pk)
session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
session[HASH_SESSION_KEY] = user.get_session_auth_hash()
session["workspace_id"] = str(user.memberships.get().workspace_id)
session.save()
print(session.session_key)
"""

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
        self.product, self.app_id = product, app_id
        self.client = Client(product.url, product.command("app_key", app_id)["token"], timeout_s=60)

    def stream(self) -> Stream:
        stream = Stream(self.client)
        self.product.until(lambda: len(stream.events) > 5)
        return stream


@pytest.fixture
def serving(tmp_path, _upstream: Upstream) -> Iterator[Serving]:
    storage = ready_made(tmp_path / "storage")
    product = Product(storage, ADMIN_EMAIL="a@b.co", ADMIN_PASSWORD="correct horse 7").until_up()
    set_provider(product, _upstream.base_url, "gen-60-50:llm")
    yield Serving(product, publish_app(product, tmp_path, "gen-60-50"))
    product.stop()


def test_sigterm_lets_streams_end_and_closes_sockets_with_1012(serving: Serving) -> None:
    product = serving.product
    session = manage(product.storage, "shell", "-v", "0", "-c", LOG_IN).stdout.strip()
    address = f"ws://127.0.0.1:{product.port}/ws/apps/{serving.app_id}/chat"
    cookie = {"Cookie": f"sessionid={session}"}
    with connect(address, additional_headers=cookie, origin=Origin(product.url)) as websocket:
        stream = serving.stream()
        product.process.send_signal(signal.SIGTERM)
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(timeout=5)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1012
    assert stream.is_alive(), "the stream goes on"
    with socket.socket() as newcomer:
        assert newcomer.connect_ex(("127.0.0.1", product.port)) != 0
    stream.join(20)
    assert stream.events[-1]["event"] == "message_end"
    assert product.process.wait(20) == 0


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
    assert time.monotonic() - began < 2.5
    assert [process for process in tree if process.is_running()] == []
