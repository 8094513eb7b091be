from uuid import UUID

import pytest

from apps.prompts.config import FilterSettings, read_config

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


def test_exp_08_and_09_defaults_of_the_knowledge_context():
    context = read_config({"dataset_configs": {"score_threshold_enabled": True}}).context
    assert (context.top_k, context.score_threshold) == (2, 0.7)
    wild = read_config(
        {"dataset_configs": {"top_k": 50, "score_threshold_enabled": True, "score_threshold": 7}}
    ).context
    assert (wild.top_k, wild.score_threshold) == (10, 1.0)


def test_exp_10_a_completion_prompt_stops_where_the_model_would_speak_for_the_user():
    def stop(parameters, **roles):
        completion = {"prompt": {"text": "x"}, "conversation_histories_role": roles}
        model = {"mode": "completion", "completion_params": parameters}
        raw = {"prompt_type": "advanced", "model": model, "completion_prompt_config": completion}
        return read_config(raw).stop

    assert stop({}) == ("Human:",)
    assert stop({}, user_prefix="Mensch") == ("Mensch:",)
    assert stop({"stop": []}) == ()
    assert stop({"stop": ["END"]}) == ("END",)
    assert read_config({"prompt_type": "advanced", "model": {"mode": "chat"}}).stop == ()


OLD = {"image": {"enabled": True, "number_limits": 2, "detail": "low", "transfer_methods": ["local_file"]}}
NEW = {
    "enabled": True, "allowed_file_types": ["image", "document", "custom"], "allowed_file_extensions": [".PNG", "md"],
    "allowed_file_upload_methods": ["remote_url"], "number_limits": 5,
}  # fmt: skip


def test_file_upload_in_both_shapes():
    old, new = read_config({"file_upload": OLD}), read_config({"file_upload": NEW})
    assert old.files.types == {"image"}
    assert (old.files.enabled, old.files.number_limit, old.files.detail) == (True, 2, "low")
    assert old.files.methods == {"local_file"}
    assert new.files.types == {"image", "document", "custom"}
    assert new.files.number_limit == 5
    assert new.files.methods == {"remote_url"}
    assert new.files.extensions == {"png", "md"}
    assert read_config({"file_upload": {"image": {"enabled": False}}}).files.enabled is False


@pytest.mark.parametrize("raw", [OLD, NEW, {}, {"image": 3, "enabled": "yes"}])
def test_parameters_show_file_upload_in_both_shapes(raw):
    shown = read_config({"file_upload": raw}).features["file_upload"]
    assert set(shown["image"]) >= {"enabled", "number_limits", "detail", "transfer_methods"}
    assert set(shown) >= {
        "enabled", "allowed_file_types", "allowed_file_extensions", "allowed_file_upload_methods", "number_limits"
    }  # fmt: skip
    assert shown["enabled"] is shown["image"]["enabled"] is (raw in (OLD, NEW))


MODEL = {"reranking_provider_name": "demo", "reranking_model_name": "demo-rerank"}
WEIGHTS = {"vector_setting": {"vector_weight": 0.4}, "keyword_setting": {"keyword_weight": 0.6}}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, (False, None, None)),
        ({"retrieval_model": "multiple", "reranking_model": MODEL}, (False, ("demo", "demo-rerank"), None)),
        ({"retrieval_model": "single", "reranking_model": MODEL}, (True, None, None)),
        ({"reranking_enable": False, "reranking_model": MODEL}, (False, None, None)),
        (
            {"reranking_mode": "weighted_score", "reranking_model": MODEL, "weights": WEIGHTS},
            (False, None, (0.4, 0.6)),
        ),
        ({"reranking_mode": "reranking_model", "weights": WEIGHTS}, (False, None, None)),
        ({"reranking_model": {"reranking_provider_name": "demo"}}, (False, None, None)),
        (
            {"reranking_mode": "weighted_score", "weights": {"vector_setting": {"vector_weight": 9}}},
            (False, None, None),
        ),
        ({"reranking_mode": "weighted_score", "weights": "x", "reranking_model": []}, (False, None, None)),
        ({"retrieval_model": ["single"]}, (False, None, None)),
    ],
)
def test_how_several_bases_are_put_in_order(settings, expected):
    context = read_config({"dataset_configs": settings}).context
    assert (context.one_base, context.rerank, context.weights) == expected


YEAR = {"id": "1", "name": "year", "comparison_operator": "=", "value": "{{year}}"}


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, FilterSettings()),
        ({"metadata_filtering_mode": "disabled", "metadata_filtering_conditions": [YEAR]}, FilterSettings()),
        ({"metadata_filtering_mode": ["manual"]}, FilterSettings()),
        (
            {
                "metadata_filtering_mode": "manual",
                "metadata_filtering_conditions": {"logical_operator": "or", "conditions": [YEAR, 5]},
            },
            FilterSettings("manual", (("year", "=", "{{year}}"), ("", "", None)), meets_any=True),
        ),
        ({"metadata_filtering_mode": "manual", "metadata_filtering_conditions": None}, FilterSettings("manual")),
        (
            {
                "metadata_filtering_mode": "automatic",
                "metadata_model_config": {"provider": "demo", "name": "demo-chat"},
            },
            FilterSettings("automatic", model=("demo", "demo-chat")),
        ),
        (
            {"metadata_filtering_mode": "automatic", "metadata_model_config": {"name": "demo-chat"}},
            FilterSettings("automatic"),
        ),
    ],
)
def test_which_documents_are_looked_at(settings, expected):
    assert read_config({"dataset_configs": settings}).context.filters == expected
