"""Rules of model parameters and presets within them (APP-34)."""

from pathlib import Path

import pytest

from apps.models import catalogue, parameters
from apps.models.catalogue import all_providers, get_provider, read_provider
from apps.models.contracts import ModelSpec
from apps.models.parameters import PRESETS, check_parameters, preset_for, rules_of

STRICT = """
label: Strict
driver: openai
custom_models: true
parameters:
  temperature: {maximum: 1}
models:
  - name: small
    max_output_tokens: 100
    parameters: {top_p: {minimum: 0.5}}
"""


def found(provider, model, **values):
    return [problem.message for problem in check_parameters(provider, model, values)]


@pytest.fixture
def strict(tmp_path: Path, monkeypatch):
    path = tmp_path / "strict.yaml"
    path.write_text(STRICT)
    provider = read_provider(path)
    monkeypatch.setattr(parameters, "all_providers", lambda: {**catalogue.all_providers(), "strict": provider})
    return provider


@pytest.mark.parametrize(
    ("values", "sentences"),
    [
        ({"temperature": 0, "top_p": 1, "presence_penalty": -2, "max_tokens": 16384, "seed": -5}, []),
        ({"temperature": None, "unknown": "x"}, []),
        ({"temperature": 2.01}, ["temperature must be between 0 and 2 for gpt-4o; it is 2.01."]),
        ({"max_tokens": 0}, ["max_tokens must be between 1 and 16384 for gpt-4o; it is 0."]),
        ({"max_tokens": 1.5}, ["max_tokens must be a whole number."]),
        ({"temperature": "hot"}, ["temperature must be a number."]),
        ({"temperature": True}, ["temperature must be a number."]),
        ({"temperature": float("nan")}, ["temperature must be a number."]),
        ({"response_format": "xml"}, ["response_format must be one of text, json_object, json_schema."]),
    ],
)
def test_app_34_values_are_held_to_their_range(values, sentences):
    assert found("openai", "gpt-4o", **values) == sentences
    assert found("langgenius/openai/openai", "gpt-4o", **values) == sentences


def test_app_34_a_provider_may_be_stricter_than_its_protocol(strict):
    assert found("strict", "any", temperature=1.1) == ["temperature must be between 0 and 1 for any; it is 1.1."]
    assert found("strict", "any", temperature=1) == []
    assert found("strict", "small", top_p=0.4) == ["top_p must be between 0.5 and 1 for small; it is 0.4."]
    assert found("strict", "small", max_tokens=101) == ["max_tokens must be between 1 and 100 for small; it is 101."]


def test_a_model_is_not_held_to_what_it_is_never_sent():
    assert found("openai", "gpt-5", temperature=9) == []
    assert [rule.name for rule in rules_of(get_provider("openai"), get_provider("openai").specs["llm", "gpt-5"])] == [
        "max_tokens", "seed", "response_format", "reasoning_effort"
    ]  # fmt: skip


def test_models_without_a_bound_and_providers_unknown():
    assert found("openai_api_compatible", "mine", max_tokens=0) == ["max_tokens must be at least 1 for mine; it is 0."]
    assert found("openai_api_compatible", "mine", max_tokens=10**9) == []
    assert found("", "", temperature=99) == found("nobody", "x", temperature=99) == []


@pytest.mark.parametrize("key", all_providers())
@pytest.mark.parametrize("preset", PRESETS)
def test_every_preset_fits_every_model(key, preset):
    provider = all_providers()[key]
    for spec in [*provider.specs.values(), ModelSpec("own", "llm")]:
        if spec.type == "llm":
            values = preset_for(preset, provider, spec)
            assert check_parameters(key, spec.name, values) == []


def test_a_preset_is_brought_within_a_stricter_range(strict):
    assert preset_for("creative", strict, ModelSpec("any", "llm"))["temperature"] == 1
    assert preset_for("precise", get_provider("demo"), ModelSpec("demo-chat", "llm")) == {}
