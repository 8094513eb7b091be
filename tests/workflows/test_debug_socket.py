"""Drafts of flows that are run on the canvas, over the debugger's websocket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from apps.logs.models import NodeRun, WorkflowRun
from apps.prompts.models import App
from apps.prompts.services.versions import save_draft
from apps.workspaces.models import User, Workspace
from tests.chat.test_debugging import socket
from tests.factories import make_app, make_provider, make_workspace

from .drafts import SLOW, end, events_of, send, writer
from .flows import flow, node

NAME = {"type": "text-input", "variable": "name", "label": "Name", "required": True}


def greeting(word: str = "Hello") -> dict[str, Any]:
    """start -> greet -> end."""
    nodes = [
        node("start", "start", variables=[NAME]),
        writer("greet", f"{word} {{{{#start.name#}}}}"),
        end(out="greet.text"),
    ]
    return flow(nodes, "start -> greet", "greet -> end")


def writing() -> dict[str, Any]:
    """A model that writes for some seconds."""
    return flow([node("start", "start"), writer("write", "Write.", SLOW), end()], "start -> write", "write -> end")


@pytest.fixture
def workspace(server, upstream) -> Workspace:
    workspace = make_workspace()
    make_provider(workspace, upstream.base_url, "echo", SLOW)
    return workspace


@pytest.fixture
def owner(workspace) -> User:
    return workspace.memberships.get().user


@pytest.fixture
def open_app(server, workspace, owner):
    @contextmanager
    def open_app(config: dict[str, Any], mode: str = "workflow") -> Iterator[tuple[App, Any]]:
        app = make_app(workspace, config, mode=mode, published=False)
        with socket(server, app, owner) as connection:
            yield app, connection

    return open_app


def test_the_draft_of_a_workflow_runs_and_tells_what_the_service_api_tells(open_app, owner):
    with open_app(greeting()) as (app, connection):
        send(connection, type="chat", inputs={"name": "Ada"})
        events = events_of(connection)
        save_draft(app=app, config=greeting("Goodbye"))
        send(connection, type="chat", inputs={"name": "Ada"})
        again = events_of(connection)
    assert [event["event"] for event in events if event["event"] != "text_chunk"] == [
        "workflow_started",
        *["node_started", "node_finished"] * 3,
        "workflow_finished",
    ]
    assert {frozenset(event) for event in events} == {frozenset({"event", "task_id", "workflow_run_id", "data"})}
    assert events[-1]["data"]["outputs"] == {"out": "Hello Ada"}
    assert again[-1]["data"]["outputs"] == {"out": "Goodbye Ada"}
    run = WorkflowRun.objects.get(pk=events[0]["workflow_run_id"])
    assert (run.invoke_from, run.account_id, run.inputs) == ("debugger", owner.pk, {"name": "Ada"})
    assert [row.node_id for row in NodeRun.objects.filter(run=run).order_by("index")] == ["start", "greet", "end"]


def test_what_is_wrong_with_a_frame_is_told_and_the_socket_stays(open_app):
    with open_app(greeting()) as (_app, connection):
        send(connection, type="chat", inputs={})
        refused = events_of(connection)
        send(connection, type="chat", inputs=5)
        assert events_of(connection)[-1]["code"] == "invalid_param"
        send(connection, type="attach", message_id="0193a0a0-0000-7000-8000-000000000001")
        assert events_of(connection)[-1]["code"] == "not_found"
        send(connection, type="ping")
        assert events_of(connection, "pong")
    assert [(one["event"], one["message"]) for one in refused] == [("error", "name is required in input form")]
    assert not WorkflowRun.objects.exists()


def test_a_run_is_found_again_alive_and_ended(server, open_app, owner):
    with open_app(writing()) as (app, connection):
        send(connection, type="chat")
        first = events_of(connection, "text_chunk", "node_started")
        run_id = first[0]["workflow_run_id"]
        with socket(server, app, owner) as other:
            send(other, type="attach", message_id=run_id)
            beginning = events_of(other, "node_started")
            assert beginning[: len(first)] == first[: len(beginning)]
            send(other, type="stop", task_id=first[0]["task_id"])
            events_of(other)
        events_of(connection)
        send(connection, type="attach", message_id=run_id)
        (told,) = events_of(connection)
    assert (told["event"], told["data"]["id"], told["data"]["status"]) == ("workflow_finished", run_id, "stopped")


def test_a_stopped_run_has_one_end(open_app):
    with open_app(writing()) as (_app, connection):
        send(connection, type="chat")
        events = events_of(connection, "node_started")
        task_id = events[0]["task_id"]
        events += events_of(connection, "node_started")
        send(connection, type="chat")
        send(connection, type="stop", task_id=task_id)
        events += events_of(connection, "workflow_finished")
        send(connection, type="ping")
        assert [event["event"] for event in events_of(connection, "pong")] == ["pong"]
    ends = [event for event in events if event["event"] == "workflow_finished"]
    assert [(end["data"]["status"], end["workflow_run_id"]) for end in ends] == [
        ("stopped", events[0]["workflow_run_id"])
    ]
    refused = [event for event in events if event["event"] == "error"]
    assert [event["message"] for event in refused] == ["An answer is being written. Stop it or wait for its end."]
    run = WorkflowRun.objects.get()
    assert (run.status, run.nodes.get(node_id="write").status) == ("stopped", "stopped")
