import math

import pytest

from apps.common.errors import InvalidParam
from apps.prompts.config import Variable, read_config
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


def test_a_callers_value_is_never_taken_for_a_stored_file():
    marked = {"dify_model_identity": "__dify__file__", "related_id": "1", "inner": [{"dify_model_identity": "mine"}]}
    plain = {"related_id": "1", "inner": [{"dify_model_identity": "mine"}]}
    given, default = Variable("json_object", "o", "O"), Variable("paragraph", "p", "P", default=[marked])
    assert read_inputs([given, default], {"o": {"deep": marked, **marked}}) == {
        "o": {"deep": plain, **plain},
        "p": [plain],
    }


AGREED = Variable("checkbox", "agreed", "Agreed")
PAPER = read_config({"user_input_form": [{"file": {"variable": "paper", "required": True}}]}).variables[0]
PAPERS = read_config({"user_input_form": [{"file-list": {"variable": "papers", "max_length": 2}}]}).variables[0]


@pytest.mark.parametrize(
    ("value", "expected"),
    [(True, True), ("true", True), (1, True), ("1", True), ("Yes", True), ("on", True)]
    + [(False, False), ("false", False), (0, False), ("no", False), ("off", False), (None, False), ("", False)],
)
def test_a_checkbox_takes_every_way_to_say_yes_and_no(value, expected):
    assert read_inputs([AGREED], {"agreed": value}) == {"agreed": expected}


@pytest.mark.parametrize("value", ["maybe", 2, 1.0, [], {}])
def test_what_is_neither_is_refused(value):
    with pytest.raises(InvalidParam, match="agreed in input form must be true or false"):
        read_inputs([AGREED], {"agreed": value})


def test_a_required_checkbox_may_be_off_but_not_absent():
    variable = Variable("checkbox", "agreed", "Agreed", required=True)
    assert read_inputs([variable], {"agreed": False}) == {"agreed": False}
    with pytest.raises(InvalidParam, match="agreed is required in input form"):
        read_inputs([variable], {})


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        (PAPER, None, "paper is required in input form"),
        (PAPER, "x", "paper in input form must be a file"),
        (PAPER, [{}], "paper in input form must be a file"),
        (PAPERS, {}, "papers in input form must be a list of files"),
        (PAPERS, ["x"], "papers in input form must be a list of files"),
        (PAPERS, [{}, {}, {}], "Number of files exceeds the maximum limit 2"),
    ],
)
def test_app_24_fields_of_files_take_file_objects(variable, value, sentence):
    with pytest.raises(InvalidParam) as refusal:
        read_inputs([variable], {variable.name: value})
    assert refusal.value.message == sentence


def test_absent_optional_files_are_nothing():
    assert read_inputs([PAPERS], {}) == {"papers": []}
