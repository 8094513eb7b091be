"""The checklist: what an author should look at before publishing."""

import pytest

from apps.workflows.engine.checklist import checklist_of
from apps.workflows.engine.graph import Graph

from .flows import flow, model, node

START, END = node("start", "start"), node("end", "end")


def looked_at(nodes, *ways, ends=("end",)):
    return [fault.sentence for fault in checklist_of(Graph.parse(flow(nodes, *ways)), ends=ends)]


def asks(reference: str):
    return model("a", f"About {{{{#{reference}#}}}}")


def test_wf_30_a_complete_flow_has_an_empty_list():
    assert looked_at([START, asks("sys.user_id"), END], "start -> a", "a -> end") == []


def test_wf_30_what_nothing_leads_to_is_on_the_list():
    assert looked_at([START, model("a", "."), END], "start -> end") == ["A: nothing leads to it."]


def test_wf_07_a_workflow_needs_an_end_and_nothing_follows_it():
    assert "type end can be reached" in looked_at([START, END])[0]
    assert "nothing can follow an end" in looked_at([START, END, model("a", ".")], "start -> end", "end -> a")[0]
    assert "do nothing" in looked_at([START, END], "start -> end", ends=("answer",))[1]


def test_wf_02_two_nodes_of_one_name_are_on_the_list():
    twin = {**model("b", "."), "data": {**model("b", ".")["data"], "title": "A"}}
    (said,) = looked_at([START, model("a", "."), twin, END], "start -> a", "a -> b", "b -> end")
    assert said == "Several nodes are called A. Give each a name of its own."


def test_an_unknown_type_and_unreadable_settings_are_on_the_list():
    (said,) = looked_at([START, node("x", "magic"), END], "start -> x", "x -> end")
    assert "does not run nodes of type magic" in said
    (said,) = looked_at([START, node("x", "code", code={"no": "text"}), END], "start -> x", "x -> end")
    assert said.startswith("X: The setting code cannot be read")


ROUNDS = [
    START,
    model("before", "."),
    node("it", "iteration", iterator_selector=["before", "text"], output_selector=["in", "text"], start_node_id="its"),
    node("its", "iteration-start", inside="it"),
    node("other", "template-transform", template=".", inside=""),
    END,
]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("before.text", ""),
        ("it.item", ""),
        ("its.anything", ""),
        ("end.out", "does not come before it"),
        ("other.output", "does not come before it"),
        ("nobody.text", "does not exist"),
    ],
)
def test_wf_03_inside_an_iteration_only_what_comes_before_is_seen(reference, said):
    inner = node("in", "llm", prompt_template=[{"role": "user", "text": f"{{{{#{reference}#}}}}"}], inside="it")
    ways = ("start -> before", "before -> it", "its -> in", "it -> other", "other -> end")
    found = looked_at([*ROUNDS, inner], *ways)
    assert (said in found[0] and len(found) == 1) if said else found == []


@pytest.mark.parametrize(("name", "is_known"), [("output", True), ("error_message", True), ("text", False)])
def test_wf_04_a_variable_that_a_node_does_not_bring_is_on_the_list(name, is_known):
    ends = node("end", "end", outputs=[{"variable": "x", "value_selector": ["t", name]}])
    found = looked_at([START, node("t", "template-transform", template="."), ends], "start -> t", "t -> end")
    assert found == ([] if is_known else [f"End: it refers to t.{name}; T has no such variable."])


def test_wf_03_declared_outputs_of_code_are_its_variables():
    code = node("c", "code", code="def main(): ...", outputs={"one": {"type": "string"}})
    ends = node("end", "end", outputs=[{"variable": "x", "value_selector": ["c", "two"]}])
    (said,) = looked_at([START, code, ends], "start -> c", "c -> end")
    assert said.endswith("it refers to c.two; C has no such variable.")
