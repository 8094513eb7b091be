"""A member who tries a draft out in the console: the addresses of its canvas, and the debugger's websocket."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.test import Client as Browser

from apps.prompts.models import App
from apps.workspaces.models import User
from tests.chat.test_debugging import socket

from .flows import flow, node

LAST = {"workflow_paused", "message_end", "error"}
SLOW = "gen-400-20"
EACH = {"iterator_selector": ["pick", "result"], "output_selector": ["one", "output"], "start_node_id": "s"}


def writer(id: str, text: str, model: str = "echo", **more: Any) -> dict[str, Any]:
    """A model that says its prompt."""
    about = {"provider": "openai_api_compatible", "name": model, "mode": "chat"}
    return node(id, "llm", model=about, prompt_template=[{"role": "user", "text": text}], **more)


def end(**outputs: str) -> dict[str, Any]:
    """Each output is named after a variable."""
    rows = [{"variable": name, "value_selector": selector.split(".")} for name, selector in outputs.items()]
    return node("end", "end", outputs=rows)


def rounds() -> dict[str, Any]:
    """start -> pick -> each (s -> one) -> end."""
    nodes = [
        node("start", "start"),
        node("pick", "list-operator", variable=["start", "items"]),
        node("each", "iteration", **EACH),
        node("s", "iteration-start", inside="each"),
        node("one", "variable-aggregator", inside="each", variables=[["each", "item"]]),
        end(out="each.output"),
    ]
    return flow(nodes, "start -> pick", "pick -> each", "each -> end", "s -> one")


def send(connection: Any, **frame: Any) -> None:
    connection.send(json.dumps(frame))


def events_of(connection: Any, *until: str) -> list[dict[str, Any]]:
    """What is told up to the last event of the run, or an event of these."""
    events: list[dict[str, Any]] = []
    while not events or not (events[-1]["event"] in until if until else _is_last(events[-1])):
        events.append(json.loads(connection.recv(timeout=10)))
    return events


def _is_last(event: dict[str, Any]) -> bool:
    """A chatflow's message ends after its flow has finished."""
    return event["event"] in LAST or (event["event"] == "workflow_finished" and "conversation_id" not in event)


def began(events: list[dict[str, Any]]) -> list[str]:
    """The nodes that began, in their order."""
    return [event["data"]["node_id"] for event in events if event["event"] in ("node_started", "iteration_started")]


def outcome(events: list[dict[str, Any]]) -> Any:
    """The outputs of a run that went well."""
    data = events[-1]["data"]
    assert data["status"] == "succeeded", data["error"]
    return data["outputs"]


@dataclass
class Canvas:
    """An app's canvas, in the hands of a member."""

    server: Any
    app: App
    user: User

    def __post_init__(self) -> None:
        self.browser = Browser(headers={"Accept": "application/json"})
        self.browser.force_login(self.user)

    def call(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        """The answer's JSON."""
        address = f"/apps/{self.app.pk}/{path}"
        answer = self.browser.generic(method, address, json.dumps(body), content_type="application/json")
        assert answer.status_code == status, answer.content
        return json.loads(answer.content)

    def values(self) -> dict[str, Any]:
        """The last values by node."""
        return {node["node_id"]: node for node in self.call("GET", "values")["nodes"]}

    def outputs(self) -> dict[str, Any]:
        return {node_id: node["outputs"] for node_id, node in self.values().items()}

    @contextmanager
    def socket(self) -> Iterator[Any]:
        with socket(self.server, self.app, self.user) as connection:
            yield connection

    def run(self, **frame: Any) -> list[dict[str, Any]]:
        """The events of a run of the draft."""
        with self.socket() as connection:
            send(connection, type="chat", **frame)
            return events_of(connection)
