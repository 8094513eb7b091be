"""What the driver sends for each knob of a provider's file: addresses, headers, bodies."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pydantic import ValidationError

from apps.models.contracts import ChatMessage, ChatRequest, ModelSpec, ToolCall
from apps.models.drivers import _openai_wire as wire
from apps.models.drivers._openai_options import PATHS, OpenAIOptions, headers, url
from apps.models.errors import ProviderBadRequest

from .helpers import KEY, chat, driver, endpoint

MODEL = ModelSpec("gpt-x", "llm")
ADD = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
PICTURE = {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}}
INSIDE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,QUJD"}}
CLOSED = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"], "additionalProperties": False}


def body(
    options: Mapping[str, Any] | None = None,
    parameters: Mapping[str, Any] | None = None,
    messages: Sequence[ChatMessage] = (ChatMessage("user", "hi"),),
    model: ModelSpec = MODEL,
    **more: Any,
) -> dict[str, Any]:
    where = endpoint("http://x/v1", options=options)
    return dict(json.loads(wire.answer_body(where, model, ChatRequest(messages, parameters or {}, **more))))


AZURE = {
    "base_path": "/openai/v1",
    "versioned_paths": {"chat": "/openai/deployments/{model}/chat/completions", "models": "/openai/models"},
}
NVIDIA = {"base_url": "https://one.test/v1", "base_urls": {"rerank": "https://two.test/v1"}}
ADDRESSES: dict[str, tuple[str, Mapping[str, Any], Mapping[str, str], str, str]] = {
    "as entered": ("http://x/v1/", {}, {}, "chat", "http://x/v1/chat/completions"),
    "the usual path is added": ("http://x:11434", {"base_path": "/v1"}, {}, "chat", "http://x:11434/v1/chat/completions"),
    "or was entered": ("http://x:11434/v1/", {"base_path": "/v1"}, {}, "models", "http://x:11434/v1/models"),
    "Azure, the v1 way": ("https://r.test", AZURE, {}, "chat", "https://r.test/openai/v1/chat/completions"),
    "Azure, a deployment": (
        "https://r.test/openai/v1/",
        AZURE,
        {"api_version": "2024-10-21"},
        "chat",
        "https://r.test/openai/deployments/my%20gpt/chat/completions?api-version=2024-10-21",
    ),
    "Azure, its models": (
        "https://r.test",
        AZURE,
        {"api_version": "2024-10-21"},
        "models",
        "https://r.test/openai/models?api-version=2024-10-21",
    ),
    "at the root": ("https://d.test/compatible-mode/v1", {"paths": {"rerank": "~/api/v1/r"}}, {}, "rerank",
                    "https://d.test/api/v1/r"),
    "another host for one operation": ("", NVIDIA, {}, "rerank", "https://two.test/v1/rerank"),
    "the others stay": ("", NVIDIA, {}, "embeddings", "https://one.test/v1/embeddings"),
    "what is entered counts": ("http://nim:8000/v1", NVIDIA, {}, "rerank", "http://nim:8000/v1/rerank"),
    "parameters of the address": (
        "http://x/v1",
        {"extra_query": {"a": "1"}, "credential_query": {"group_id": "GroupId", "other": "Other"}},
        {"group_id": "7"},
        "speech",
        "http://x/v1/audio/speech?a=1&GroupId=7",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ADDRESSES)
def test_addresses(name: str) -> None:
    base, options, credentials, operation, expected = ADDRESSES[name]
    assert url(endpoint(base, options=options, credentials=credentials), operation, "my gpt") == expected


def test_paths_that_differ_are_named_alone() -> None:
    options = OpenAIOptions.model_validate({"paths": {"rerank": "/reranks"}})
    assert options.paths == {**PATHS, "rerank": "/reranks"}
    with pytest.raises(ValidationError, match="there is no operation reranking"):
        OpenAIOptions.model_validate({"paths": {"reranking": "/x"}})


def test_headers_hold_the_key_and_what_else_was_entered() -> None:
    options = {
        "auth_header": "api-key",
        "auth_prefix": "",
        "extra_headers": {"X-Title": "t"},
        "credential_headers": {"organization": "OpenAI-Organization", "project": "OpenAI-Project"},
    }
    where = endpoint("http://x", options=options, credentials={"organization": "org-1", "project": ""})
    assert headers(where) == {"api-key": KEY, "X-Title": "t", "OpenAI-Organization": "org-1"}
    assert headers(endpoint("http://x", key="")) == {}


def test_parameters_take_the_providers_names_and_values() -> None:
    options = {
        "param_map": {"reasoning_effort": "reasoning.effort", "max_tokens": "max_completion_tokens"},
        "param_values": {"thinking": {"true": {"type": "enabled"}, "false": {"type": "disabled"}}},
        "drop_params": ["seed", "user"],
    }
    given = {"reasoning_effort": "low", "max_tokens": 5, "thinking": True, "seed": 1, "top_k": 3}
    sent = body(options, given, user="u")
    assert sent["reasoning"] == {"effort": "low"}
    assert sent["max_completion_tokens"] == 5
    assert sent["thinking"] == {"type": "enabled"}
    assert sent["top_k"] == 3
    assert not {"seed", "user", "reasoning_effort", "max_tokens"} & set(sent)


def test_no_more_stop_sequences_than_the_provider_takes() -> None:
    assert body({"max_stop": 1}, stop=["a", "b"])["stop"] == ["a"]
    assert body(stop=["a", "b"])["stop"] == ["a", "b"]
    assert "stop" not in body({"drop_params": ["stop"]}, stop=["a"])


def test_counts_are_asked_for_where_the_provider_knows_that() -> None:
    assert body()["stream_options"] == {"include_usage": True}
    assert "stream_options" not in body({"stream_usage": False})


# --- structured output ----------------------------------------------------------------------------------------


def form(schema: Any = None, options: Mapping[str, Any] | None = None, wanted: Any = "json_schema") -> Any:
    return body(options, {"response_format": wanted, "json_schema": schema}).get("response_format")


@pytest.mark.parametrize("as_text", [True, False])
def test_a_bare_schema_is_put_into_the_envelope(as_text: bool) -> None:
    given = json.dumps(CLOSED) if as_text else CLOSED
    assert form(given) == {"type": "json_schema", "json_schema": {"name": "answer", "schema": CLOSED, "strict": True}}
    assert "json_schema" not in body(None, {"response_format": "json_schema", "json_schema": given})


def test_a_schema_in_its_envelope_stays_as_it_is() -> None:
    envelope = {"name": "mine", "schema": CLOSED, "strict": False}
    assert form(json.dumps(envelope))["json_schema"] == envelope


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"a": {}}, "required": ["a"]},
        {**CLOSED, "required": []},
        {**CLOSED, "properties": {"a": {"type": "array", "items": {"type": "object", "properties": {}}}}},
        {**CLOSED, "properties": {"a": {"anyOf": [{"type": "object"}, {"type": "null"}]}}},
    ],
)
def test_a_schema_that_the_vendor_would_refuse_as_strict_is_not_sent_so(schema: Mapping[str, Any]) -> None:
    assert form({**schema, "title": "Weather report!"})["json_schema"]["strict"] is False
    assert form({**schema, "title": "Weather report!"})["json_schema"]["name"] == "Weather_report"


@pytest.mark.parametrize("schema", [None, "{", "[1]", 3])
def test_a_schema_that_is_none_is_refused(schema: Any) -> None:
    with pytest.raises(ProviderBadRequest, match=r"Error: the (JSON schema|response format)"):
        form(schema)


def test_less_is_asked_of_providers_that_know_less() -> None:
    assert form(CLOSED, {"schema_style": "json_object"}) == {"type": "json_object"}
    assert form(CLOSED, {"schema_style": "none"}) is None
    assert form(CLOSED, {"drop_params": ["response_format"]}) is None
    assert form(wanted="json_object") == {"type": "json_object"}
    assert form(wanted={"type": "grammar"}) == {"type": "grammar"}


# --- tools, pictures, thoughts --------------------------------------------------------------------------------

CALL = ToolCall("c1", "add", '{"a":1}', signature="I must add.")
HISTORY = [
    ChatMessage("user", "add"),
    ChatMessage("assistant", "", tool_calls=[CALL]),
    ChatMessage("tool", "2", tool_call_id="c1"),
]


def test_tools_and_their_results() -> None:
    sent = body(None, messages=HISTORY, tools=[ADD])
    assert sent["tools"] == [ADD]
    called = {"id": "c1", "type": "function", "function": {"name": "add", "arguments": '{"a":1}'}}
    assert sent["messages"][1:] == [
        {"role": "assistant", "content": None, "tool_calls": [called]},
        {"role": "tool", "content": "2", "tool_call_id": "c1"},
    ]


def test_the_older_form_of_tools() -> None:
    sent = body({"tool_style": "functions"}, messages=HISTORY, tools=[ADD])
    assert sent["functions"] == [ADD["function"]]
    assert "tools" not in sent
    assert sent["messages"][1:] == [
        {"role": "assistant", "content": None, "function_call": {"name": "add", "arguments": '{"a":1}'}},
        {"role": "function", "name": "add", "content": "2"},
    ]


def test_no_tools_where_the_provider_has_none() -> None:
    assert not {"tools", "functions"} & set(body({"tool_style": "none"}, tools=[ADD]))


def test_thoughts_go_back_with_the_calls_where_the_provider_wants_them() -> None:
    assert body({"thoughts_back": True}, messages=HISTORY)["messages"][1]["reasoning_content"] == "I must add."
    assert "reasoning_content" not in body(messages=HISTORY)["messages"][1]


def test_pictures_go_as_they_come() -> None:
    parts: list[Mapping[str, Any]] = [{"type": "text", "text": "What?"}, PICTURE, INSIDE]
    assert body(messages=[ChatMessage("user", parts)])["messages"][0]["content"] == parts


def test_a_provider_that_fetches_nothing_gets_pictures_within_the_request_only() -> None:
    options = {"image_style": "base64"}
    assert body(options, messages=[ChatMessage("user", [INSIDE])])["messages"][0]["content"] == [INSIDE]
    with pytest.raises(ProviderBadRequest, match="this provider fetches no pictures: upload the picture"):
        body(options, messages=[ChatMessage("user", [PICTURE])])


async def test_what_cannot_be_sent_fails_where_the_stream_is_read() -> None:
    where = endpoint("http://127.0.0.1:1/v1", options={"image_style": "base64"})
    request = ChatRequest([ChatMessage("user", [PICTURE])])
    stream = driver().stream_chat(where, MODEL, request)
    with pytest.raises(ProviderBadRequest, match="fetches no pictures"):
        await anext(stream)
    with pytest.raises(ProviderBadRequest):
        await chat(where, request=request)
