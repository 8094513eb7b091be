"""The driver of Anthropic's protocol against its fake, and the fake against Anthropic's own client."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
import pytest_asyncio

from apps.common import http
from apps.models.catalogue import canonical_provider, get_provider
from apps.models.contracts import (
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Endpoint,
    Finish,
    ModelSpec,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from apps.models.drivers.anthropic import AnthropicDriver
from apps.models.errors import (
    PromptTooLong,
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.fake_servers import KEY, Received, serving
from apps.models.fakes.anthropic import SIGNATURE, AnthropicFake
from apps.models.parameters import rules_of
from tests.fakes import wire as raw
from tests.lazily import lazily

from .helpers import QUICK, text_in

anthropic: Any = lazily("anthropic")
WORDS = "".join(f"tok{number} " for number in range(50))
PNG = "iVBORw0KGgo="
ADD = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds.",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}}},
    },
}


class Service:
    """A running fake and a driver that calls it."""

    def __init__(self, fake: AnthropicFake, url: str) -> None:
        self.fake, self.url = fake, url

    def endpoint(self, **changes: Any) -> Endpoint:
        provider = get_provider("anthropic")
        options = {**provider.driver_options, **changes.pop("options", {})}
        credentials = {**self.fake.credentials(self.url), **changes}
        return Endpoint("anthropic", options, credentials, [credentials["api_key"]], QUICK, private_allowed=True)

    async def chat(self, model: str = "fake", request: ChatRequest | None = None, **changes: Any) -> list[ChatPiece]:
        request = request or ChatRequest([ChatMessage("user", "hi")])
        spec = get_provider("anthropic").specs.get(("llm", model)) or ModelSpec(model, "llm")
        stream = AnthropicDriver().stream_chat(self.endpoint(**changes), spec, request)
        return [piece async for piece in stream]

    async def ask(self, messages: Sequence[ChatMessage], model: str = "fake", **fields: Any) -> Any:
        """The body that a request of these messages has."""
        await self.chat(model, ChatRequest(messages, **fields))
        return self.last.json

    @property
    def last(self) -> Received:
        return self.fake.received[-1]


@pytest_asyncio.fixture
async def service() -> AsyncIterator[Service]:
    fake = AnthropicFake()
    async with serving(fake) as url:
        yield Service(fake, url)


async def test_a_streamed_answer_comes_chunk_by_chunk(service: Service) -> None:
    pieces = await service.chat()
    assert len(pieces) == 52
    assert text_in(pieces) == WORDS
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 5, 50)]


async def test_the_request_says_what_the_vendor_documents(service: Service) -> None:
    messages = [
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "hi"),
        ChatMessage("user", "there"),
        ChatMessage("system", "Be kind."),
        ChatMessage("assistant", "Hello."),
        ChatMessage("user", "And?"),
    ]
    parameters = {"temperature": 0.5, "top_p": None, "top_k": 3, "max_tokens": 9, "seed": 1, "presence_penalty": 1}
    body = await service.ask(messages, parameters=parameters, stop=["END", " "], tools=[ADD], user="u-1")
    assert body == {
        "model": "fake",
        "max_tokens": 9,
        "system": "Be brief.\n\nBe kind.",
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "hi"}, {"type": "text", "text": "there"}]},
            {"role": "assistant", "content": [{"type": "text", "text": "Hello."}]},
            {"role": "user", "content": [{"type": "text", "text": "And?"}]},
        ],
        "temperature": 0.5,
        "top_k": 3,
        "tools": [
            {
                "name": "add",
                "description": "Adds.",
                "input_schema": {"type": "object", "properties": {"a": {"type": "integer"}}},
            }
        ],
        "stop_sequences": ["END"],
        "metadata": {"user_id": "u-1"},
        "stream": True,
    }
    assert service.last.path == "/v1/messages"
    assert service.last.headers["x-api-key"] == KEY
    assert service.last.headers["anthropic-version"] == "2023-06-01"
    assert "authorization" not in service.last.headers


async def test_a_base_url_may_name_the_version(service: Service) -> None:
    await service.chat(base_url=f"{service.url}/v1/")
    assert service.last.path == "/v1/messages"


async def test_a_provider_may_want_the_key_as_a_bearer_token(service: Service) -> None:
    options = {"auth_header": "Authorization", "auth_prefix": "Bearer "}
    assert text_in(await service.chat(options=options)) == WORDS
    assert service.last.headers["authorization"] == f"Bearer {KEY}"
    assert "x-api-key" not in service.last.headers


async def test_without_max_tokens_the_model_s_limit_counts_up_to_a_default(service: Service) -> None:
    message = [ChatMessage("user", "hi")]
    assert (await service.ask(message))["max_tokens"] == 4096
    assert (await service.ask(message, "claude-opus-5-5"))["max_tokens"] == 16_384


async def test_of_temperature_and_top_p_only_the_first_is_sent(service: Service) -> None:
    body = await service.ask([ChatMessage("user", "hi")], parameters={"temperature": 0.2, "top_p": 0.9})
    assert (body["temperature"], "top_p" in body) == (0.2, False)
    body = await service.ask([ChatMessage("user", "hi")], parameters={"top_p": 0.9})
    assert body["top_p"] == 0.9


async def test_models_without_sampling_parameters_get_none(service: Service) -> None:
    parameters = {"temperature": 0.2, "top_p": 0.9, "top_k": 1}
    body = await service.ask([ChatMessage("user", "hi")], "claude-opus-5-5", parameters=parameters)
    assert not {"temperature", "top_p", "top_k"} & set(body)


def test_mdl_32_temperature_goes_from_0_to_1() -> None:
    provider = get_provider("anthropic")
    rules = {rule.name: rule for rule in rules_of(provider, provider.specs["llm", "claude-haiku-4-5-20251001"])}
    assert (rules["temperature"].minimum, rules["temperature"].maximum) == (0, 1)
    assert rules["max_tokens"].maximum == 64_000


async def test_mdl_32_a_temperature_above_1_is_refused_by_the_vendor(service: Service) -> None:
    with pytest.raises(ProviderBadRequest, match="temperature"):
        await service.ask([ChatMessage("user", "hi")], parameters={"temperature": 1.5})


async def test_a_conversation_of_a_system_prompt_alone_asks_with_it(service: Service) -> None:
    body = await service.ask([ChatMessage("system", "Say hello.")])
    assert body["messages"] == [{"role": "user", "content": [{"type": "text", "text": "Say hello."}]}]
    assert "system" not in body


@pytest.mark.parametrize(
    ("schema", "sent"),
    [
        ('{"type": "object", "properties": {"a": {"type": "string"}}}', True),
        ({"name": "answer", "strict": True, "schema": {"type": "object"}}, True),
        ("not JSON", False),
        (None, False),
    ],
)
async def test_a_json_schema_goes_into_the_output_config(service: Service, schema: Any, sent: bool) -> None:
    parameters = {"response_format": "json_schema", "json_schema": schema}
    body = await service.ask([ChatMessage("user", "hi")], parameters=parameters)
    assert ("output_config" in body) is sent
    if sent:
        assert body["output_config"]["format"]["type"] == "json_schema"
        assert body["output_config"]["format"]["schema"]["type"] == "object"


async def test_json_mode_which_the_vendor_has_not_is_left_out(service: Service) -> None:
    body = await service.ask([ChatMessage("user", "hi")], parameters={"response_format": "json_object"})
    assert "output_config" not in body
    assert "response_format" not in body


async def test_effort_goes_into_the_output_config(service: Service) -> None:
    body = await service.ask([ChatMessage("user", "hi")], "claude-opus-5-5", parameters={"reasoning_effort": "low"})
    assert body["output_config"] == {"effort": "low"}


async def test_pictures_go_by_their_bytes_or_their_address(service: Service) -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    body = await service.ask([ChatMessage("user", parts)])
    assert body["messages"][0]["content"] == [
        {"type": "text", "text": "What is this?"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PNG}},
        {"type": "image", "source": {"type": "url", "url": "https://example.com/a.png"}},
    ]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png,abc"}},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,?"}},
        {"type": "input_audio", "input_audio": {}},
    ],
)
async def test_parts_that_cannot_be_sent_are_named(service: Service, part: dict[str, Any]) -> None:
    with pytest.raises(ProviderBadRequest):
        await service.chat(request=ChatRequest([ChatMessage("user", [part])]))
    assert not service.fake.received


async def test_parallel_tool_calls_go_out_and_their_results_come_back(service: Service) -> None:
    question = ChatMessage("user", "add")
    pieces = await service.chat("tool", ChatRequest([question], tools=[ADD]))
    assert pieces[1:] == [TextDelta(""), Finish("tool_calls", 5, 0)]
    assert isinstance(pieces[0], ToolCallDelta)
    calls = pieces[0].calls
    assert [(call.id, call.name, json.loads(call.arguments)) for call in calls] == [
        ("call_0", "add", {"a": 1}),
        ("call_1", "add", {"b": 2}),
    ]
    history = [
        question,
        ChatMessage("assistant", "", tool_calls=calls),
        ChatMessage("tool", "1", tool_call_id="call_0"),
        ChatMessage("tool", "", tool_call_id="call_1"),
        ChatMessage("user", "go on"),
    ]
    assert text_in(await service.chat("tool", ChatRequest(history, tools=[ADD]))) == WORDS
    assert service.last.json["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"type": "tool_use", "id": "call_0", "name": "add", "input": {"a": 1}},
                {"type": "tool_use", "id": "call_1", "name": "add", "input": {"b": 2}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"type": "tool_result", "tool_use_id": "call_0", "content": [{"type": "text", "text": "1"}]},
                {"type": "tool_result", "tool_use_id": "call_1"},
                {"type": "text", "text": "go on"},
            ],
        },
    ]


async def test_tools_that_only_the_history_knows_are_declared_but_not_offered(service: Service) -> None:
    call = ToolCall("c", "add", "broken")
    history = [
        ChatMessage("user", "add"),
        ChatMessage("assistant", "", tool_calls=[call]),
        ChatMessage("tool", "1", tool_call_id="c"),
    ]
    body = await service.ask(history, "tool")
    assert body["tools"] == [{"name": "add", "input_schema": {"type": "object"}}]
    assert body["tool_choice"] == {"type": "none"}
    assert body["messages"][1]["content"][0]["input"] == {}


async def test_thoughts_come_between_tags(service: Service) -> None:
    pieces = await service.chat("think")
    assert pieces[:4] == [
        TextDelta("<think>\nLet me "),
        TextDelta("think."),
        TextDelta("\n</think>\n\n"),
        TextDelta("tok0 "),
    ]


async def test_signed_thoughts_go_back_before_the_call_they_led_to(service: Service) -> None:
    question = ChatMessage("user", "add")
    pieces = await service.chat("tool-think", ChatRequest([question], tools=[ADD]))
    assert text_in(pieces) == "<think>\nI must add.\n</think>\n\n"
    (delta,) = [piece for piece in pieces if isinstance(piece, ToolCallDelta)]
    thought = {"type": "thinking", "thinking": "I must add.", "signature": SIGNATURE}
    assert [json.loads(call.signature or "null") for call in delta.calls] == [[thought], None]
    history = [
        question,
        ChatMessage("assistant", "I add.", tool_calls=delta.calls),
        *(ChatMessage("tool", "1", tool_call_id=call.id) for call in delta.calls),
    ]
    assert text_in(await service.chat("tool-think", ChatRequest(history, tools=[ADD]))) == WORDS
    content = service.last.json["messages"][1]["content"]
    assert content[:2] == [thought, {"type": "text", "text": "I add."}]


async def test_signatures_of_other_providers_are_left_out(service: Service) -> None:
    call = ToolCall("c", "add", "{}", "a signature of Google's")
    other = ToolCall("d", "add", "{}", '[{"reasoningContent": {}}]')
    history = [
        ChatMessage("user", "add"),
        ChatMessage("assistant", "", tool_calls=[call, other]),
        *(ChatMessage("tool", "1", tool_call_id=id) for id in "cd"),
    ]
    body = await service.ask(history, tools=[ADD])
    assert [block["type"] for block in body["messages"][1]["content"]] == ["tool_use", "tool_use"]


@pytest.mark.parametrize(
    ("model", "parameters", "thinking", "max_tokens"),
    [
        ("claude-opus-5-5", {"thinking": True}, {"type": "adaptive", "display": "summarized"}, 16_384),
        ("claude-opus-5-5", {"thinking": False}, None, 16_384),
        ("claude-sonnet-5-5", {"thinking": False}, {"type": "between_tools"}, 16_384),
        ("claude-haiku-5-5", {"thinking": False}, {"type": "disabled"}, 16_384),
        ("claude-haiku-5-5", {}, None, 16_384),
        ("claude-haiku-4-5-20251001", {"thinking": True}, {"type": "enabled", "budget_tokens": 4096}, 16_384),
        ("claude-haiku-4-5-20251001", {"thinking": 2000}, {"type": "enabled", "budget_tokens": 2000}, 16_384),
        (
            "claude-haiku-4-5-20251001",
            {"thinking": True, "budget_tokens": 2048, "max_tokens": 100},
            {"type": "enabled", "budget_tokens": 2048},
            2148,
        ),
        (
            "claude-haiku-4-5-20251001",
            {"thinking": {"type": "enabled", "budget_tokens": 1024}},
            {"type": "enabled", "budget_tokens": 1024},
            16_384,
        ),
    ],
)
async def test_thinking_is_asked_for_in_the_way_of_the_model(
    service: Service, model: str, parameters: dict[str, Any], thinking: Any, max_tokens: int
) -> None:
    body = await service.ask([ChatMessage("user", "hi")], model, parameters=parameters)
    assert body.get("thinking") == thinking
    assert body["max_tokens"] == max_tokens


async def test_who_thinks_is_not_told_how_to_sample(service: Service) -> None:
    parameters = {"thinking": True, "temperature": 0.1, "top_k": 1}
    body = await service.ask([ChatMessage("user", "hi")], "claude-haiku-4-5-20251001", parameters=parameters)
    assert not {"temperature", "top_k"} & set(body)


async def test_an_answer_that_was_too_long_says_so(service: Service) -> None:
    assert (await service.chat("long"))[-1] == Finish("length", 5, 50)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderBadRequest),
        (401, ProviderUnauthorised),
        (402, ProviderQuotaExceeded),
        (403, ProviderUnauthorised),
        (404, ProviderBadRequest),
        (413, ProviderBadRequest),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
        (529, ProviderUnavailable),
    ],
)
async def test_refusals_become_errors_of_ours(service: Service, status: int, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        await service.chat(f"fail-{status}")
    assert type(caught.value) is error
    assert f"The fake fails with {status}, as asked." in caught.value.message
    if isinstance(caught.value, ProviderRateLimited):
        assert caught.value.retry_after_s == 1


async def test_a_wrong_key_is_refused_and_not_shown(service: Service) -> None:
    with pytest.raises(ProviderUnauthorised) as caught:
        await service.chat(api_key="sk-ant-wrong-0123456789")
    assert "wrong" not in caught.value.message


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("cut-after-5", ProviderConnectionError),
        ("hang-after-5", ProviderConnectionError),
        ("garbage", ProviderBadAnswer),
        ("empty", ProviderBadAnswer),
        ("filtered", ProviderContentFiltered),
    ],
)
async def test_answers_that_are_none_become_errors(service: Service, model: str, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        await asyncio.wait_for(service.chat(model), 5)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("overloaded_error", ProviderUnavailable),
        ("rate_limit_error", ProviderRateLimited),
        ("authentication_error", ProviderUnauthorised),
        ("billing_error", ProviderQuotaExceeded),
        ("not_found_error", ProviderBadRequest),
        ("api_error", ProviderUnavailable),
        ("of_tomorrow_error", ProviderUnavailable),
    ],
)
async def test_an_error_in_the_middle_of_a_stream_is_told(kind: str, error: type[ProviderError]) -> None:
    event = json.dumps({"type": "error", "error": {"type": kind, "message": "Sorry."}})
    async with raw.serving(raw.SSE_HEAD, b"event: error\ndata: " + event.encode() + b"\n\n") as wire:
        with pytest.raises(error, match="Sorry") as caught:
            await Service(AnthropicFake(), wire.url).chat()
    assert type(caught.value) is error


async def test_a_prompt_that_does_not_fit_is_told_from_other_bad_requests() -> None:
    text = "prompt is too long: 210000 tokens > 200000 maximum"
    body = json.dumps({"type": "error", "error": {"type": "invalid_request_error", "message": text}}).encode()
    head = b"HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with raw.serving(head + body) as wire:
        with pytest.raises(PromptTooLong):
            await Service(AnthropicFake(), wire.url).chat()


async def test_check_lists_the_models_or_asks_one(service: Service) -> None:
    driver = AnthropicDriver()
    await driver.check(service.endpoint(), None)
    assert (service.last.method, service.last.path) == ("GET", "/v1/models")
    await driver.check(service.endpoint(), ModelSpec("claude-haiku-5-5", "llm", max_output_tokens=128_000))
    assert service.last.json["max_tokens"] == 16
    assert "stream" not in service.last.json
    for model in (None, ModelSpec("fake", "llm")):
        with pytest.raises(ProviderUnauthorised):
            await driver.check(service.endpoint(api_key="wrong"), model)


def test_every_name_of_the_provider_leads_to_it() -> None:
    assert canonical_provider("langgenius/anthropic/anthropic") == "anthropic"


@pytest.mark.parametrize(
    "changes",
    [
        {"max_tokens": None},
        {"max_tokens": "9"},
        {"model": ""},
        {"messages": []},
        {"unknown": 1},
        {"temperature": 1.1},
        {"temperature": 0.5, "top_p": 0.5},
        {"temperature": 0.5, "thinking": {"type": "adaptive"}},
        {"thinking": {"type": "enabled", "budget_tokens": 1024}},
        {"thinking": {"type": "enabled", "budget_tokens": 9}, "max_tokens": 2000},
        {"stop_sequences": ["\n"]},
        {"messages": [{"role": "system", "content": "hi"}]},
        {"messages": [{"role": "assistant", "content": "hi"}]},
        {"messages": [{"role": "user", "content": "hi"}, {"role": "user", "content": "hi"}]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": " "}]}]},
        {"messages": [{"role": "user", "content": [{"type": "tool_result", "tool_use_id": "a"}]}]},
        {"messages": [{"role": "user", "content": [{"type": "image", "source": {"type": "url", "url": "http://a"}}]}]},
        {"tools": [{"name": "add"}]},
    ],
)
async def test_the_fake_refuses_what_the_vendor_refuses(service: Service, changes: dict[str, Any]) -> None:
    body = {"model": "fake", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]} | changes
    headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
    answer = await post(f"{service.url}/v1/messages", headers, body)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["type"] == "invalid_request_error"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1/messages", {"x-api-key": KEY}, 400),
        ("/v1/messages", {"x-api-key": KEY, "anthropic-version": "1999-01-01"}, 400),
        ("/v1/messages", {"anthropic-version": "2023-06-01"}, 401),
        ("/v1/message", {"x-api-key": KEY, "anthropic-version": "2023-06-01"}, 404),
    ],
)
async def test_the_fake_minds_its_headers_and_paths(
    service: Service, path: str, headers: dict[str, str], status: int
) -> None:
    body = {"model": "fake", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    assert (await post(service.url + path, headers, body)).status == status


async def post(url: str, headers: dict[str, str], body: Any) -> http.Fetched:
    sent = json.dumps(body).encode()
    return await http.fetch("POST", url, private_allowed=True, headers=headers, body=sent, connect_s=1, timeout_s=5)


def client(service: Service) -> Any:
    return anthropic.Anthropic(api_key=KEY, base_url=service.url, max_retries=0)


async def test_the_vendor_s_client_gets_an_answer_from_the_fake(service: Service) -> None:
    def create() -> Any:
        return client(service).messages.create(
            model="fake", max_tokens=100, messages=[{"role": "user", "content": "hi"}]
        )

    message = await asyncio.to_thread(create)
    assert message.content[0].text == WORDS
    assert (message.stop_reason, message.usage.output_tokens) == ("end_turn", 50)


async def test_the_vendor_s_client_gets_a_stream_from_the_fake(service: Service) -> None:
    def create() -> tuple[str, Any]:
        asked: list[Any] = [{"role": "user", "content": "hi"}]
        with client(service).messages.stream(model="think", max_tokens=100, messages=asked) as stream:
            return "".join(stream.text_stream), stream.get_final_message()

    text, message = await asyncio.to_thread(create)
    assert text == WORDS
    assert [block.type for block in message.content] == ["thinking", "text"]
    assert message.content[0].signature == SIGNATURE


async def test_the_vendor_s_client_makes_tool_calls_with_the_fake(service: Service) -> None:
    tools: list[Any] = [{"name": "add", "description": "Adds.", "input_schema": {"type": "object"}}]

    def create() -> Any:
        messages: list[Any] = [{"role": "user", "content": "add"}]
        with client(service).messages.stream(model="tool", max_tokens=100, messages=messages, tools=tools) as stream:
            first = stream.get_final_message()
        content = [block.model_dump(exclude_none=True) for block in first.content]
        results = [{"type": "tool_result", "tool_use_id": block.id, "content": "3"} for block in first.content]
        messages += [{"role": "assistant", "content": content}, {"role": "user", "content": results}]
        return first, client(service).messages.create(model="tool", max_tokens=100, messages=messages, tools=tools)

    first, second = await asyncio.to_thread(create)
    assert [block.input for block in first.content] == [{"a": 1}, {"b": 2}]
    assert second.content[0].text == WORDS


async def test_the_vendor_s_client_is_refused_by_the_fake_as_by_the_vendor(service: Service) -> None:
    def create() -> None:
        client(service).messages.create(
            model="fake", max_tokens=9, messages=[{"role": "user", "content": "hi"}], extra_body={"temperature": 0.5}
        )

    with pytest.raises(anthropic.BadRequestError, match="temperature"):
        await asyncio.to_thread(create)
    assert service.last.headers["anthropic-version"] == "2026-10-21"
