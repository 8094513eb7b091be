"""Nodes that ask models: prompts of every shape, memory, objects, thoughts, pictures, functions, searches."""

import json
from typing import Any

import pytest

from apps.workflows.engine.events import NodeFinished, Text
from apps.workflows.engine.ports import ModelFacts, Search

from .flows import Stand, file, flow, node, run

MODEL = {"provider": "openai", "name": "m", "mode": "chat", "completion_params": {}}
CHAT = {"sys": {"query": "Why?", "files": []}}
PAST = [("user", "One?"), ("assistant", "1."), ("user", "Two?"), ("assistant", "2.")]


def ran(kind: str, stand: Stand, values: Any = None, **data: Any) -> Any:
    """The node's run, in a flow of its own."""
    config = flow([node("start", "start"), node("a", kind, **{"model": MODEL, **data})], "start -> a")
    events = run(config, stand, values or {})
    return next(event for event in events if isinstance(event, NodeFinished) and event.started.node.id == "a")


def said(text: str, role: str = "user", **more: Any) -> dict[str, Any]:
    return {"role": role, "text": text, **more}


def sent(stand: Stand) -> list[tuple[str, str]]:
    return stand.calls[-1][1]


def test_wf_09_the_prompt_is_written_in_order_and_empty_messages_are_left_out():
    stand = Stand()
    prompt = [said("Be {{#start.mood#}}.", "system"), said(" "), said("", "user"), said("Hi", "assistant")]
    ran("llm", stand, {"start": {"mood": "kind"}}, prompt_template=prompt)
    assert sent(stand) == [("system", "Be kind."), ("user", " "), ("assistant", "Hi")]


def test_markers_in_a_value_are_not_markers():
    stand = Stand()
    values = {"start": {"x": "{{#sys.query#}} {{name}} {{#context#}}"}, "k": {"text": "secret"}, **CHAT}
    ran("llm", stand, values, prompt_template=[said("{{#start.x#}}|{{unknown}}|{{#context#}}")],
        context={"enabled": True, "variable_selector": ["k", "text"]},
        variables=[{"variable": "name", "value_selector": ["sys", "query"]}])  # fmt: skip
    assert sent(stand) == [("user", "{#sys.query#} {name} {#context#}|{{unknown}}|secret")]


def test_variables_of_old_files_stand_in_the_prompt_by_name():
    stand = Stand()
    rows = [{"variable": "name", "value_selector": ["start", "x"]}]
    ran("llm", stand, {"start": {"x": "Ada"}}, prompt_template=[said("Dear {{name}}")], variables=rows)
    assert sent(stand) == [("user", "Dear Ada")]


def test_a_jinja_message_is_rendered_with_its_variables():
    stand = Stand()
    passages = [{"content": "Tea.", "metadata": {}, "title": "t"}, {"content": "Salt.", "metadata": {}, "title": "s"}]
    ran("llm", stand, {"k": {"result": passages}},
        prompt_template=[said("", edition_type="jinja2", jinja2_text="From {notes}")],
        prompt_config={"jinja2_variables": [{"variable": "notes", "value_selector": ["k", "result"]}]})  # fmt: skip
    assert sent(stand) == [("user", "From Tea.\nSalt.")]
    ran("llm", stand, prompt_template=[said("Plain", edition_type="jinja2")], prompt_config=None)
    assert sent(stand) == [("user", "Plain")]


def test_wf_10_memory_adds_what_was_said_and_the_question():
    stand = Stand()
    values = {**CHAT, "past": {"messages": PAST}}
    ran("llm", stand, values, prompt_template=[said("Be brief.", "system"), said("Think.")], memory={"window": {}})
    assert sent(stand) == [("system", "Be brief."), ("user", "Think."), *PAST, ("user", "Why?")]
    ran("llm", stand, {"past": {"messages": PAST}}, prompt_template=[said("Think.")], memory={"window": {}})
    assert sent(stand) == [("user", "Think.")]  # a workflow has no conversation


@pytest.mark.parametrize("memory", [None, {"enabled": False, "window": {}}])
def test_without_memory_a_chatflow_s_model_sees_its_prompt_alone(memory):
    stand = Stand()
    ran("llm", stand, {**CHAT, "past": {"messages": PAST}}, prompt_template=[said("Think.")], memory=memory)
    assert sent(stand) == [("user", "Think.")]


@pytest.mark.parametrize(("size", "kept"), [(2, 2), (3, 3), (50, 4), (0, 0)])
def test_wf_11_a_window_counts_messages(size, kept):
    stand = Stand()
    memory = {"window": {"enabled": True, "size": size}, "query_prompt_template": "Q: {{#sys.query#}}"}
    ran("llm", stand, {**CHAT, "past": {"messages": PAST}}, prompt_template=[], memory=memory)
    assert sent(stand) == [*PAST[len(PAST) - kept :], ("user", "Q: Why?")]


def test_wf_11_without_a_window_as_much_is_kept_as_the_model_has_room_for():
    stand = Stand()
    stand.facts = ModelFacts(context_tokens=200)
    past = [(role, f"{number} {'word ' * 20}") for number in range(40) for role in ("user", "assistant")]
    ran("llm", stand, {**CHAT, "past": {"messages": past}}, prompt_template=[], memory={"window": {"enabled": False}})
    assert 1 < len(sent(stand)) < 10
    assert sent(stand)[-2:] == [past[-1], ("user", "Why?")]


def test_wf_12_a_completion_model_gets_one_text_with_who_spoke():
    stand = Stand()
    stand.facts = ModelFacts(mode="completion")
    memory = {"window": {}, "role_prefix": {"user": "人类", "assistant": "助手"}}
    values = {**CHAT, "past": {"messages": PAST[:2]}}
    ran("llm", stand, values, prompt_template={"text": "Before\n{{#histories#}}\nNow: {{#query#}}"}, memory=memory)
    assert sent(stand) == [("user", "Before\n人类: One?\n助手: 1.\nNow: Why?")]
    ran("llm", stand, values, prompt_template={"text": "Answer."}, memory={"window": {}})
    assert sent(stand) == [("user", "Why?\nHuman: One?\nAssistant: 1.\nAnswer.")]


def test_parameters_that_are_texts_may_hold_references():
    stand = Stand()
    parameters = {"temperature": 0.2, "response_format": "{{#start.x#}}", "stop": ["END"]}
    ran("llm", stand, {"start": {"x": "json"}}, prompt_template=[said("a")],
        model={**MODEL, "completion_params": parameters})  # fmt: skip
    assert stand.asked[-1][1]["completion_params"] == {**parameters, "response_format": "json"}


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


@pytest.mark.parametrize("switch", ["structured_output_enabled", "structured_output_switch_on"])
def test_an_answer_becomes_the_object_that_is_wanted(switch):
    stand = Stand(says='Here: {"n": 3}')
    stand.facts = ModelFacts(features=frozenset({"json"}))
    done = ran("llm", stand, prompt_template=[said("Count.")], structured_output={"schema": SCHEMA}, **{switch: True})
    assert done.outputs["structured_output"] == {"n": 3}
    messages, model, _ = stand.asked[-1]
    assert json.dumps(SCHEMA) in messages[0].text
    assert model["completion_params"]["response_format"] == {"type": "json_object"}


def test_an_answer_that_does_not_follow_the_schema_is_asked_for_once_more():
    stand = Stand(says=['{"n": "three"}', '{"n": 3}'])
    done = ran("llm", stand, prompt_template=[said("Count.")], structured_output_enabled=True,
               structured_output={"schema": SCHEMA})  # fmt: skip
    assert done.outputs["structured_output"] == {"n": 3}
    assert done.metadata["total_tokens"] == 14
    assert "'three' is not of type 'integer'" in stand.asked[-1][0][-1].text
    done = ran("llm", Stand(says="no"), prompt_template=[said("Count.")], structured_output_enabled=True,
               structured_output={"schema": SCHEMA})  # fmt: skip
    assert (done.status, done.error) == (
        "failed", "The model's answer does not follow the schema: there is no JSON object in it.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "is_object"), [({"schema": SCHEMA, "enabled": False}, False), ({}, False), (None, False)]
)
def test_structured_output_that_is_off_or_has_no_schema_is_plain_text(wanted, is_object):
    done = ran("llm", Stand(), prompt_template=[said("a")], structured_output_enabled=True, structured_output=wanted)
    assert ("structured_output" in done.outputs) is is_object


def test_thoughts_are_kept_apart_where_that_is_wanted():
    thinking = "<think> first this </think> So: tea"
    config = [node("start", "start"), node("a", "llm", model=MODEL, prompt_template=[said("a")],
              reasoning_format="separated"), node("z", "answer", answer="{{#a.text#}}")]  # fmt: skip
    events = run(flow(config, "start -> a", "a -> z"), Stand(says=thinking), CHAT)
    assert "".join(event.text for event in events if isinstance(event, Text)) == "So: tea "
    done = ran("llm", Stand(says=thinking), prompt_template=[said("a")], reasoning_format="separated")
    assert (done.outputs["text"].strip(), done.outputs["reasoning_content"].strip()) == ("So: tea", "first this")
    done = ran("llm", Stand(says=thinking), prompt_template=[said("a")])
    assert done.outputs["text"].startswith("<think>")


@pytest.mark.parametrize(
    ("features", "where"),
    [({"vision"}, [("sys", "files"), None]), ({"vision"}, [("start", "pictures"), None]), (set(), None)],
)
def test_wf_06_pictures_go_with_the_last_message_of_the_user(features, where):
    stand = Stand()
    stand.facts = ModelFacts(features=frozenset(features))
    selector = list(where[0]) if where else ["sys", "files"]
    found = [file("a.png", "image"), file("b.pdf")]
    values = {"sys": {"query": "?", "files": found}, "start": {"pictures": found}}
    vision = {"enabled": True, "configs": {"detail": "low", "variable_selector": selector}}
    ran("llm", stand, values, prompt_template=[said("Look", "user"), said("s", "system")], vision=vision)
    messages, _, more = stand.asked[-1]
    assert [len(one.files) for one in messages] == ([1, 0] if features else [0, 0])
    assert more["detail"] == "low"


CLASSES = [{"id": "1", "name": "Tea"}, {"id": "2", "name": "{{#start.x#}}", "label": "Salty"}]


@pytest.mark.parametrize(
    ("answer", "id", "label"),
    [
        ('{"category_id": "2"}', "2", "Salty"),
        ('```json\n{"category_name": "Salt"}\n```', "2", "Salty"),
        ('{"category_id": "9"}', "1", "CLASS 1"),
        ("no idea", "1", "CLASS 1"),
    ],
)
def test_wf_15_a_question_takes_the_way_of_its_class(answer, id, label):
    done = ran("question-classifier", Stand(says=answer), {"start": {"x": "Salt"}, **CHAT}, classes=CLASSES,
               query_variable_selector=["sys", "query"], instructions="Look at {{#start.x#}}.")  # fmt: skip
    assert (done.outputs["class_id"], done.outputs["class_label"]) == (id, label)


def test_wf_15_a_classifier_remembers_only_in_a_chatflow():
    stand = Stand(says='{"category_id": "1"}')
    about = {"classes": CLASSES, "query_variable_selector": ["start", "x"], "memory": {"window": {"enabled": False}}}
    ran("question-classifier", stand, {"start": {"x": "Salt"}, **CHAT, "past": {"messages": PAST}}, **about)
    assert sent(stand)[1:] == [*PAST, ("user", "Salt")]
    ran("question-classifier", stand, {"start": {"x": "Salt"}}, **about)
    assert sent(stand)[1:] == [("user", "Salt")]


PARAMETERS = [
    {"name": "city", "type": "string", "description": "Where", "required": True},
    {"name": "people", "type": "number", "description": "How many"},
    {"name": "size", "type": "select", "options": ["S", "M"], "description": ""},
    {"name": "tags", "type": "array[string]", "description": ""},
    {"name": "now", "type": "bool", "description": "", "required": None},
]


def test_parameters_are_found_by_a_function_where_the_model_calls_some():
    stand = Stand()
    stand.facts = ModelFacts(features=frozenset({"tool-call"}))
    stand.called = [("take_parameters", '{"city": "Rome", "people": "3", "size": "L", "tags": ["a"], "now": "true"}')]
    done = ran("parameter-extractor", stand, {"start": {"x": "…"}}, query=["start", "x"], parameters=PARAMETERS)
    found = {name: done.outputs[name] for name in ("city", "people", "size", "tags", "now")}
    assert found == {"city": "Rome", "people": 3, "size": "", "tags": ["a"], "now": True}
    assert (done.outputs["__is_success"], done.outputs["__reason"]) == (1, None)
    (function,) = stand.asked[-1][2]["functions"]
    about = function["function"]["parameters"]
    assert (about["required"], about["properties"]["size"]["enum"]) == (["city"], ["S", "M"])
    assert about["properties"]["tags"] == {"description": "", "type": "array", "items": {"type": "string"}}


@pytest.mark.parametrize(("mode", "features"), [("prompt", {"tool-call"}), ("function_call", set())])
def test_parameters_are_found_in_words_where_it_calls_none(mode, features):
    stand = Stand(says='The values: {"city": "Rome", people: 2}')
    stand.facts = ModelFacts(features=frozenset(features))
    done = ran("parameter-extractor", stand, {"start": {"x": "…"}}, query=["start", "x"], parameters=PARAMETERS,
               reasoning_mode=mode)  # fmt: skip
    assert (done.outputs["city"], done.outputs["people"]) == ("Rome", 2)
    assert not stand.asked[-1][2]["functions"]
    done = ran("parameter-extractor", Stand(says="?"), query=["start", "x"], parameters=PARAMETERS)
    assert (done.outputs["city"], done.outputs["__is_success"]) == ("", 0)


MULTIPLE = {
    "top_k": "7",
    "score_threshold": 0.4,
    "reranking_mode": "weighted_score",
    "weights": {"vector_setting": {"vector_weight": 0.7}, "keyword_setting": {"keyword_weight": 0.3}},
}


def test_wf_14_a_retrieval_searches_as_its_settings_say():
    stand = Stand()
    conditions = {"logical_operator": "or", "conditions": [
        {"name": "author", "comparison_operator": "is", "value": "{{#start.x#}}"}]}  # fmt: skip
    done = ran("knowledge-retrieval", stand, {"start": {"x": "Ada"}}, dataset_ids=["b1", None, "b2"],
               query_variable_selector=["start", "x"], retrieval_mode="multiple", multiple_retrieval_config=MULTIPLE,
               metadata_filtering_mode="manual", metadata_filtering_conditions=conditions)  # fmt: skip
    assert stand.calls[-1][1] == Search(
        "Ada", ["b1", "b2"], top_k=7, score_threshold=0.4, weights=(0.7, 0.3), filters="manual",
        conditions=[("author", "is", "Ada")], meets_any=True,
    )  # fmt: skip
    assert [one["title"] for one in done.outputs["result"]] == ["b1", "b2"]


@pytest.mark.parametrize(
    ("config", "rerank"),
    [
        ({"reranking_model": {"provider": "cohere", "model": "r"}}, ("cohere", "r")),
        ({"reranking_model": {"provider": "cohere", "model": "r"}, "reranking_enable": False}, None),
        ({"reranking_model": None, "score_threshold": None, "top_k": None}, None),
    ],
)
def test_wf_14_a_rerank_model_orders_where_it_is_switched_on(config, rerank):
    stand = Stand()
    ran("knowledge-retrieval", stand, {"start": {"x": "Ada"}}, query_variable_selector=["start", "x"],
        dataset_ids=["b"], multiple_retrieval_config=config)  # fmt: skip
    search = stand.calls[-1][1]
    assert (search.rerank, search.score_threshold, search.top_k) == (rerank, None, 4)


def test_wf_14_a_model_chooses_one_base():
    stand = Stand()
    ran("knowledge-retrieval", stand, {"start": {"x": "Ada"}}, query_variable_selector=["start", "x"],
        dataset_ids=["a", "b"], retrieval_mode="single", single_retrieval_config={"model": MODEL})  # fmt: skip
    search = stand.calls[-1][1]
    assert (search.one_base, search.model) == (True, MODEL)


@pytest.mark.parametrize(
    "about", [{"dataset_ids": []}, {"dataset_ids": ["b"], "query_variable_selector": ["start", "no"]}]
)
def test_wf_14_without_bases_or_question_nothing_is_searched(about):
    stand = Stand()
    done = ran(
        "knowledge-retrieval", stand, {"start": {"x": "Ada"}}, **{"query_variable_selector": ["start", "x"], **about}
    )
    assert (done.outputs, stand.calls) == ({"result": []}, [])
