"""Iterations and loops: order, batches of pure rounds, answers inside, what their metadata says."""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

import pytest

from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.events import NodeFinished, NodeStarted, RoundsFinished, RoundsStarted, RoundStarted, Text

from .flows import Stand, flow, node, run

ITEM = [{"variable": "item", "value_selector": ["it", "item"]}]


class Slow(Stand):
    """Templates take their time, each a time of its own; one of them may fail."""

    def __init__(self, fails_at: object = None) -> None:
        super().__init__()
        self.fails_at, self.at_once, self.most_at_once = fails_at, 0, 0

    async def render(self, template: str, inputs: Mapping[str, Any]) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(random.random() / 200)
        self.at_once -= 1
        if inputs["item"] == self.fails_at:
            raise NodeFailed(f"no template for {inputs['item']}")
        return template.format(**inputs)


def iteration(*inner: dict[str, Any], ways: tuple[str, ...] = ("its -> t",), **data: Any) -> dict[str, Any]:
    it = node(
        "it",
        "iteration",
        iterator_selector=["start", "items"],
        output_selector=["t", "output"],
        start_node_id="its",
        **data,
    )
    first = inner or (node("t", "template-transform", inside="it", template="<{item}>", variables=ITEM),)
    nodes = [node("start", "start"), it, node("its", "iteration-start", inside="it"), *first]
    end = node("end", "end", outputs=[{"variable": "out", "value_selector": ["it", "output"]}])
    return flow([*nodes, end], "start -> it", "it -> end", *ways)


def items(*values: Any) -> dict[str, dict[str, Any]]:
    return {"start": {"items": list(values)}}


def test_rounds_that_only_compute_go_together_and_are_told_one_after_the_other():
    stand = Slow()
    events = run(iteration(), stand, items(*range(40)))
    assert stand.most_at_once == 40
    assert events[-1].outputs == {"out": [f"<{number}>" for number in range(40)]}
    told = [event for event in events if isinstance(event, NodeStarted | NodeFinished | RoundStarted)]
    inside = [event for event in told if not isinstance(event, RoundStarted) and node_of(event).inside == "it"]
    rounds = [(event.metadata or {})["iteration_index"] for event in inside if isinstance(event, NodeFinished)]
    assert rounds == sorted(rounds)
    indexes = [event.index for event in told if isinstance(event, NodeStarted)]
    assert indexes == sorted(indexes)


def node_of(event: NodeStarted | NodeFinished):
    return event.node if isinstance(event, NodeStarted) else event.started.node


@pytest.mark.parametrize("first", [0, 17, 39])
def test_the_first_round_that_fails_ends_an_iteration_whatever_came_sooner(first):
    events = run(iteration(), Slow(fails_at=first), items(*range(40)))
    assert (events[-1].status, events[-1].error) == ("failed", f"no template for {first}")
    begun = [event.index for event in events if isinstance(event, RoundStarted)]
    assert begun == list(range(first + 1))


@pytest.mark.parametrize(
    ("mode", "output"), [("continue-on-error", ["<0>", None, "<2>"]), ("remove-abnormal-output", ["<0>", "<2>"])]
)
@pytest.mark.parametrize("is_parallel", [False, True])
def test_a_failed_round_leaves_null_or_nothing(mode, output, is_parallel):
    config = iteration(error_handle_mode=mode, is_parallel=is_parallel)
    events = run(config, Slow(fails_at=1), items(0, 1, 2))
    assert events[-1].outputs == {"out": output}
    assert events[-1].status == "succeeded"


def test_parallel_rounds_keep_the_order_of_the_items_and_the_limit():
    stand = Slow()
    events = run(iteration(is_parallel=True, parallel_nums=4), stand, items(*range(30)))
    assert events[-1].outputs == {"out": [f"<{number}>" for number in range(30)]}
    assert stand.most_at_once == 4


def test_the_metadata_tells_rounds_durations_and_tokens():
    inner = node(
        "t", "llm", inside="it", model={"name": "m"}, prompt_template=[{"role": "user", "text": "{{#it.item#}}"}]
    )
    config = iteration(inner)
    config["graph"]["nodes"][1]["data"]["output_selector"] = ["t", "text"]
    events = run(config, values=items("a", "b"))
    (finished,) = [event for event in events if isinstance(event, RoundsFinished)]
    assert set((finished.finished.metadata or {})["iteration_duration_map"]) == {"0", "1"}
    assert ((finished.finished.metadata or {})["total_tokens"], finished.steps) == (14, 2)
    assert events[-1].total_tokens == 14
    places = [
        ((event.metadata or {})["iteration_id"], (event.metadata or {})["iteration_index"])
        for event in events
        if isinstance(event, NodeFinished) and event.started.node.id == "t"
    ]
    assert places == [("it", 0), ("it", 1)]


@pytest.mark.parametrize("is_parallel", [False, True])
def test_an_answer_inside_is_told_once_for_each_round_in_their_order(is_parallel):
    inner = (
        node("m", "llm", inside="it", model={"name": "m"}, prompt_template=[{"role": "user", "text": "{{#it.item#}}"}]),
        node("a", "answer", inside="it", answer="{{#it.index#}}: {{#m.text#}}\n"),
    )
    ways = ("its -> m", "m -> a")
    config = iteration(*inner, ways=ways, is_parallel=is_parallel)
    config["graph"]["nodes"][-1] = node("end", "answer", answer="done")
    events = run(config, values=items("one two", "three"))
    assert "".join(event.text for event in events if isinstance(event, Text)) == "0: one two \n1: three \ndone"
    assert (events[-1].outputs or {})["answer"] == "0: one two \n1: three \ndone"


def test_a_loop_tells_its_variables_after_each_round():
    loop = node(
        "it", "loop", loop_count=3, start_node_id="ls",
        loop_variables=[{"label": "n", "var_type": "number", "value_type": "constant", "value": "1"}],
    )  # fmt: skip
    double = node("d", "assigner", inside="it", version="2", items=[
        {"variable_selector": ["it", "n"], "operation": "*=", "input_type": "constant", "value": 2}])  # fmt: skip
    nodes = [node("start", "start"), loop, node("ls", "loop-start", inside="it"), double,
             node("end", "end", outputs=[{"variable": "out", "value_selector": ["it", "n"]}])]  # fmt: skip
    events = run(flow(nodes, "start -> it", "it -> end", "ls -> d"))
    assert events[-1].outputs == {"out": 8}
    (begun,) = [event for event in events if isinstance(event, RoundsStarted)]
    assert begun.length == 3
    (finished,) = [event for event in events if isinstance(event, RoundsFinished)]
    assert (finished.finished.metadata or {})["loop_variable_map"] == {"0": {"n": 2}, "1": {"n": 4}, "2": {"n": 8}}


def test_an_iteration_with_nothing_inside_fails_with_a_sentence():
    config = iteration(ways=())
    config["graph"]["nodes"][1]["data"]["start_node_id"] = "nobody"
    assert run(config, values=items(1))[-1].error == "Nothing stands inside the node: add one."
    assert run(config, values=items())[-1].outputs == {"out": []}


def test_ten_thousand_items_at_once_end():
    inner = node("t", "variable-aggregator", inside="it", variables=[["it", "item"]])
    events = run(iteration(inner, is_parallel=True, parallel_nums=100), values=items(*range(10_000)))
    assert events[-1].outputs == {"out": list(range(10_000))}
