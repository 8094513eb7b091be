"""A planned stop cuts nobody off: streams end, sockets come back, several web processes act as one."""

import contextlib
import json
import signal
import socket as tcp
import threading

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from tests.database import ready_made
from tests.fakes.upstream import Upstream
from tests.faults.running import publish_app, set_provider
from tests.http import Client
from tests.supervisor.product import Product
from tests.visitor import Visitor

pytestmark = pytest.mark.slow
OWNER = {"ADMIN_EMAIL": "a@b.co", "ADMIN_PASSWORD": "correct horse 7"}
BODY = {"inputs": {}, "query": "Go", "user": "ada", "response_mode": "streaming"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("restart")
    ready_made(folder / "storage")
    return folder


def start(folder, upstream: Upstream, **more: str) -> Product:
    product = Product(folder / "storage", "--only", "database", "web", **OWNER, **more).until_up()
    set_provider(product, upstream.base_url, "gen-60-50:llm", "gen-30-50:llm")
    return product


def sign_in(product: Product) -> str:
    """The cookies of the owner's session."""
    visitor = Visitor(product.url)
    visitor.sign_in(OWNER["ADMIN_EMAIL"], OWNER["ADMIN_PASSWORD"])
    return "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())


def socket(product: Product, app_id: str, cookies: str):
    address = f"{product.url.replace('http', 'ws')}/ws/apps/{app_id}/chat"
    return connect(address, additional_headers={"Origin": product.url, "Cookie": cookies})


def until_end(connection) -> list[dict]:
    events: list[dict] = []
    while not events or events[-1]["event"] not in {"message_end", "error"}:
        events.append(json.loads(connection.recv(timeout=20)))
    return events


def close_code(connection) -> int | None:
    """What the socket is closed with, after all that still comes."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            connection.recv(timeout=20)
    return connection.close_code


def test_sigterm_lets_streams_end_and_sockets_find_their_run_again_in_any_process(folder, upstream: Upstream):
    product = start(folder, upstream)
    app_id = publish_app(product, folder, "gen-60-50")
    client = Client(product.url, product.command("app_key", app_id)["token"], timeout_s=60)
    streamed: list[dict] = []
    reader = threading.Thread(target=lambda: streamed.extend(client.stream("/v1/chat-messages", BODY)))
    cookies = sign_in(product)
    with socket(product, app_id, cookies) as connection:
        connection.send(json.dumps({"type": "chat", "query": "Go"}))
        first = json.loads(connection.recv(timeout=10))
        reader.start()
        product.until(lambda: upstream.stats().get("chunks", 0) > 10)
        product.process.send_signal(signal.SIGTERM)
        assert close_code(connection) == 1012
    with tcp.socket() as newcomer:
        assert newcomer.connect_ex(("127.0.0.1", product.port)) != 0
    assert reader.is_alive(), "the stream goes on"
    assert product.process.wait(45) == 0
    product.stop()  # and the process of its commands
    reader.join(10)
    assert streamed[-1]["event"] == "message_end"
    assert len(streamed) == 62

    again = start(folder, upstream, SERVER_WORKER_AMOUNT="2")
    try:
        with socket(again, app_id, cookies) as connection:
            connection.send(json.dumps({"type": "attach", "message_id": first["message_id"]}))
            events = until_end(connection)
        assert events[-1]["event"] == "message_end"
        assert "".join(event.get("answer", "") for event in events).split() == [f"tok{n}" for n in range(60)]
        several_web_processes_stop_and_replay_each_others_runs(again, folder)
    finally:
        again.stop()


def several_web_processes_stop_and_replay_each_others_runs(product: Product, folder) -> None:
    app_id = publish_app(product, folder, "gen-30-50")
    client = Client(product.url, product.command("app_key", app_id)["token"], timeout_s=60)
    for number in range(4):
        events = []
        for event in client.stream("/v1/chat-messages", {**BODY, "user": f"user{number}"}):
            events.append(event)
            if len(events) == 3:
                client.post(f"/v1/chat-messages/{event['task_id']}/stop", {"user": f"user{number}"})
        assert events[-1]["event"] == "message_end"
        assert len(events) < 25
    cookies = sign_in(product)
    for _ in range(3):
        with socket(product, app_id, cookies) as asking, socket(product, app_id, cookies) as reading:
            asking.send(json.dumps({"type": "chat", "query": "Go"}))
            first = json.loads(asking.recv(timeout=10))
            reading.send(json.dumps({"type": "attach", "message_id": first["message_id"]}))
            assert until_end(reading)[-1]["event"] == "message_end"
            until_end(asking)  # what is not read holds up the socket's end
