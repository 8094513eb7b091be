"""What servers say of tokens is believed as far as it can be true."""

import json
from typing import Any

import pytest

from apps.common import http
from apps.common.tokens import estimate_tokens
from apps.models.contracts import Endpoint, Finish
from apps.models.drivers import _cohere_wire, _google_wire, _openai_vectors, bedrock
from apps.models.drivers._huggingface_events import TokenParser
from apps.models.drivers._replicate_wire import Prediction

WRONG = [-5, 10**30, True, "7", {"total": 7}, 7.5]
TEXTS = ["one two three"]
ESTIMATE = estimate_tokens(TEXTS[0])


def openai(tokens: Any) -> int:
    return _openai_vectors.read_embeddings(
        {"data": [{"embedding": [1.0]}], "usage": {"prompt_tokens": tokens}}, TEXTS, None
    ).tokens


def cohere(tokens: Any) -> int:
    answer = {"embeddings": {"float": [[1.0]]}, "meta": {"billed_units": {"input_tokens": tokens}}}
    return _cohere_wire.read_embeddings(answer, TEXTS, None).tokens


def google(tokens: Any) -> int:
    answer = {"embeddings": [{"values": [1.0]}], "usageMetadata": {"promptTokenCount": tokens}}
    return _google_wire.read_embeddings(answer, TEXTS, None).tokens


@pytest.mark.parametrize("read", [openai, cohere, google])
@pytest.mark.parametrize("tokens", WRONG)
def test_what_is_no_count_of_texts_is_estimated(read: Any, tokens: Any) -> None:
    assert (read(tokens), read(7)) == (ESTIMATE, 7)


def test_a_vendor_that_writes_whole_numbers_with_a_point_is_understood() -> None:
    assert cohere(7.0) == 7


@pytest.mark.parametrize("tokens", WRONG)
def test_what_is_no_count_of_a_prediction_is_passed_over(tokens: Any) -> None:
    metrics = {"input_token_count": tokens, "output_token_count": 7}
    prediction = Prediction("id", "succeeded", "", metrics=metrics)
    assert (prediction.tokens("input"), prediction.tokens("output")) == (None, 7)


@pytest.mark.parametrize("tokens", WRONG)
def test_what_is_no_count_of_generated_text_is_passed_over(tokens: Any) -> None:
    details = {"finish_reason": "length", "input_length": tokens, "generated_tokens": 7}
    last = {"token": {"text": "a"}, "generated_text": "a", "details": details}
    parser = TokenParser(Endpoint("p", {}, {}))
    parser.feed(b"data:" + json.dumps(last).encode() + b"\n\n")
    finish = parser.end()[-1]
    assert isinstance(finish, Finish)
    assert (finish.prompt_tokens, finish.completion_tokens) == (None, 7)


@pytest.mark.parametrize("text", ["-5", "9" * 30, "9" * 5000, "9" * 12, "²", "seven", ""])
def test_what_is_no_count_in_a_header_is_passed_over(text: str) -> None:
    def tokens(value: str) -> int:
        return bedrock._tokens(http.Fetched(200, {bedrock.COUNT_HEADER: value}, b""))

    assert (tokens(text), tokens("7")) == (0, 7)
