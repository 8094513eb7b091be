"""Automatic design (APP-36): lenient with the model's words, strict with what comes out."""

import json

import pytest

from apps.common import caching, perloop
from apps.common.errors import InvalidParam
from apps.prompts.config import read_config
from apps.prompts.designing import design, read_design
from apps.prompts.errors import DesignFailed, ExpertModeOnly
from apps.prompts.services.apps import create_app
from apps.prompts.services.versions import publish
from tests.factories import make_provider, make_workspace

ANSWER = {"prompt": "Write about {{topic}}.", "variables": ["topic"], "opening_statement": "Hello!"}


@pytest.mark.parametrize(
    "answer",
    [
        json.dumps(ANSWER),
        f"Sure! Here it is:\n```json\n{json.dumps(ANSWER, indent=2)}\n```\nAnything else?",
        'Braces {like these} first. {"a": 1} ' + json.dumps(ANSWER),
        json.dumps({**ANSWER, "variables": [{"name": "{{topic}}"}, "unused", "not a name", 7, None]}),
        json.dumps({**ANSWER, "variables": None, "more": [1]}),
    ],
)
def test_a_design_is_found_in_what_the_model_says(answer):
    found = read_design(answer)
    assert (found.pre_prompt, found.variables, found.opening_statement) == (
        "Write about {{topic}}.", ("topic",), "Hello!"
    )  # fmt: skip


def test_line_breaks_within_strings_are_forgiven():
    assert read_design('{"prompt": "One\nTwo", "variables": []}').pre_prompt == "One\nTwo"


@pytest.mark.parametrize(
    "answer", ["", "no", "{", '{"prompt": ""}', '{"prompt": 3}', "[]", "{" * 5000, '{"a": ' * 9000]
)
def test_what_is_no_design_is_an_error(answer):
    with pytest.raises(DesignFailed):
        read_design(answer)


def test_there_are_at_most_ten_variables():
    prompt = " ".join(f"{{{{v{n}}}}}" for n in range(20))
    assert len(read_design(json.dumps({"prompt": prompt})).variables) == 10


@pytest.fixture
def workspace(transactional_db):
    caching.clear_all()
    return make_workspace()


def wish(workspace, instruction, config=None):
    return perloop.run(design(workspace_id=workspace.id, instruction=instruction, config=config or {}))


def test_app_36_the_demo_model_designs_an_app_that_can_be_published(workspace):
    found = wish(workspace, "Translate the user's text into a chosen language, in a <tone> tone.")
    assert found.variables == ("tone", "language")
    assert "Translate" in found.opening_statement
    config = found.as_config(as_chat=True)
    assert [variable.name for variable in read_config(config).variables] == ["tone", "language"]
    publish(app=create_app(workspace=workspace, name="Translator", mode="chat", config=config))
    assert wish(workspace, "Translate the user's text into a chosen language, in a <tone> tone.") == found
    assert "opening_statement" not in found.as_config(as_chat=False)


def test_app_36_the_description_reaches_the_workspaces_default_model(workspace, upstream):
    make_provider(workspace, upstream.base_url, "echo")
    found = wish(workspace, "SAY:" + json.dumps(ANSWER))
    assert found.variables == ("topic",)
    roles = [message["role"] for message in upstream.last()[0]["body"]["messages"]]
    assert roles == ["system", "user"]


def test_app_36_it_is_not_there_in_expert_mode(workspace):
    with pytest.raises(ExpertModeOnly, match="Automatic design") as refusal:
        wish(workspace, "Translate.", {"prompt_type": "advanced"})
    assert refusal.value.http_status == 409


@pytest.mark.parametrize("instruction", ["", " \x00 ", "x" * 4001])
def test_a_description_has_a_length(workspace, instruction):
    with pytest.raises(InvalidParam):
        wish(workspace, instruction)
