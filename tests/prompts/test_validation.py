"""What keeps a configuration from going live, each with its code (checklist EXP-01, 04, 05, 08, 09, 10; APP-34)."""

import pytest

from apps.common.errors import AppError
from apps.prompts.errors import ExpertModeOnly, InvalidAppConfig
from apps.prompts.services.versions import publish, restore, save_draft
from apps.prompts.validation import MAX_BLOCKS, offered_blocks, validate_config
from tests.factories import make_app, make_workspace

DATASET = "0193a0a0-0000-7000-8000-000000000001"
GOOD = "{{#context#}}\n{{#histories#}}\nHuman: {{#query#}}"


def codes(config, mode="chat"):
    return [problem.code for problem in validate_config(mode, config)]


def completion(text, **more):
    return {
        "prompt_type": "advanced",
        "model": {"provider": "openai", "name": "gpt-3.5-turbo-instruct", "mode": "completion"},
        "completion_prompt_config": {"prompt": {"text": text}},
        **more,
    }


def messages(*pairs, **more):
    prompt = [{"role": role, "text": text} for role, text in pairs]
    return {"prompt_type": "advanced", "chat_prompt_config": {"prompt": prompt}, **more}


def knowledge(**settings):
    return {"dataset_configs": {"datasets": {"datasets": [{"dataset": {"id": DATASET, "enabled": True}}]}, **settings}}


@pytest.mark.parametrize(
    ("config", "mode", "expected"),
    [
        ({}, "chat", []),
        (completion(GOOD), "chat", []),
        (completion(GOOD, **knowledge()), "chat", []),
        (completion("Write about {{topic}} and {{topic}}."), "completion", []),
        (completion("{{#context#}} {{#context#}} {{#histories#}} {{#query#}}"), "chat", ["repeated_block"]),
        (messages(("system", "{{#context#}}"), ("user", "{{#context#}}")), "chat", ["repeated_block"]),
        (completion("{{#histories#}}"), "chat", ["missing_block"]),
        (completion("{{#query#}}"), "chat", ["missing_block"]),
        (completion(""), "chat", ["missing_block", "missing_block"]),
        (completion("{{#query#}} {{#histories#}}", **knowledge()), "chat", ["missing_block"]),
        (messages(("system", "S"), **knowledge()), "chat", ["missing_block"]),
        (messages(("system", "{{#contxt#}}")), "chat", ["unknown_block"]),
        (messages(("system", "{{#histories#}}")), "completion", ["block_not_available"]),
        (messages(), "completion", ["prompt_empty"]),
        (messages(), "chat", []),
        (messages(("tool", "S")), "chat", ["unknown_role"]),
        (messages(*[("user", "x")] * MAX_BLOCKS), "chat", []),
        (messages(*[("user", "x")] * (MAX_BLOCKS + 1)), "chat", ["too_many_blocks"]),
        ({"prompt_type": "simple", "pre_prompt": "{{#context#}}{{#context#}}"}, "chat", []),
        ({"graph": {"nodes": []}, "dataset_configs": {"top_k": 0}}, "workflow", []),
    ],
)  # fmt: skip
def test_exp_05_blocks_are_checked(config, mode, expected):
    assert codes(config, mode) == expected


def test_exp_04_question_and_history_are_offered_for_completion_models_of_chat_apps_alone():
    assert offered_blocks(as_chat=True, model_mode="completion") == ("context", "query", "histories")
    assert offered_blocks(as_chat=True, model_mode="chat") == ("context",)
    assert offered_blocks(as_chat=False, model_mode="chat") == ("context",)
    assert offered_blocks(as_chat=False, model_mode="completion") == ("context",)


@pytest.mark.parametrize("value", [0, 11, -1, 2.5, "3", True])
def test_exp_08_top_k_is_a_whole_number_from_1_to_10(value):
    assert codes(knowledge(top_k=value)) == ["top_k_out_of_range"]


@pytest.mark.parametrize("value", [1, 2, 10, None])
def test_exp_08_the_ends_of_the_range_are_in_it(value):
    assert codes(knowledge(top_k=value)) == []


@pytest.mark.parametrize("value", [-0.01, 1.01, 0.705, "0.7", True, float("nan"), float("inf")])
def test_exp_09_the_threshold_is_from_0_to_1_with_two_decimals(value):
    settings = {"score_threshold_enabled": True, "score_threshold": value}
    assert codes(knowledge(**settings)) == ["score_threshold_out_of_range"]


@pytest.mark.parametrize("value", [0, 0.01, 0.07, 0.29, 0.57, 0.7, 1, None])
def test_exp_09_two_decimals_are_enough(value):
    assert codes(knowledge(score_threshold_enabled=True, score_threshold=value)) == []


def test_exp_09_a_threshold_that_is_off_may_be_anything():
    assert codes(knowledge(score_threshold_enabled=False, score_threshold=7)) == []


def test_exp_10_at_most_four_stop_sequences():
    def model(stop):
        return {"model": {"completion_params": {"stop": stop}}}

    assert codes(model(["a", "b", "c", "d"])) == []
    assert codes(model(["a", "b", "c", "d", "e"])) == ["too_many_stop_sequences"]


def test_app_34_parameters_are_checked_against_their_model():
    config = {
        "model": {"provider": "openai", "name": "gpt-4o", "completion_params": {"temperature": 2.1, "top_p": "x"}}
    }
    found = {problem.field: problem for problem in validate_config("chat", config)}
    assert (
        found["model.completion_params.temperature"].message
        == "temperature must be between 0 and 2 for gpt-4o; it is 2.1."
    )
    assert found["model.completion_params.top_p"].code == "wrong_parameter_type"


def test_two_fields_of_one_name():
    form = [{"text-input": {"variable": "a"}}, {"select": {"variable": "a"}}]
    assert codes({"user_input_form": form}) == ["duplicate_variable"]


@pytest.mark.parametrize(
    "config",
    [
        {"model": 1},
        {"dataset_configs": []},
        {"chat_prompt_config": 3, "prompt_type": "advanced"},
        {"prompt_type": "advanced", "chat_prompt_config": {"prompt": [None, 3]}},
    ],
)
def test_any_shape_is_answered_not_raised(config):
    assert isinstance(validate_config("chat", config), list)


# --- at the app's life -----------------------------------------------------------------------------------------


@pytest.fixture
def workspace(db):
    return make_workspace()


def test_exp_05_publishing_says_everything_that_is_wrong(workspace):
    app = make_app(workspace, completion("{{#query#}}{{#query#}}"), published=False)
    with pytest.raises(InvalidAppConfig) as refusal:
        publish(app=app)
    body = refusal.value.body()
    assert (body["code"], body["status"]) == ("invalid_app_config", 400)
    assert [problem["code"] for problem in body["problems"]] == ["repeated_block", "missing_block"]
    assert "stands 2 times" in body["message"]
    app.refresh_from_db()
    assert app.published is None


def test_exp_05_a_draft_with_two_context_blocks_is_not_saved(workspace):
    app = make_app(workspace)
    with pytest.raises(InvalidAppConfig, match="stands 2 times"):
        save_draft(app=app, config=messages(("system", "{{#context#}}{{#context#}}")))


@pytest.mark.parametrize("top_k", [0, 11])
def test_exp_08_out_of_range_is_a_400(workspace, top_k):
    with pytest.raises(AppError) as refusal:
        save_draft(app=make_app(workspace), config=knowledge(top_k=top_k))
    assert refusal.value.http_status == 400


def test_exp_01_from_expert_mode_there_is_no_way_back_but_the_version_history(workspace):
    app = make_app(workspace, {"pre_prompt": "basic"})
    basic = app.published
    save_draft(app=app, config=messages(("system", "S")))
    save_draft(app=app, config={"pre_prompt": "not yet published: still free"})
    save_draft(app=app, config=messages(("system", "S")))
    publish(app=app)
    with pytest.raises(ExpertModeOnly, match="version history") as refusal:
        save_draft(app=app, config={"pre_prompt": "basic again"})
    assert (refusal.value.http_status, refusal.value.code) == (409, "conflict")
    save_draft(app=app, config=messages(("system", "more")))
    restore(app=app, version_id=basic.id)
    save_draft(app=app, config={"pre_prompt": "basic again"})
    publish(app=app)
    app.refresh_from_db()
    assert app.published.config == {"pre_prompt": "basic again"}
