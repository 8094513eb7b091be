"""The engine by itself: order, joins, branches, rounds, failures, streams, limits."""

import asyncio

import pytest

from apps.workflows.engine.contracts import NodeFailed, NodeResult
from apps.workflows.engine.events import FlowFinished, NodeFinished, NodeRetry, NodeStarted, RoundStarted, Text
from apps.workflows.engine.graph import Graph
from apps.workflows.engine.runner import Limits
from apps.workflows.engine.validation import faults_of

from .flows import Stand, flow, model, node, run, start_run

END = {"outputs": [{"variable": "out", "value_selector": ["a", "text"]}]}
ELSE_IF = {
    "cases": [
        {
            "case_id": "big",
            "conditions": [{"variable_selector": ["start", "n"], "comparison_operator": ">", "value": "10"}],
        }
    ]
}


def told(events) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))


def began(events) -> list[str]:
    return [event.node.id for event in events if isinstance(event, NodeStarted)]


def end_of(events) -> FlowFinished:
    (last,) = [event for event in events if isinstance(event, FlowFinished)]
    assert events[-1] is last
    return last


def outcome(events) -> dict[str, str]:
    return {event.started.node.id: event.status for event in events if isinstance(event, NodeFinished)}


def test_one_node_after_the_other():
    events = run(
        flow([node("start", "start"), model("a", "Hello world"), node("end", "end", **END)], "start -> a", "a -> end")
    )
    assert began(events) == ["start", "a", "end"]
    assert told(events) == "Hello world "
    last = end_of(events)
    assert (last.status, last.outputs, last.total_steps, last.total_tokens) == (
        "succeeded",
        {"out": "Hello world "},
        3,
        7,
    )
    firsts = [event for event in events if isinstance(event, NodeStarted)]
    assert [(event.index, event.predecessor) for event in firsts] == [(1, ""), (2, "start"), (3, "a")]


@pytest.mark.parametrize(("number", "way"), [(11, "yes"), (3, "no")])
def test_a_branch_that_is_not_taken_is_skipped_with_all_behind_it(number, way):
    nodes = [node("start", "start"), node("if", "if-else", **ELSE_IF), model("yes", "Yes"), model("no", "No"),
             model("after", "After"), node("both", "variable-aggregator", variables=[["yes", "text"], ["no", "text"]]),
             node("end", "end", outputs=[{"variable": "out", "value_selector": ["both", "output"]}])]  # fmt: skip
    ways = (
        "start -> if",
        "if:big -> yes",
        "if:false -> no",
        "no -> after",
        "yes -> both",
        "after -> both",
        "both -> end",
    )
    events = run(flow(nodes, *ways), values={"start": {"n": number}})
    expected = ["yes"] if way == "yes" else ["no", "after"]
    assert began(events) == ["start", "if", *expected, "both", "end"]
    assert end_of(events).outputs == {"out": f"{way.title()} "}


def test_branches_run_side_by_side_and_meet():
    nodes = [node("start", "start"), model("a", "A"), model("b", "B"), node("join", "end", **END)]
    config = flow(nodes, "start -> a", "start -> b", "a -> join", "b -> join")
    events = run(config, Stand(waits={"a": 0.05, "b": 0.0}))
    ended = [event.started.node.id for event in events if isinstance(event, NodeFinished)]
    assert ended == ["start", "b", "a", "join"]
    assert began(events).count("join") == 1


def test_wf_08_an_answer_is_told_in_its_template_s_order():
    nodes = [node("start", "start"), model("a", "of a"), model("b", "of b"),
             node("answer", "answer", answer="Du Fu {{#b.text#}}Li Bai {{#a.text#}}{{#sys.query#}}")]  # fmt: skip
    config = flow(nodes, "start -> a", "start -> b", "a -> answer", "b -> answer")
    events = run(config, Stand(waits={"b": 0.02}), {"sys": {"query": "?"}})
    assert told(events) == "Du Fu of b Li Bai of a ?"
    assert end_of(events).outputs == {"answer": "Du Fu of b Li Bai of a ?"}
    first = next(place for place, event in enumerate(events) if isinstance(event, Text))
    assert first < next(
        place for place, event in enumerate(events) if isinstance(event, NodeStarted) and event.node.id == "answer"
    )


def test_an_answer_behind_a_branch_waits_for_it_and_a_skipped_one_is_silent():
    nodes = [node("start", "start"), model("a", "thinking"), node("if", "if-else", **ELSE_IF),
             node("yes", "answer", answer="Yes: {{#a.text#}}"), node("no", "answer", answer="No")]  # fmt: skip
    config = flow(nodes, "start -> a", "a -> if", "if:big -> yes", "if:false -> no")
    events = run(config, values={"start": {"n": 99}})
    assert told(events) == "Yes: thinking "
    assert "no" not in began(events)


def test_several_answers_are_told_one_after_the_other_in_the_order_they_became_ready():
    nodes = [node("start", "start"), model("a", "of a"), model("b", "of b"), node("if", "if-else", **ELSE_IF),
             node("late", "answer", answer="Late {{#b.text#}}"), node("one", "answer", answer="One {{#a.text#}}"),
             node("two", "answer", answer="Two {{#b.text#}}")]  # fmt: skip
    ways = ("start -> a", "start -> b", "b -> if", "a -> one", "b -> two", "if:big -> late")
    events = run(flow(nodes, *ways), Stand(waits={"a": 0.01}), {"start": {"n": 99}})
    assert told(events) == "One of a Two of b Late of b "


def test_an_answer_waits_for_the_node_that_changes_a_variable_in_it_and_for_no_other_namespace():
    item = {
        "variable_selector": ["conversation", "x"],
        "operation": "over-write",
        "input_type": "constant",
        "value": "new",
    }
    nodes = [node("start", "start"), model("a", "of a"), node("set", "assigner", version="2", items=[item]),
             node("answer", "answer", answer="{{#sys.query#}} {{#env.k#}} {{#conversation.x#}} {{#a.text#}}"),
            ]  # fmt: skip
    values = {"sys": {"query": "?"}, "env": {"k": "!"}, "conversation": {"x": "old"}}
    events = run(flow(nodes, "start -> a", "a -> set", "set -> answer"), values=values)
    assert told(events) == "? ! new of a "
    at_once = run(flow(nodes, "start -> a", "a -> answer"), Stand(waits={"a": 0.01}), values)
    place = next(
        place for place, event in enumerate(at_once) if isinstance(event, NodeFinished) and event.started.node.id == "a"
    )
    assert told(at_once[:place]).startswith("? ! old ")


def test_what_a_model_said_is_told_wherever_a_template_names_it():
    nodes = [node("start", "start"), model("a", "of a"), node("answer", "answer", answer="{{#a.text#}}, {{#a.text#}}.")]
    events = run(flow(nodes, "start -> a", "a -> answer"))
    assert told(events) == end_of(events).outputs["answer"] == "of a , of a ."


ROUND = [
    node("start", "start"),
    node("it", "iteration", iterator_selector=["start", "items"], output_selector=["do", "n"], start_node_id="its"),
    node("its", "iteration-start", inside="it"),
    node("do", "code", code="work", variables=[{"variable": "x", "value_selector": ["it", "item"]}], inside="it"),
    node("end", "end", outputs=[{"variable": "out", "value_selector": ["it", "output"]}]),
]
ROUND_WAYS = ("start -> it", "its -> do", "it -> end")


def rounds(items, function=lambda x: {"n": x * 2}, **settings):
    nodes = [{**one, "data": {**one["data"], **settings}} if one["id"] == "it" else one for one in ROUND]
    return run(flow(nodes, *ROUND_WAYS), Stand(work=function), {"start": {"items": items}})


@pytest.mark.parametrize("settings", [{}, {"is_parallel": True, "parallel_nums": 2}])
def test_rounds_bring_a_list_in_the_items_order(settings):
    events = rounds([1, 2, 3], **settings)
    assert end_of(events).outputs == {"out": [2, 4, 6]}
    assert [event.index for event in events if isinstance(event, RoundStarted)] == [0, 1, 2]
    assert end_of(rounds([])).outputs == {"out": []}


def test_lists_of_rounds_are_joined_unless_told_not_to():
    assert end_of(rounds([1, 2], lambda x: {"n": [x, x]})).outputs == {"out": [1, 1, 2, 2]}
    assert end_of(rounds([1, 2], lambda x: {"n": [x, x]}, flatten_output=False)).outputs == {"out": [[1, 1], [2, 2]]}


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("terminated", None), ("continue-on-error", [2, None, 6]), ("remove-abnormal-output", [2, 6])],
)
def test_a_round_that_fails(mode, expected):
    def odd(x):
        return NodeFailed("No twos.") if x == 2 else {"n": x * 2}

    last = end_of(rounds([1, 2, 3], odd, error_handle_mode=mode))
    if expected is None:
        assert (last.status, last.error, last.outputs) == ("failed", "No twos.", {})
    else:
        assert last.outputs == {"out": expected}


FAILING = {"code": "bad", "variables": []}


def failing(**settings):
    nodes = [
        node("start", "start"),
        node("c", "code", **FAILING, **settings),
        model("a", "good"),
        model("b", "sorry {{#c.error_message#}}"),
        node("end", "end", outputs=[{"variable": "out", "value_selector": ["c", "value"]}]),
    ]
    config = flow(nodes, "start -> c", "c -> a", "c:fail-branch -> b", "a -> end", "b -> end")
    return run(config, Stand(bad=lambda: NodeFailed("Broken.", "CodeNodeError")))


def test_a_failure_ends_the_run_and_what_runs_beside_it():
    events = failing()
    assert (end_of(events).status, end_of(events).error) == ("failed", "Broken.")
    assert outcome(events) == {"start": "succeeded", "c": "failed"}


def test_a_fail_branch_goes_on_with_the_reason():
    events = failing(error_strategy="fail-branch")
    assert outcome(events) == {"start": "succeeded", "c": "exception", "b": "succeeded", "end": "succeeded"}
    assert (end_of(events).status, end_of(events).exceptions_count) == ("partial-succeeded", 1)


def test_a_default_value_stands_in():
    defaults = [{"key": "value", "type": "number", "value": "5"}]
    events = failing(error_strategy="default-value", default_value=defaults)
    assert end_of(events).outputs == {"out": 5}
    assert "a" in began(events)


def test_a_failed_node_is_tried_again():
    events = failing(retry_config={"retry_enabled": True, "max_retries": 2, "retry_interval": 1})
    assert [event.retry for event in events if isinstance(event, NodeRetry)] == [1, 2]
    assert list(outcome(events)) == ["start", "c"]


def test_limits_of_steps_and_time():
    many = {"start": {"items": [0] * 50}}
    events = run(flow(ROUND, *ROUND_WAYS), Stand(work=lambda x: {"n": x}), many, Limits(steps=2))
    assert end_of(events).error == "Max steps 2 reached."
    events = run(flow(ROUND, *ROUND_WAYS), Stand(work=lambda x: {"n": x}), many, Limits(steps=3))
    assert end_of(events).error == ""  # each round counts for itself
    slow = flow([node("start", "start"), model("a", "a b c"), node("end", "end", **END)], "start -> a", "a -> end")
    events = run(slow, Stand(waits={"a": 5}), limits=Limits(time_s=0.05))
    assert end_of(events).error == "Max execution time 0.05s reached."


def test_a_run_that_is_left_leaves_no_task():
    async def leave() -> int:
        config = flow(
            [node("start", "start"), model("a", "a b c"), node("end", "end", **END)], "start -> a", "a -> end"
        )
        run = start_run(config, Stand(waits={"a": 5}))
        events = run.events()
        async for event in events:
            if isinstance(event, NodeStarted) and event.node.id == "a":
                break
        await events.aclose()
        assert run.stopped().status == "stopped"
        return len(asyncio.all_tasks())

    assert asyncio.run(leave()) == 1


def test_faults_are_named():
    def faults(nodes, *ways):
        return [fault.sentence for fault in faults_of(Graph.parse(flow(nodes, *ways)))]

    start, end = node("start", "start"), node("end", "end")
    assert faults([start, end], "start -> end") == []
    assert faults([end]) == ["The start node is missing."]
    assert "exactly one" in faults([start, node("s2", "start"), end])[0]
    circle = faults([start, model("a", "."), model("b", "."), end], "start -> a", "a -> b", "b -> a", "b -> end")
    assert "lead back" in circle[0]


def test_a_node_that_is_given_does_not_run():
    config = flow([node("start", "start"), model("a", "Hello"), node("end", "end", **END)], "start -> a", "a -> end")
    stand = Stand()
    events = run(config, stand, given={"a": NodeResult({"text": "Given"}, metadata={"pinned": True})})
    assert (began(events), told(events), stand.calls) == (["start", "a", "end"], "Given", [])
    (finished,) = [event for event in events if isinstance(event, NodeFinished) and event.started.node.id == "a"]
    assert (finished.status, finished.metadata, end_of(events).outputs) == (
        "succeeded",
        {"pinned": True},
        {"out": "Given"},
    )
