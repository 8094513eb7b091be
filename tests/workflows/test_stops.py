"""Runs that are stopped while a node works elsewhere: in the sandbox, at another server."""

import threading
import time
from collections.abc import Iterator

import pytest

from apps.logs.models import NodeRun, WorkflowRun
from tests.factories import make_app, make_key, make_workspace
from tests.fakes.web import Asked, Said, WebServer
from tests.http import Client

from .flows import flow, node

CODE = {
    "python3": "def main():\n    while True:\n        pass",
    "javascript": "function main() { for (;;) {} }",
}


@pytest.fixture
def silent(settings) -> Iterator[WebServer]:
    """A server that does not answer before the test is over."""
    over = threading.Event()

    def answer(asked: Asked) -> Said:
        over.wait(30)
        return Said("late")

    settings.WORKFLOW_PRIVATE_HOSTS = ["127.0.0.1"]
    server = WebServer(answer)
    yield server
    over.set()
    server.stop()


@pytest.mark.parametrize("what", ["python3", "javascript", "http"])
def test_a_run_is_stopped_within_two_seconds_whatever_its_node_waits_for(server, code_sandbox, silent, what):
    busy = node("busy", "code", code_language=what, code=CODE.get(what), variables=[], outputs={})
    if what == "http":
        busy = node("busy", "http-request", method="get", url=silent.url)
    config = flow([node("start", "start"), busy, node("end", "end", outputs=[])], "start -> busy", "busy -> end")
    client = Client(server.url, make_key(make_app(make_workspace(), config, mode="workflow")))
    events = client.stream("/v1/workflows/run", {"inputs": {}, "user": "ada", "response_mode": "streaming"})
    begun = next(event for event in events if event["event"] == "node_started" and event["data"]["node_id"] == "busy")
    clock = time.monotonic()
    client.post(f"/v1/workflows/tasks/{begun['task_id']}/stop", {"user": "ada"})
    told = list(events)
    assert time.monotonic() - clock < 2
    assert [(event["event"], event["data"]["status"]) for event in told] == [
        ("node_finished", "stopped"),
        ("workflow_finished", "stopped"),
    ]
    assert WorkflowRun.objects.get().status == NodeRun.objects.get(node_id="busy").status == "stopped"
