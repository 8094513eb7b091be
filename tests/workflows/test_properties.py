"""Whatever a graph looks like and however long its nodes take: what holds of every run."""

import asyncio
import json
import random
from collections.abc import Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.events import (
    EngineEvent,
    FlowFinished,
    FlowPaused,
    NodeFinished,
    NodeStarted,
    RoundsFinished,
    RoundsStarted,
    Text,
)
from apps.workflows.nodes.human_input.node import outcome_of

from .flows import Stand, flow, node, run

KINDS = ("value", "branch", "works", "breaks", "saved", "forks", "retried", "rounds", "loops", "nested", "asks")
ROUNDS = ("rounds", "loops", "nested")
HANDLES = {"branch": ("yes", "false"), "forks": ("source", "fail-branch"), "asks": ("yes", "false")}
QUICK = settings(max_examples=60, deadline=None, derandomize=True)


class Uneven(Stand):
    """Every call takes a time of its own, by chance."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._chance = random.Random(seed)  # noqa: S311 - no secret
        self._seen = set[str]()

    async def run_code(self, language: str, code: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        for _ in range(self._chance.randrange(6)):
            await asyncio.sleep(0)
        is_first = code not in self._seen
        self._seen.add(code)
        if code == "breaks" or (code.startswith("second time") and is_first):
            raise NodeFailed("broken", "Broken", inputs=inputs)
        return {"out": code}


@st.composite
def graphs(draw: st.DrawFn) -> tuple[dict[str, Any], dict[str, str], list[tuple[str, str, str]]]:
    """A flow of up to ten nodes in layers of chance; the handle each node takes; its edges."""
    count = draw(st.integers(2, 10))
    kinds = {f"n{number}": draw(st.sampled_from(KINDS)) for number in range(count)}
    taken = {name: _taken(kind, is_big=draw(st.booleans())) for name, kind in kinds.items()}
    names = ["start", *kinds]
    ways: list[tuple[str, str, str]] = []
    for place, name in enumerate(kinds, 1):
        sources = draw(st.lists(st.sampled_from(names[:place]), min_size=1, max_size=3, unique=True))
        ways += [(one, draw(st.sampled_from(HANDLES.get(kinds.get(one, ""), ("source",)))), name) for one in sources]
    nodes = [node("start", "start")]
    for name, kind in kinds.items():
        nodes += _nodes(name, kind, taken[name])
    leaves = [name for name in names if not any(source == name for source, _, _ in ways)]
    outputs = [{"variable": name, "value_selector": [name, "out"]} for name in kinds]
    nodes.append(node("answer", "answer", answer="|".join(f"{{{{#{name}.out#}}}}" for name in kinds)))
    nodes.append(node("end", "end", outputs=outputs))
    ways += [(leaf, handle, "answer") for leaf in leaves for handle in HANDLES.get(kinds.get(leaf, ""), ("source",))]
    ways.append(("answer", "source", "end"))
    inner = [(f"{name}s", "source", f"{name}i") for name, kind in kinds.items() if kind in ROUNDS]
    inner += [(f"{name}is", "source", f"{name}ii") for name, kind in kinds.items() if kind == "nested"]
    written = [f"{source}:{handle} -> {target}" for source, handle, target in [*ways, *inner]]
    return flow(nodes, *written), taken, ways


def _taken(kind: str, *, is_big: bool) -> str:
    if kind in ("branch", "asks"):
        return "yes" if is_big else "false"
    return "fail-branch" if kind == "forks" else "" if kind == "breaks" else "source"


def _nodes(name: str, kind: str, handle: str) -> list[dict[str, Any]]:
    if kind == "value":
        return [node(name, "variable-aggregator", variables=[["start", "n"]])]
    if kind == "branch":
        value = "0" if handle == "yes" else "99"
        condition = {"variable_selector": ["start", "n"], "comparison_operator": ">", "value": value}
        return [node(name, "if-else", cases=[{"case_id": "yes", "conditions": [condition]}])]
    if kind == "asks":
        field = {"type": "paragraph", "output_variable_name": "out"}
        return [node(name, "human-input", inputs=[field], user_actions=[{"id": "yes"}, {"id": "false"}])]
    if kind == "rounds":
        return _iteration(name, node(f"{name}i", "code", inside=name, code="inner"), is_parallel=handle == "source")
    if kind == "nested":
        loop, *inside = _loop(f"{name}i")
        return [*_iteration(name, {**loop, "parentId": name}, is_parallel=False), *inside]
    if kind == "loops":
        return _loop(name)
    if kind == "retried":
        retry = {"retry_enabled": True, "max_retries": 2, "retry_interval": 0}
        return [node(name, "code", code=f"second time {name}", retry_config=retry)]
    strategies: dict[str, dict[str, Any]] = {"saved": {"error_strategy": "default-value", "default_value": [
        {"key": "out", "type": "string", "value": "default"}]}, "forks": {"error_strategy": "fail-branch"}}  # fmt: skip
    code = "works" if kind == "works" else "breaks"
    return [node(name, "code", code=code, **strategies.get(kind, {}))]


def _iteration(name: str, inner: dict[str, Any], *, is_parallel: bool) -> list[dict[str, Any]]:
    about = {"iterator_selector": ["start", "items"], "output_selector": [f"{name}i", "out"]}
    it = node(name, "iteration", start_node_id=f"{name}s", is_parallel=is_parallel, parallel_nums=2, **about)
    return [it, node(f"{name}s", "iteration-start", inside=name), inner]


def _loop(name: str) -> list[dict[str, Any]]:
    """Counts to two."""
    out = {"label": "out", "var_type": "number", "value_type": "constant", "value": "0"}
    add = {"variable_selector": [name, "out"], "operation": "+=", "input_type": "constant", "value": 1}
    loop = node(name, "loop", start_node_id=f"{name}s", loop_count=2, loop_variables=[out])
    count = node(f"{name}i", "assigner", inside=name, version="2", items=[add])
    return [loop, node(f"{name}s", "loop-start", inside=name), count]


def expected(taken: Mapping[str, str], ways: list[tuple[str, str, str]]) -> set[str]:
    """The nodes that run, where none fails for good: those to which a taken edge of one that runs leads."""
    running = {"start"}
    handles = {"start": "source", "answer": "source", **taken}
    for name in [*taken, "answer", "end"]:  # edges lead from earlier to later ones
        if any(source in running and handles[source] == handle for source, handle, target in ways if target == name):
            running.add(name)
    return running


def one_run(config: Mapping[str, Any], seed: int, taken: Mapping[str, str]) -> list[EngineEvent]:
    """The events of a run to its end; of the forms it waits for one is filled in each time, from what was kept."""
    values, stand = {"start": {"n": 5, "items": [1, 2, 3]}}, Uneven(seed)
    events = run(config, stand, values)
    while isinstance(paused := events[-1], FlowPaused):
        form = paused.waiting[seed % len(paused.waiting)]
        name = form[0].node.id
        about = {"content": form[1].content, "actions": form[1].actions}
        outcome = outcome_of(about, taken[name], {"out": "filled in"})
        state = json.loads(json.dumps(paused.state))
        events = events[:-1] + run(config, stand, {}, paused=state, outcomes={name: outcome})
    return events


def started_of(event: EngineEvent) -> NodeStarted | None:
    if isinstance(event, NodeStarted):
        return event
    return event.started if isinstance(event, RoundsStarted) else None


def finished_of(event: EngineEvent) -> NodeFinished | None:
    if isinstance(event, NodeFinished):
        return event
    return event.finished if isinstance(event, RoundsFinished) else None


@QUICK
@given(graphs(), st.integers(0, 2**16))
def test_a_run_has_one_end_and_every_node_that_started_has_finished(made, seed):
    config, taken, _ = made
    events = one_run(config, seed, taken)
    assert [event for event in events if isinstance(event, FlowFinished)] == [events[-1]]
    started = [found.run_id for event in events if (found := started_of(event))]
    finished = [done.started.run_id for event in events if (done := finished_of(event))]
    assert sorted(started) == sorted(finished)
    assert len(set(started)) == len(started)


@QUICK
@given(graphs(), st.integers(0, 2**16))
def test_what_runs_is_what_taken_edges_lead_to_and_a_join_waits_for_all(made, seed):
    config, taken, ways = made
    events = one_run(config, seed, taken)
    outer = [event for event in events if (found := any_of(event)) and not inside(found)]
    ran = {started_of(event).node.id for event in outer if started_of(event)}
    fatal = {name for name, handle in taken.items() if handle == ""}
    if not fatal & ran:
        assert ran == expected(taken, ways)
        assert events[-1].status in ("succeeded", "partial-succeeded")
    else:
        assert (events[-1].status, events[-1].error) == ("failed", "broken")
    place = {id(event): number for number, event in enumerate(events)}
    ended = {found.started.node.id: place[id(event)] for event in outer if (found := finished_of(event))}
    for event in outer:
        begun = started_of(event)
        sources = [source for source, _, target in ways if begun and target == begun.node.id and source in ran]
        assert all(ended[source] < place[id(event)] for source in sources)


def any_of(event: EngineEvent) -> NodeStarted | NodeFinished | None:
    return started_of(event) or finished_of(event)


def inside(found: NodeStarted | NodeFinished) -> str:
    return found.node.inside if isinstance(found, NodeStarted) else found.started.node.inside


@QUICK
@given(graphs(), st.tuples(st.integers(0, 2**16), st.integers(0, 2**16)))
def test_outcomes_do_not_depend_on_timing(made, seeds):
    config, taken, _ = made
    one, other = (one_run(config, seed, taken) for seed in seeds)
    assert (one[-1].status, one[-1].error, one[-1].outputs) == (other[-1].status, other[-1].error, other[-1].outputs)
    if one[-1].status != "failed":
        assert told(one) == told(other) == (one[-1].outputs or {}).get("answer", "")
        assert one[-1].total_steps == other[-1].total_steps


def told(events: list[EngineEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, Text))
