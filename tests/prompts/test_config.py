from uuid import UUID

import pytest

from apps.prompts.config import read_config

DATASET = "0193a0a0-0000-7000-8000-000000000001"


def test_an_empty_map_is_a_working_app():
    config = read_config({})
    assert (config.provider, config.model, config.pre_prompt) == ("", "", "")
    assert config.variables == ()
    assert config.context.dataset_ids == ()
    assert config.features["file_upload"]["image"]["enabled"] is False


def test_stop_words_are_taken_out_of_the_parameters_and_limited_to_four():
    config = read_config({"model": {"completion_params": {"temperature": 0.2, "stop": ["a", "b", "c", "d", "e"]}}})
    assert config.parameters == {"temperature": 0.2}
    assert config.stop == ("a", "b", "c", "d")


def test_knowledge_is_found_in_both_places_once():
    raw = {
        "dataset_configs": {
            "top_k": 4,
            "score_threshold": 0.7,
            "score_threshold_enabled": True,
            "datasets": {"datasets": [{"dataset": {"enabled": True, "id": DATASET}}, {"dataset": {"id": "nonsense"}}]},
        },
        "agent_mode": {"tools": [{"dataset": {"enabled": True, "id": DATASET}}]},
    }
    context = read_config(raw).context
    assert context.dataset_ids == (UUID(DATASET),)
    assert (context.top_k, context.score_threshold) == (4, 0.7)


def test_a_threshold_that_is_off_does_not_count():
    context = read_config({"dataset_configs": {"score_threshold": 0.7, "score_threshold_enabled": False}}).context
    assert context.score_threshold is None
    assert context.top_k == 2


def test_wrong_shapes_are_ignored():
    config = read_config({"model": [], "user_input_form": {"a": 1}, "dataset_configs": "x", "agent_mode": None})
    assert config.variables == ()


def test_variables_of_each_kind():
    form = [
        {"text-input": {"variable": "topic", "label": "Topic", "required": True, "max_length": 10}},
        {"select": {"variable": "tone", "options": ["dry", "warm"], "default": "dry"}},
    ]
    topic, tone = read_config({"user_input_form": form}).variables
    assert (topic.kind, topic.name, topic.required, topic.max_length) == ("text-input", "topic", True, 10)
    assert (tone.options, tone.default) == (("dry", "warm"), "dry")


@pytest.mark.parametrize("value", ["\u00b2", "9" * 5000, "1e3", -1, 0, True, [3], None])
def test_what_is_no_count_is_ignored(value):
    form = [{"text-input": {"variable": "v", "max_length": value}}]
    config = read_config({"user_input_form": form, "dataset_configs": {"top_k": value}})
    assert config.variables[0].max_length is None
    assert config.context.top_k == 2
