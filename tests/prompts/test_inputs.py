import math

import pytest

from apps.common.errors import InvalidParam
from apps.prompts.config import Variable
from apps.prompts.inputs import read_inputs

TOPIC = Variable("text-input", "topic", "Topic", required=True, max_length=5)
TONE = Variable("select", "tone", "Tone", options=("dry", "warm"), default="dry")
COUNT = Variable("number", "count", "Count")


def test_declared_values_pass_and_others_are_dropped():
    given = {"topic": "sea", "tone": "warm", "count": "3", "extra": 1}
    assert read_inputs([TOPIC, TONE, COUNT], given) == {"topic": "sea", "tone": "warm", "count": 3}


def test_absent_optional_values_take_their_default():
    assert read_inputs([TONE, COUNT], {}) == {"tone": "dry", "count": ""}


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (TOPIC, None, "topic is required in input form"),
        (TOPIC, "", "topic is required in input form"),
        (TOPIC, 7, "topic in input form must be a string"),
        (TOPIC, "oceans", "topic in input form must be less than 5 characters"),
        (TONE, "loud", "tone in input form must be one of the following: ['dry', 'warm']"),
        (COUNT, "three", "count in input form must be a number"),
        (COUNT, "1.0e999", "count in input form must be a number"),
        (COUNT, "nan", "count in input form must be a number"),
        (COUNT, True, "count in input form must be a number"),
    ],
)
def test_refusals_use_the_contracts_sentences(variable, value, sentence):
    with pytest.raises(InvalidParam) as refusal:
        read_inputs([variable], {variable.name: value})
    assert refusal.value.message == sentence


def test_nul_characters_are_removed():
    assert read_inputs([TOPIC], {"topic": "a\x00b"}) == {"topic": "ab"}


def test_numbers_may_be_text():
    assert read_inputs([COUNT], {"count": "2.5"}) == {"count": 2.5}


@pytest.mark.parametrize(
    "value", ["9" * 400, "9" * 5000, "nan", "1.0e999", math.nan, math.inf, 10**400, [1], {"a": 1}, True]
)
def test_what_is_no_finite_number_is_refused(value):
    with pytest.raises(InvalidParam, match="must be a number"):
        read_inputs([Variable("number", "n", "N")], {"n": value})
