"""Each kind of node, in a flow of its own."""

from typing import Any

import pytest

from apps.workflows.engine.contracts import NodeFailed
from apps.workflows.engine.events import FlowFinished, NodeFinished, RoundsFinished, RoundStarted
from apps.workflows.nodes._conditions import compare

from .flows import Stand, flow, model, node, run

FILE = {
    "type": "image",
    "transfer_method": "remote_url",
    "url": "https://a.example/a.png",
    "filename": "a.png",
    "size": 9,
    "extension": "png",
}


def alone(kind: str, values: dict[str, Any] | None = None, stand: Stand | None = None, **data: Any) -> Any:
    """What a node between start and end has brought."""
    config = flow(
        [node("start", "start"), node("x", kind, **data), node("end", "end", outputs=[])], "start -> x", "x -> end"
    )
    events = run(config, stand, {"start": values or {}})
    return next(event for event in events if isinstance(event, NodeFinished) and event.started.node.id == "x")


@pytest.mark.parametrize(
    ("actual", "operator", "expected", "holds"),
    [
        ("abc", "contains", "b", True),
        (["a", "b"], "contains", "b", True),
        ("", "contains", "b", False),
        (None, "not contains", "b", True),
        ("abc", "start with", "ab", True),
        ("abc", "end with", "bc", True),
        ("", "start with", "", False),
        ("a", "is", "a", True),
        (None, "is", "a", False),
        (None, "is not", "a", False),
        (True, "is", "1", True),
        (False, "is", "true", False),
        ([], "empty", None, True),
        (0, "not empty", None, False),
        (5, "=", "5", True),
        (5, "≠", "6", True),
        (5.5, ">", "5", True),
        (5, "≤", "5", True),
        (None, "<", "5", False),
        (True, "=", "true", True),
        (None, "null", None, True),
        ("", "not null", None, True),
        ("a", "in", ["a", "b"], True),
        ("c", "not in", "a, b", True),
        (["a", "b"], "all of", ["a"], True),
        (["a"], "all of", ["a", "b"], False),
        (None, "exists", None, False),
        (1, "not exists", None, False),
    ],
)
def test_wf_16_conditions(actual, operator, expected, holds):
    assert compare(actual, operator, expected) is holds


@pytest.mark.parametrize(("operator", "expected"), [("like", "a"), (">", "many")])
def test_a_condition_that_makes_no_sense_fails(operator, expected):
    with pytest.raises(NodeFailed):
        compare(5, operator, expected)


def test_conditions_on_files():
    inner = {
        "logical_operator": "and",
        "conditions": [
            {"key": "type", "comparison_operator": "in", "value": ["image"]},
            {"key": "extension", "comparison_operator": "is", "value": ".png"},
            {"key": "name", "comparison_operator": "not contains", "value": "secret"},
        ],
    }
    condition = {
        "variable_selector": ["start", "files"],
        "comparison_operator": "contains",
        "sub_variable_condition": inner,
    }
    found = alone("if-else", {"files": [FILE]}, cases=[{"case_id": "yes", "conditions": [condition]}])
    assert found.outputs["selected_case_id"] == "yes"


def test_wf_21_the_aggregator_takes_the_first_that_exists_by_group():
    groups = {
        "group_enabled": True,
        "groups": [
            {"group_name": "One", "variables": [["start", "none"], ["start", "b"]]},
            {"group_name": "Two", "variables": [["start", "none"]]},
        ],
    }
    assert alone("variable-assigner", {"b": 2}, variables=[["start", "none"], ["start", "b"]]).outputs == {"output": 2}
    assert alone("variable-aggregator", {"b": 2}, advanced_settings=groups).outputs == {"One": {"output": 2}}


CLASSES = [{"id": "1", "name": "Trains"}, {"id": "2", "name": "Hotels"}]


@pytest.mark.parametrize(
    ("says", "taken"),
    [('{"category_id": "2"}', "2"), ('Well: {"category_name": "Hotels"} it is', "2"), ("no idea", "1"), ("{]", "1")],
)
def test_a_question_is_classified(says, taken):
    nodes = [
        node("start", "start"),
        node(
            "x",
            "question-classifier",
            classes=CLASSES,
            model={"name": "m"},
            query_variable_selector=["start", "q"],
            instruction="Mind {{#start.q#}}.",
        ),
        node("1", "end", outputs=[]),
        node("2", "end", outputs=[]),
    ]
    stand = Stand(says=says)
    events = run(flow(nodes, "start -> x", "x:1 -> 1", "x:2 -> 2"), stand, {"start": {"q": "A bed?"}})
    assert [event.started.node.id for event in events if isinstance(event, NodeFinished)][-1] == taken
    (system, user) = stand.calls[0][1]
    assert "Mind A bed?." in system[1]
    assert user == ("user", "A bed?")


PARAMETERS = [
    {"name": "city", "type": "string"},
    {"name": "nights", "type": "number"},
    {"name": "pets", "type": "bool"},
    {"name": "tags", "type": "array[string]"},
    {"name": "class", "type": "select", "options": ["a", "b"]},
]


def test_parameters_are_extracted_in_their_types():
    says = '```json {"city": "Oslo", "nights": "3", "pets": "yes", "tags": ["x"], "class": "c"} ```'
    found = alone("parameter-extractor", stand=Stand(says=says), parameters=PARAMETERS, model={"name": "m"}).outputs
    expected = {
        "city": "Oslo",
        "nights": 3,
        "pets": True,
        "tags": ["x"],
        "class": "",
        "__is_success": 1,
        "__reason": None,
    }
    assert {name: found[name] for name in expected} == expected
    nothing = alone(
        "parameter-extractor", stand=Stand(says="Sorry."), parameters=PARAMETERS, model={"name": "m"}
    ).outputs
    assert (nothing["city"], nothing["nights"], nothing["tags"], nothing["__is_success"]) == ("", 0, [], 0)


def test_a_list_is_filtered_ordered_and_cut():
    numbers = {"n": [5, 1, 9, 7]}
    found = alone(
        "list-operator",
        numbers,
        variable=["start", "n"],
        limit={"enabled": True, "size": 2},
        filter_by={"enabled": True, "conditions": [{"comparison_operator": ">", "value": "2"}]},
        order_by={"enabled": True, "value": "desc"},
    ).outputs
    assert found == {"result": [9, 7], "first_record": 9, "last_record": 7}
    assert alone("list-operator", {"n": []}, variable=["start", "n"]).outputs["first_record"] is None
    picked = alone("list-operator", numbers, variable=["start", "n"], extract_by={"enabled": True, "serial": "3"})
    assert picked.outputs["result"] == [9]
    assert alone("list-operator", {"n": 5}, variable=["start", "n"]).status == "failed"
    assert (
        alone("list-operator", numbers, variable=["start", "n"], extract_by={"enabled": True, "serial": "9"}).status
        == "failed"
    )


def call(stand: Stand, **data: Any) -> Any:
    return alone("http-request", {"q": "tea & cake"}, stand, **{"method": "get", "url": "https://a.example", **data})


def test_a_request_is_sent_as_it_is_drawn():
    stand = Stand()
    found = call(
        stand,
        method="POST",
        url="https://a.example/{{#start.q#}}",
        headers="X-One: {{#start.q#}}\nodd",
        params="q:{{#start.q#}}",
        authorization={"type": "api-key", "config": {"type": "bearer", "api_key": "sk-1"}},
        body={"type": "json", "data": '{"a": "{{#start.q#}}"}'},
        timeout={"connect": 3, "read": 4},
    )
    method, url, headers, body, timeout_s = stand.calls[0]
    assert (method, url, timeout_s) == ("POST", "https://a.example/tea & cake?q=tea+%26+cake", 7.0)
    assert headers == {"X-One": "tea & cake", "Content-Type": "application/json", "Authorization": "Bearer sk-1"}
    assert body == b'{"a": "tea & cake"}'
    assert (found.outputs["status_code"], found.outputs["files"]) == (200, [])
    assert "sk-1" not in found.process_data["request"]
    assert "Authorization: ********" in found.process_data["request"]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ({"type": "x-www-form-urlencoded", "data": "a:1\nb:{{#start.q#}}"}, b"a=1&b=tea+%26+cake"),
        ({"type": "x-www-form-urlencoded", "data": [{"key": "a", "type": "text", "value": "1"}]}, b"a=1"),
        ({"type": "raw-text", "data": [{"value": "x"}]}, b"x"),
        ({"type": "none"}, None),
    ],
)
def test_bodies(body, sent):
    stand = Stand()
    call(stand, body=body)
    assert stand.calls[0][3] == sent


def test_a_form_with_parts():
    stand = Stand()
    call(stand, body={"type": "form-data", "data": "a:1"})
    _, _, headers, body, _ = stand.calls[0]
    boundary = headers["Content-Type"].partition("boundary=")[2]
    assert body == f'--{boundary}\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--{boundary}--\r\n'.encode()


def test_a_status_is_an_answer_unless_success_is_asked_for():
    assert call(Stand(), url="https://a.example/404").outputs["status_code"] == 404
    failed = call(Stand(), url="https://a.example/500", error_strategy="default-value")
    assert (failed.status, failed.error) == ("exception", "Request failed with status code 500")
    for wrong in ({"url": "ftp://a"}, {"body": {"type": "json", "data": "{"}}, {"body": {"type": "binary"}}):
        assert call(Stand(), **wrong).status == "failed"


def looped(**data: Any) -> list[Any]:
    settings = {
        "loop_count": 5,
        "start_node_id": "ls",
        "loop_variables": [
            {"label": "n", "var_type": "number", "value_type": "constant", "value": "1"},
            {"label": "seen", "var_type": "array[string]", "value_type": "constant", "value": "[]"},
        ],
        **data,
    }
    nodes = [
        node("start", "start"),
        node("l", "loop", **settings),
        node("ls", "loop-start", inside="l"),
        node(
            "add",
            "assigner",
            inside="l",
            version="2",
            items=[
                {"variable_selector": ["l", "n"], "input_type": "constant", "operation": "*=", "value": 2},
                {
                    "variable_selector": ["l", "seen"],
                    "input_type": "variable",
                    "operation": "append",
                    "value": ["l", "n"],
                },
            ],
        ),
        node(
            "end",
            "end",
            outputs=[{"variable": name, "value_selector": ["l", name]} for name in ("n", "seen", "loop_round")],
        ),
    ]
    return run(flow(nodes, "start -> l", "ls -> add", "l -> end"))


def outputs(events: list[Any]) -> Any:
    return next(event.outputs for event in events if isinstance(event, FlowFinished))


def test_a_loop_goes_on_until_its_condition_holds():
    events = looped(break_conditions=[{"variable_selector": ["l", "n"], "comparison_operator": "≥", "value": "8"}])
    assert outputs(events) == {"n": 8, "seen": [2, 4, 8], "loop_round": 3}
    assert [event.index for event in events if isinstance(event, RoundStarted)] == [0, 1, 2]
    assert next(event.steps for event in events if isinstance(event, RoundsFinished)) == 3
    assert outputs(looped()) == {"n": 32, "seen": [2, 4, 8, 16, 32], "loop_round": 5}


def test_an_end_inside_a_loop_ends_it():
    nodes = [
        node("start", "start"),
        node("l", "loop", loop_count=5, start_node_id="ls"),
        node("ls", "loop-start", inside="l"),
        node("le", "loop-end", inside="l"),
        node("end", "end", outputs=[{"variable": "r", "value_selector": ["l", "loop_round"]}]),
    ]
    assert outputs(run(flow(nodes, "start -> l", "ls -> le", "l -> end"))) == {"r": 1}


@pytest.mark.parametrize(
    ("before", "item", "after"),
    [
        ("a", {"operation": "over-write", "value": ["start", "v"]}, 7),
        ("a", {"operation": "clear"}, ""),
        (3, {"operation": "clear"}, 0),
        ({"a": 1}, {"operation": "set", "input_type": "constant", "value": '{"b": 2}'}, {"b": 2}),
        (3, {"operation": "/=", "input_type": "constant", "value": 2}, 1.5),
        ([1], {"operation": "extend", "input_type": "constant", "value": [2, 3]}, [1, 2, 3]),
        ([1, 2], {"operation": "remove-first"}, [2]),
        ([1, 2], {"operation": "remove-last"}, [1]),
        ("a", {"operation": "over-write", "value": ["start", "nothing"]}, "a"),
    ],
)
def test_variables_are_assigned(before, item, after):
    items = [{"variable_selector": ["conversation", "c"], **item}]
    nodes = [
        node("start", "start"),
        node("x", "assigner", version="2", items=items),
        node("end", "end", outputs=[{"variable": "c", "value_selector": ["conversation", "c"]}]),
    ]
    values = {"start": {"v": 7}, "conversation": {"c": before}}
    assert outputs(run(flow(nodes, "start -> x", "x -> end"), values=values)) == {"c": after}


@pytest.mark.parametrize(
    "item",
    [
        {"operation": "/=", "input_type": "constant", "value": 0},
        {"operation": "append", "value": ["start", "v"]},
        {"operation": "grow", "value": ["start", "v"]},
        {"operation": "clear", "variable_selector": ["no", "thing"]},
    ],
)
def test_an_assignment_that_does_not_fit_fails(item):
    items = [{"variable_selector": ["start", "n"], **item}]
    assert alone("assigner", {"n": 3, "v": 7}, items=items).status == "failed"


def test_the_first_version_of_the_assigner():
    data: dict[str, Any] = {
        "assigned_variable_selector": ["start", "n"],
        "write_mode": "over-write",
        "input_variable_selector": ["start", "v"],
    }
    assert alone("assigner", {"n": 3, "v": 7}, **data).inputs == {"start.n": 7}


def test_a_prompt_is_made_of_messages_references_and_knowledge():
    stand = Stand()
    rows = [
        {"role": "system", "text": "Use {{#context#}}"},
        {"role": "assistant", "text": ""},
        {"role": "user", "edition_type": "jinja2", "jinja2_text": "Hello {name}"},
    ]
    data = {
        "context": {"enabled": True, "variable_selector": ["start", "found"]},
        "model": {"name": "m"},
        "prompt_config": {"jinja2_variables": [{"variable": "name", "value_selector": ["start", "n"]}]},
    }
    alone("llm", {"found": [{"content": "one"}, {"content": "two"}], "n": "Ada"}, stand, prompt_template=rows, **data)
    assert stand.calls[0][1] == [("system", "Use one\ntwo"), ("user", "Hello Ada")]
    assert alone("llm", stand=stand, prompt_template=[]).error == "The prompt is empty: write a message."
    assert model("m", "x")["data"]["type"] == "llm"
