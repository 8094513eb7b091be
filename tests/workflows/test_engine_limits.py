"""Flows that are too much of something, and nodes that do not hear: each ends, and says how."""

import asyncio
from collections.abc import Mapping
from typing import Any

import pytest

from apps.workflows.engine import letting_go
from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.events import NodeFinished, NodeStarted, RoundsFinished, RoundStarted, Text
from apps.workflows.engine.runner import Limits

from .flows import Stand, edges, flow, node, run, start_run

VALUE = {"variables": [["start", "n"]]}
OUT = {"outputs": [{"variable": "out", "value_selector": ["join", "output"]}]}


def wide(count: int) -> dict[str, Any]:
    """As many nodes side by side, and one where they meet."""
    names = [f"n{number}" for number in range(count)]
    nodes = [node(name, "variable-aggregator", **VALUE) for name in names]
    ends = [
        node("join", "variable-aggregator", variables=[[name, "output"] for name in names]),
        node("end", "end", **OUT),
    ]
    ways = [way for name in names for way in (f"start -> {name}", f"{name} -> join")]
    return flow([node("start", "start"), *nodes, *ends], *ways, "join -> end")


def long(count: int) -> dict[str, Any]:
    """As many nodes one after the other."""
    names = ["start", *(f"n{number}" for number in range(count)), "join", "end"]
    nodes = [node("start", "start"), *(node(name, "variable-aggregator", **VALUE) for name in names[1:-1])]
    ways = [f"{one} -> {other}" for one, other in zip(names, names[1:], strict=False)]
    return flow([*nodes, node("end", "end", **OUT)], *ways)


@pytest.mark.parametrize("make", [wide, long])
def test_a_thousand_nodes_reach_the_limit_of_steps_and_run_where_it_is_higher(make):
    refused = run(make(1_000), values={"start": {"n": 5}})[-1]
    assert (refused.status, refused.error, refused.outputs) == ("failed", "Max steps 500 reached.", {})
    done = run(make(1_000), values={"start": {"n": 5}}, limits=Limits(steps=2_000))[-1]
    assert (done.status, done.outputs, done.total_steps) == ("succeeded", {"out": 5}, 1_003)


def test_a_loop_that_nothing_ends_makes_a_hundred_rounds():
    loop = node(
        "it", "loop", start_node_id="ls", loop_count=10**9, break_conditions=[],
        loop_variables=[{"label": "n", "var_type": "number", "value_type": "constant", "value": "0"}],
    )  # fmt: skip
    add = {"variable_selector": ["it", "n"], "operation": "+=", "input_type": "constant", "value": 1}
    nodes = [node("start", "start"), loop, node("ls", "loop-start", inside="it"),
             node("add", "assigner", inside="it", version="2", items=[add]),
             node("end", "end", outputs=[{"variable": "out", "value_selector": ["it", "n"]}])]  # fmt: skip
    events = run(flow(nodes, "start -> it", "ls -> add", "it -> end"))
    assert events[-1].outputs == {"out": 100}
    before = [event.variables for event in events if isinstance(event, RoundStarted)]
    assert before[:3] == [{"n": 0}, {"n": 1}, {"n": 2}]


def test_edges_that_lead_in_a_circle_are_never_decided():
    nodes = [
        node("start", "start"),
        *(node(name, "variable-aggregator", **VALUE) for name in ("a", "b")),
        node("end", "end"),
    ]
    events = run(flow(nodes, "start -> a", "a -> b", "b -> a", "b -> end"))
    assert (events[-1].status, events[-1].total_steps) == ("succeeded", 1)


def test_json_of_any_depth_goes_through():
    deep: Any = "bottom"
    for _ in range(800):
        deep = {"in": [deep]}
    nodes = [
        node("start", "start"),
        node("join", "variable-aggregator", variables=[["start", "deep"]]),
        node("end", "end", **OUT),
    ]
    last = run(flow(nodes, "start -> join", "join -> end"), values={"start": {"deep": deep}})[-1]
    assert last.outputs == {"out": deep}


class Deaf(Stand):
    """Code that goes on when it is told to end, until `let`."""

    def __init__(self) -> None:
        super().__init__()
        self.let, self.began = asyncio.Event(), asyncio.Event()

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        if code == "bad":
            await self.began.wait()
            raise NodeFailed("Broken.")
        self.began.set()
        while not self.let.is_set():
            try:
                await self.let.wait()
            except asyncio.CancelledError:
                continue
        return {}


@pytest.fixture
def impatient(monkeypatch):
    assert letting_go.PATIENCE_S < 2
    monkeypatch.setattr(letting_go, "PATIENCE_S", 0.02)


DEAF = [node("start", "start"), node("deaf", "code", code="deaf", variables=[]), node("end", "end", **OUT)]
DEAF_WAYS = ("start -> deaf", "deaf -> end")


def test_a_node_that_does_not_hear_is_left(impatient):
    async def stop() -> tuple[list[str], str]:
        stand = Deaf()
        flow_run = start_run(flow(DEAF, *DEAF_WAYS), stand)
        events = flow_run.events()
        async for event in events:
            if isinstance(event, NodeStarted) and event.node.id == "deaf":
                break
        await stand.began.wait()
        await events.aclose()
        finished = [event.status for event in flow_run.untold() if isinstance(event, NodeFinished)]
        stand.let.set()
        await asyncio.sleep(0)
        return finished, flow_run.stopped().status

    assert asyncio.run(stop()) == (["stopped"], "stopped")


@pytest.mark.parametrize(
    ("more", "limits", "error"),
    [([], Limits(time_s=0.05), "Max execution time 0.05s reached."), (["start -> bad"], None, "Broken.")],
)
def test_neither_the_limit_of_time_nor_a_failure_waits_for_it(impatient, more, limits, error):
    nodes = [*DEAF, node("bad", "code", code="bad", variables=[])]

    async def collect() -> list[Any]:
        stand = Deaf()
        found = [event async for event in start_run(flow(nodes, *DEAF_WAYS, *more), stand, limits=limits).events()]
        stand.let.set()
        return found

    events = asyncio.run(collect())
    statuses = {event.started.node.id: event.status for event in events if isinstance(event, NodeFinished)}
    assert (events[-1].status, events[-1].error, statuses["deaf"]) == ("failed", error, "stopped")


def test_what_is_left_inside_an_iteration_has_ended_before_it(impatient):
    it = node(
        "it", "iteration", iterator_selector=["start", "items"], output_selector=["deaf", "x"], start_node_id="its"
    )
    inner = node("deaf", "code", code="deaf", variables=[], inside="it")
    config = {"graph": {"nodes": [node("start", "start"), it, node("its", "iteration-start", inside="it"), inner],
                        "edges": edges("start -> it", "its -> deaf")}}  # fmt: skip

    async def collect() -> list[Any]:
        stand = Deaf()
        found = start_run(config, stand, {"start": {"items": [1]}}, limits=Limits(time_s=0.05)).events()
        events = [event async for event in found]
        stand.let.set()
        return events

    events = asyncio.run(collect())
    ended = [event for event in events if isinstance(event, NodeFinished | RoundsFinished)]
    names = [(event.finished if isinstance(event, RoundsFinished) else event).started.node.id for event in ended]
    assert names == ["start", "its", "deaf", "it"]


def test_conversation_variables_that_parallel_rounds_append_to_have_all_of_them():
    add = {
        "variable_selector": ["conversation", "seen"],
        "operation": "append",
        "input_type": "variable",
        "value": ["it", "item"],
    }
    about = {"iterator_selector": ["start", "items"], "output_selector": ["it", "item"], "start_node_id": "its"}
    it = node("it", "iteration", is_parallel=True, parallel_nums=8, **about)
    nodes = [node("start", "start"), it, node("its", "iteration-start", inside="it"),
             node("add", "assigner", inside="it", version="2", items=[add]),
             node("answer", "answer", answer="{{#conversation.seen#}}")]  # fmt: skip
    values = {"start": {"items": list(range(20))}, "conversation": {"seen": []}}
    events = run(flow(nodes, "start -> it", "its -> add", "it -> answer"), values=values)
    said = "".join(event.text for event in events if isinstance(event, Text))
    assert sorted(said.replace("- ", "").split("\n"), key=int) == [str(number) for number in range(20)]
