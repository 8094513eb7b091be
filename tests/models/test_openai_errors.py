"""Vendors' errors by their words, codes and headers: in failed answers and in successful ones."""

import base64
import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import orjson
import pytest

from apps.models.drivers import _problems
from apps.models.drivers._openai_chunks import ChunkParser
from apps.models.errors import (
    PromptTooLong,
    ProviderBadRequest,
    ProviderContentFiltered,
    ProviderError,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)

from .helpers import KEY, endpoint

WHERE = endpoint("http://127.0.0.1:1/v1")


def failed(status: int, body: Any, headers: dict[str, str] | None = None, **options: Any) -> ProviderError:
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    where = endpoint("http://x", options=options) if options else WHERE
    return _problems.from_status(where, status, text.encode(), headers or {})


TOO_LONG = {
    "OpenAI": "This model's maximum context length is 8192 tokens. However, your messages resulted in 9001 tokens.",
    "OpenAI's code": '{"error": {"message": "no", "code": "context_length_exceeded"}}',
    "Anthropic": "prompt is too long: 208310 tokens > 200000 maximum",
    "Bedrock": "Input is too long for requested model.",
    "Google": "The input token count (1050000) exceeds the maximum number of tokens allowed (1048576).",
    "Cohere": "too many tokens: size limit exceeded by 11326 tokens.",
    "Mistral": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "xAI": "This model's maximum prompt length is 131072 but the request contains 150000 tokens.",
    "DashScope": "Range of input length should be [1, 30720]",
    "Hugging Face": "Input validation error: `inputs` must have less than 512 tokens. Given: 1200",
    "TGI": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096.",
    "llama.cpp": "the request exceeds the available context size, try increasing it",
    "Groq": "Please reduce the length of the messages or completion.",
    "MiniMax": "invalid params, context window exceeds limit (2013)",
    "Moonshot": "Invalid request: Your request exceeded model token limit: 131072",
    "a gateway": "prompt token count of 184399 exceeds the limit of 128000",
    "Anyscale": "Input too long. The number of tokens exceeds the maximum allowed length of 4096 tokens.",
    "Ark": "Total tokens of image and text exceed max message tokens.",
    "Zhipu's code": '{"error": {"code": "1261", "message": "Prompt 超长"}}',
}


@pytest.mark.parametrize("name", TOO_LONG)
@pytest.mark.parametrize("status", [400, 413])
def test_a_prompt_that_is_too_long_has_its_class_and_the_providers_words(name: str, status: int) -> None:
    error = failed(status, TOO_LONG[name])
    assert type(error) is PromptTooLong
    assert TOO_LONG[name][:60] in error.message
    assert not error.retryable


@pytest.mark.parametrize(
    "text",
    [
        "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.",
        "Too many tokens per minute, please wait",
        "Requests have exceeded token rate limit of your current pricing tier.",
    ],
)
def test_a_limit_of_tokens_per_minute_is_no_prompt_that_is_too_long(text: str) -> None:
    assert type(failed(429, text)) is ProviderRateLimited
    assert type(failed(400, text)) is ProviderBadRequest


@pytest.mark.parametrize(
    "text",
    [
        "max_tokens is too large: 9999",
        "the document is too long a word",
        "temperature exceeds the maximum of 2",
        "tools.0.name exceeds the maximum length of 64",
    ],
)
def test_other_things_that_are_too_large_stay_bad_requests(text: str) -> None:
    assert type(failed(400, text)) is ProviderBadRequest


NO_CREDIT = {
    "OpenAI": (429, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}}),
    "OpenAI's limit": (400, {"error": {"message": "Billing hard limit has been reached"}}),
    "DeepSeek": (402, {"error": {"message": "Insufficient Balance"}}),
    "Moonshot": (429, {"error": {"type": "exceeded_current_quota_error", "message": "check your account"}}),
    "Zhipu": (429, {"error": {"code": "1113", "message": "您的账户已欠费"}}),
    "DashScope": (400, {"code": "Arrearage", "message": "Your account is not in good standing"}),
    "SiliconFlow": (403, {"code": 30001, "message": "Sorry, your account balance is insufficient"}),
    "Anthropic": (400, "Your credit balance is too low to access the Anthropic API."),
    "xAI": (403, "Your team has either used all available credits or reached its monthly spending limit."),
    "no words": (402, ""),
}  # fmt: skip


@pytest.mark.parametrize("name", NO_CREDIT)
def test_an_empty_account_is_no_rate_limit(name: str) -> None:
    error = failed(*NO_CREDIT[name])
    assert type(error) is ProviderQuotaExceeded
    assert not error.retryable


def test_a_quota_that_comes_back_is_a_rate_limit() -> None:
    body = {"error": {"status": "RESOURCE_EXHAUSTED", "message": "You exceeded your current quota, retryDelay 7s"}}
    assert type(failed(429, body)) is ProviderRateLimited


STATUSES: list[tuple[int, Any, type[ProviderError]]] = [
    (400, {"error": {"code": "invalid_api_key", "message": "m"}}, ProviderUnauthorised),
    (401, {"error": {"type": "invalid_request_error", "message": "m"}}, ProviderUnauthorised),
    (404, {"error": {"code": "model_not_found", "message": "m"}}, ProviderBadRequest),
    (400, {"error": {"code": "content_filter", "message": "m"}}, ProviderContentFiltered),
    (400, {"code": "DataInspectionFailed", "message": "m"}, ProviderContentFiltered),
    (400, {"error": {"code": "1301", "message": "m"}}, ProviderContentFiltered),
    (400, {"code": "Throttling.RateQuota", "message": "m"}, ProviderRateLimited),
    (500, {"error": {"type": "invalid_request_error", "message": "m"}}, ProviderUnavailable),
    (503, "<html>", ProviderUnavailable),
    (408, "", ProviderUnavailable),
    (422, "[]", ProviderBadRequest),
    (429, "[]", ProviderRateLimited),
    (400, '"words"', ProviderBadRequest),
]


@pytest.mark.parametrize(("status", "body", "kind"), STATUSES)
def test_status_and_code_together_tell_the_class(status: int, body: Any, kind: type[ProviderError]) -> None:
    error = failed(status, body)
    assert type(error) is kind
    assert error.message.startswith(f"[openai_api_compatible] Error: API request failed with status code {status}: ")


def test_a_providers_file_may_say_what_a_code_means() -> None:
    own = {"error_map": {"E42": "quota", "9000": "unavailable"}}
    assert type(failed(400, {"error": {"code": "E42", "message": "m"}}, **own)) is ProviderQuotaExceeded
    assert type(failed(400, {"code": 9000, "message": "m"}, **own)) is ProviderUnavailable
    assert type(failed(400, {"error": {"code": "E43", "message": "m"}}, **own)) is ProviderBadRequest


@pytest.mark.parametrize("word", ["functions", "tools"])
def test_mdl_34_a_model_without_function_calling_is_told_as_such(word: str) -> None:
    error = failed(400, {"error": {"message": f"Unrecognized request argument supplied: {word}"}})
    assert type(error) is ProviderBadRequest
    assert f"Unrecognized request argument supplied: {word}" in error.message
    assert "has no function calling" in error.message
    assert "ReAct" in error.message


# --- Retry-After ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "3"}, 3),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "2"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "99999999"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "tomorrow"}, None),
        ({"retry-after": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0),
        ({}, None),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    error = failed(429, "slow down", headers)
    assert isinstance(error, ProviderRateLimited)
    assert error.retry_after_s == seconds


def test_a_date_to_wait_for_is_so_many_seconds_away() -> None:
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    assert _problems.pause_s({"retry-after": when}) == pytest.approx(60, abs=2)


# --- errors in successful answers -----------------------------------------------------------------------------

INSIDE: dict[str, tuple[Any, type[ProviderError], str]] = {
    "MiniMax, key": ({"base_resp": {"status_code": 1004, "status_msg": "login fail"}}, ProviderUnauthorised, "login"),
    "MiniMax, calls": ({"base_resp": {"status_code": 1002, "status_msg": "limit"}}, ProviderRateLimited, "limit"),
    "MiniMax, credit": ({"base_resp": {"status_code": 1008, "status_msg": "empty"}}, ProviderQuotaExceeded, "empty"),
    "MiniMax, filter": (
        {"choices": None, "base_resp": {"status_code": 1027, "status_msg": "output"}}, ProviderContentFiltered, "output"
    ),
    "MiniMax, unknown": ({"base_resp": {"status_code": 9999, "status_msg": "odd"}}, ProviderUnavailable, "odd"),
    "Spark, key": ({"code": 11200, "message": "AppIdNoAuthError", "sid": "s"}, ProviderUnauthorised, "NoAuth"),
    "Spark, filter": ({"code": 10013, "message": "audit", "sid": "s"}, ProviderContentFiltered, "audit"),
    "Spark, length": ({"code": 10907, "message": "tokens", "sid": "s"}, PromptTooLong, "tokens"),
    "Qianfan, key": ({"error_code": 110, "error_msg": "Access token invalid"}, ProviderUnauthorised, "token invalid"),
    "Qianfan, calls": ({"error_code": 18, "error_msg": "QPS limit reached"}, ProviderRateLimited, "QPS"),
    "Qianfan, length": ({"error_code": 336103, "error_msg": "prompt tokens"}, PromptTooLong, "prompt"),
    "Zhipu, calls": ({"error": {"code": "1302", "message": "并发"}}, ProviderRateLimited, "并发"),
    "Zhipu, key": ({"error": {"code": "1002", "message": "token"}}, ProviderUnauthorised, "token"),
    "DashScope, key": ({"code": "InvalidApiKey", "message": "Invalid API-key"}, ProviderUnauthorised, "API-key"),
    "DashScope, calls": ({"code": "Throttling", "message": "slow"}, ProviderRateLimited, "slow"),
    "DashScope, parameter": ({"code": "InvalidParameter", "message": "bad"}, ProviderBadRequest, "bad"),
    "OpenRouter": (
        {
            "error": {"code": "server_error", "message": "Provider disconnected"},
            "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
        },
        ProviderUnavailable,
        "Provider disconnected",
    ),
    "a status in it": ({"error": {"code": 402, "message": "pay"}}, ProviderQuotaExceeded, "pay"),
    "too long": ({"error": {"message": TOO_LONG["OpenAI"]}}, PromptTooLong, "8192"),
}  # fmt: skip


@pytest.mark.parametrize("name", INSIDE)
def test_an_error_in_a_successful_answer_is_found(name: str) -> None:
    answer, kind, words = INSIDE[name]
    text = json.dumps(answer, ensure_ascii=False)
    with pytest.raises(ProviderError, match=words) as streamed:
        ChunkParser(WHERE).feed(f"data: {text}\n\n".encode())
    with pytest.raises(ProviderError, match=words) as whole:
        ChunkParser(WHERE).whole(text.encode())
    found = _problems.found_in(WHERE, answer)
    assert {type(found), type(streamed.value), type(whole.value)} == {kind}


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"data": []},
        {"base_resp": {"status_code": 0, "status_msg": "success"}, "vectors": []},
        {"code": 0, "message": "Success"},
        {"code": 200, "message": "ok"},
        {"code": "Success", "message": "ok"},
        {"error": None, "results": []},
        {"error_code": 0},
    ],
)
def test_an_answer_without_error_is_left_alone(answer: Any) -> None:
    assert _problems.found_in(WHERE, answer) is None


@pytest.mark.parametrize("word", ["exceed", "exceeds the ", "token count ", "too many "])
def test_words_without_end_are_judged_by_their_beginning(word: str) -> None:
    problem = _problems.from_event(WHERE, {"message": word * 200_000})  # by all of it: hours
    assert len(problem.message) < 1_100


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"error_code": [1]}', {}),
        (b'{"base_resp": {"status_code": [1]}}', {}),
        (b'{"base_resp": {"status_code": {"a": 1}}}', {}),
        (b'{"code": [1], "message": "x"}', {}),
        ('{"error": {"code": "²", "message": "x"}}'.encode(), {}),
        (b'{"error": {"code": "' + b"4" * 5_000 + b'", "message": "x"}}', {}),
        (b"x", {"retry-after": "Mon, 99999999999999999999 Jan 2024 00:00:00 GMT"}),
        (b"x", {"retry-after": "9" * 5_000}),
    ],
)
def test_odd_codes_and_dates_are_faults_of_the_provider_as_others(body: bytes, headers: dict[str, str]) -> None:
    assert isinstance(_problems.from_status(WHERE, 503, body, headers), ProviderError)
    found = _problems.found_in(WHERE, orjson.loads(body) if body.startswith(b"{") else {})
    assert found is None or isinstance(found, ProviderError)


def test_a_key_is_masked_before_an_answer_is_cut() -> None:
    for pad in range(160, 200):
        sentence = _problems.breach(WHERE, b"x" * pad + KEY.encode() + b"y" * 100).message
        assert KEY[:12] not in sentence


@pytest.mark.parametrize("spelt", [lambda key: key, lambda key: base64.b64encode(key.encode()).decode()])
def test_a_key_is_masked_in_other_spellings(spelt) -> None:
    assert spelt(KEY)[:20] not in _problems.sentence(WHERE, f"refused: {spelt(KEY)}")
