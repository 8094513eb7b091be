"""Runs that wait for a person: what is kept, and how they go on."""

import asyncio
import json
from typing import Any

import pytest

from apps.workflows.engine.events import FlowFinished, FlowPaused, NodeFinished, NodeStarted, Text
from apps.workflows.nodes.human_input.node import TIMEOUT, outcome_of

from .flows import flow, model, node, run, start_run

ASK = {
    "form_content": "{{#w.text#}} Remarks: {{#$output.note#}}",
    "inputs": [
        {
            "type": "paragraph",
            "output_variable_name": "note",
            "default": {"type": "variable", "selector": ["start", "x"]},
        }
    ],
    "user_actions": [{"id": "yes", "title": "Yes"}, {"id": "no", "title": "No"}],
    "timeout": 1,
    "timeout_unit": "day",
}
NODES = [
    node("start", "start"),
    model("w", "A draft"),
    model("side", "beside"),
    node("ask", "human-input", **ASK),
    node("good", "answer", answer="Good: {{#ask.note#}} {{#side.text#}}"),
    node("bad", "answer", answer="Bad {{#env.k#}}"),
    node("late", "answer", answer="Late"),
]
WAYS = (
    "start -> w",
    "start -> side",
    "w -> ask",
    "ask:yes -> good",
    "ask:no -> bad",
    "ask:__timeout__ -> late",
)
CONFIG = flow(NODES, *WAYS)
VALUES = {"start": {"x": "none"}, "sys": {"query": "?"}, "env": {"k": "secret"}}


def resumed(paused: FlowPaused, config: Any = CONFIG, **answers: tuple[str, dict[str, Any]]) -> list[Any]:
    """The rest of a run, from what a database would have kept of it."""
    state = json.loads(json.dumps(paused.state))
    forms = {started.node.id: form for started, form in paused.waiting}
    outcomes = {
        id: outcome_of({"content": forms[id].content, "actions": forms[id].actions}, action, values)
        for id, (action, values) in answers.items()
    }

    async def collect() -> list[Any]:
        flow_run = start_run(config, values={"env": {"k": "secret"}}, paused=state, outcomes=outcomes)
        return [event async for event in flow_run.events()]

    return asyncio.run(collect())


@pytest.fixture
def paused() -> FlowPaused:
    found = run(CONFIG, values=VALUES)[-1]
    assert isinstance(found, FlowPaused)
    return found


def told(events: list[Any]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def test_a_run_pauses_when_all_else_is_done_and_keeps_no_secret(paused):
    ((started, form),) = paused.waiting
    assert (started.node.id, form.content) == ("ask", "A draft  Remarks: {{#$output.note#}}")
    assert (form.defaults, form.timeout_s) == ({"note": "none"}, 86_400)
    assert [one["id"] for one in form.actions] == ["yes", "no"]
    assert paused.total_steps == 4
    assert "secret" not in json.dumps(paused.state)


@pytest.mark.parametrize(("action", "answer"), [("yes", "Good: fine beside "), ("no", "Bad secret"), (TIMEOUT, "Late")])
def test_it_goes_on_from_what_was_kept_the_way_of_the_button(paused, action, answer):
    events = resumed(paused, ask=(action, {"note": "fine"}))
    last = events[-1]
    assert isinstance(last, FlowFinished)
    assert (last.status, last.outputs, told(events)) == ("succeeded", {"answer": answer}, answer)
    assert (last.total_steps, last.total_tokens) == (5, 14)
    finished = [event for event in events if isinstance(event, NodeFinished)]
    assert [event.started.node.id for event in finished][0] == "ask"
    assert finished[0].started.index == paused.waiting[0][0].index
    assert (finished[0].outputs or {})["__rendered_content"] == "A draft  Remarks: fine"
    assert [event.node.id for event in events if isinstance(event, NodeStarted)] == [finished[-1].started.node.id]


def test_of_two_forms_the_other_is_still_waited_for():
    nodes = [node("start", "start"), node("a", "human-input", **ASK), node("b", "human-input", **ASK),
             node("end", "end", outputs=[{"variable": "a", "value_selector": ["a", "note"]},
                                         {"variable": "b", "value_selector": ["b", "note"]}])]  # fmt: skip
    config = flow(nodes, "start -> a", "start -> b", "a:yes -> end", "b:yes -> end")
    first = run(config, values=VALUES)[-1]
    assert isinstance(first, FlowPaused)
    assert {started.node.id for started, _ in first.waiting} == {"a", "b"}
    second = resumed(first, config, a=("yes", {"note": "1"}))[-1]
    assert isinstance(second, FlowPaused)
    assert [started.node.id for started, _ in second.waiting] == ["b"]
    last = resumed(second, config, b=("yes", {"note": "2"}))[-1]
    assert (last.status, last.outputs) == ("succeeded", {"a": "1", "b": "2"})


def test_nobody_is_asked_inside_an_iteration():
    it = node("it", "iteration", iterator_selector=["start", "l"], output_selector=["ask", "note"], start_node_id="its")
    nodes = [
        node("start", "start"),
        it,
        node("its", "iteration-start", inside="it"),
        node("ask", "human-input", inside="it", **ASK),
    ]
    last = run(flow(nodes, "start -> it", "its -> ask"), values={"start": {"l": [1]}})[-1]
    assert (last.status, last.error) == (
        "failed", "Nobody can be asked inside an iteration or a loop: put the node outside of it.",
    )  # fmt: skip
