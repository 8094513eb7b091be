"""The driver of Cohere's protocol against its fake, and the fake against Cohere's own client."""

import asyncio
import json
import math
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
from apps.models.drivers.cohere import CohereDriver
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderForbidden,
    ProviderQuotaExceeded,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.fake_servers import KEY, Received, serving
from apps.models.fakes.cohere import CohereFake
from tests.fakes import wire as raw
from tests.lazily import lazily

from .helpers import QUICK, text_in

cohere: Any = lazily("cohere")
WORDS = "".join(f"tok{number} " for number in range(50))
PNG = "iVBORw0KGgo="
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
ADD = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": SCHEMA}}
HI = [ChatMessage("user", "hi")]
DOCUMENTS = ["a cat sat", "the quick brown fox", "a quick fox"]


class Service:
    """A running fake and a driver that calls it."""

    def __init__(self, fake: CohereFake, url: str) -> None:
        self.fake, self.url = fake, url

    def endpoint(self, **changes: Any) -> Endpoint:
        provider = get_provider("cohere")
        options = {**provider.driver_options, **changes.pop("options", {})}
        credentials = {**self.fake.credentials(self.url), **changes}
        return Endpoint("cohere", options, credentials, [credentials["api_key"]], QUICK, private_allowed=True)

    async def chat(self, model: str = "fake", request: ChatRequest | None = None, **changes: Any) -> list[ChatPiece]:
        stream = CohereDriver().stream_chat(
            self.endpoint(**changes), ModelSpec(model, "llm"), request or ChatRequest(HI)
        )
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
    fake = CohereFake()
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
        ChatMessage("assistant", "Hello."),
        ChatMessage("user", "And?"),
    ]
    parameters = {
        "temperature": 0.5,
        "top_p": 0.9,
        "top_k": 3,
        "max_tokens": 9,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "seed": 7,
        "reasoning_effort": "low",
        "thinking": None,
    }
    body = await service.ask(messages, parameters=parameters, stop=["END"], tools=[ADD], user="u-1")
    assert body == {
        "model": "fake",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": "hi"},
            {"role": "assistant", "content": "Hello."},
            {"role": "user", "content": "And?"},
        ],
        "stream": True,
        "temperature": 0.5,
        "p": 0.9,
        "k": 3,
        "max_tokens": 9,
        "presence_penalty": 0.1,
        "frequency_penalty": 0.2,
        "seed": 7,
        "stop_sequences": ["END"],
        "tools": [ADD],
    }
    assert service.last.path == "/v2/chat"
    assert service.last.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("ending", ["/", "/v1", "/v2/"])
async def test_a_base_url_may_name_a_version(service: Service, ending: str) -> None:
    await service.chat(base_url=service.url + ending)
    assert service.last.path == "/v2/chat"


@pytest.mark.parametrize(("top_p", "sent"), [(1, 0.99), (0, 0.01), (0.5, 0.5)])
async def test_top_p_stays_within_what_the_vendor_takes(service: Service, top_p: float, sent: float) -> None:
    assert (await service.ask(HI, parameters={"top_p": top_p}))["p"] == sent


async def test_parameters_that_a_model_refuses_are_left_out(service: Service) -> None:
    spec = ModelSpec("fake", "llm", drop_params=frozenset({"top_k", "stop"}))
    request = ChatRequest(HI, {"top_k": 3, "seed": 1}, ["END"])
    assert [piece async for piece in CohereDriver().stream_chat(service.endpoint(), spec, request)]
    assert not {"k", "stop_sequences"} & set(service.last.json)


@pytest.mark.parametrize("schema", [json.dumps(SCHEMA), {"name": "answer", "strict": True, "schema": SCHEMA}])
async def test_a_json_schema_goes_into_the_response_format(service: Service, schema: Any) -> None:
    body = await service.ask(HI, parameters={"response_format": "json_schema", "json_schema": schema})
    assert body["response_format"] == {"type": "json_object", "json_schema": SCHEMA}


async def test_json_mode_is_left_out_beside_tools_which_the_vendor_refuses(service: Service) -> None:
    parameters = {"response_format": "json_object"}
    assert (await service.ask(HI, parameters=parameters))["response_format"] == {"type": "json_object"}
    assert "response_format" not in await service.ask(HI, parameters=parameters, tools=[ADD])


async def test_pictures_go_as_they_are(service: Service) -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    assert (await service.ask([ChatMessage("user", parts)]))["messages"][0]["content"] == parts


async def test_parts_that_cannot_be_sent_are_named(service: Service) -> None:
    with pytest.raises(ProviderBadRequest, match="input_audio"):
        await service.chat(request=ChatRequest([ChatMessage("user", [{"type": "input_audio"}])]))
    assert not service.fake.received


async def test_parallel_calls_go_out_with_their_plan_and_their_results_come_back(service: Service) -> None:
    question = ChatMessage("user", "add")
    pieces = await service.chat("tool", ChatRequest([question], tools=[ADD]))
    assert pieces[:3] == [TextDelta("<think>\nI will "), TextDelta("add."), TextDelta("\n</think>\n\n")]
    assert pieces[4:] == [TextDelta(""), Finish("tool_calls", 5, 0)]
    assert isinstance(pieces[3], ToolCallDelta)
    calls = pieces[3].calls
    assert calls == [
        ToolCall("call_0", "add", '{"a": 1}', '[{"tool_plan":"I will add."}]'),
        ToolCall("call_1", "add", '{"b": 2}'),
    ]
    history = [
        question,
        ChatMessage("assistant", "", tool_calls=calls),
        ChatMessage("tool", "1", tool_call_id="call_0"),
        ChatMessage("tool", "", tool_call_id="call_1"),
    ]
    assert text_in(await service.chat("tool", ChatRequest(history, tools=[ADD]))) == WORDS
    assert service.last.json["messages"][1:] == [
        {
            "role": "assistant",
            "tool_calls": [
                {"id": "call_0", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}},
                {"id": "call_1", "type": "function", "function": {"name": "add", "arguments": '{"b": 2}'}},
            ],
            "tool_plan": "I will add.",
        },
        {
            "role": "tool",
            "tool_call_id": "call_0",
            "content": [{"type": "document", "document": {"data": {"output": "1"}}}],
        },
        {
            "role": "tool",
            "tool_call_id": "call_1",
            "content": [{"type": "document", "document": {"data": {"output": ""}}}],
        },
    ]


@pytest.mark.parametrize(
    ("signature", "sent"),
    [
        ('[{"thought":"I must add."}]', [{"type": "thinking", "thinking": "I must add."}]),
        ('[{"type":"thinking","thinking":"Hm.","signature":"c2ln"}]', []),
        ("c2lnbmVkIGJ5IEdvb2dsZQ==", []),
    ],
)
async def test_thoughts_go_back_with_their_call_and_those_of_others_do_not(
    service: Service, signature: str, sent: list[Any]
) -> None:
    history = [
        *HI,
        ChatMessage("assistant", "I add.", tool_calls=[ToolCall("c", "add", "{}", signature)]),
        ChatMessage("tool", "1", tool_call_id="c"),
    ]
    said = (await service.ask(history, tools=[ADD]))["messages"][1]
    assert said["content"] == [*sent, {"type": "text", "text": "I add."}]
    assert "tool_plan" not in said


async def test_thoughts_come_between_tags(service: Service) -> None:
    pieces = await service.chat("think")
    assert pieces[:4] == [
        TextDelta("<think>\nLet me "),
        TextDelta("think."),
        TextDelta("\n</think>\n\n"),
        TextDelta("tok0 "),
    ]


@pytest.mark.parametrize(
    ("parameters", "thinking"),
    [
        ({}, None),
        ({"thinking": True}, {"type": "enabled"}),
        ({"thinking": False, "budget_tokens": 5}, {"type": "disabled"}),
        ({"thinking": True, "budget_tokens": 500}, {"type": "enabled", "token_budget": 500}),
        ({"thinking": 300}, {"type": "enabled", "token_budget": 300}),
    ],
)
async def test_thinking_is_told_in_the_vendor_s_words(service: Service, parameters: Any, thinking: Any) -> None:
    assert (await service.ask(HI, parameters=parameters)).get("thinking") == thinking


async def test_an_answer_that_was_too_long_says_so(service: Service) -> None:
    assert (await service.chat("long"))[-1] == Finish("length", 5, 50)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderBadRequest),
        (401, ProviderUnauthorised),
        (402, ProviderQuotaExceeded),
        (403, ProviderForbidden),
        (404, ProviderBadRequest),
        (422, ProviderBadRequest),
        (429, ProviderRateLimited),
        (498, ProviderContentFiltered),
        (499, ProviderUnavailable),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
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
        await service.chat(api_key="co-wrong-0123456789")
    assert "wrong" not in caught.value.message


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("cut-after-5", ProviderConnectionError),
        ("hang-after-5", ProviderConnectionError),
        ("garbage", ProviderBadAnswer),
        ("empty", ProviderBadAnswer),
        ("filtered", ProviderContentFiltered),
        ("failing", ProviderUnavailable),
    ],
)
async def test_answers_that_are_none_become_errors(service: Service, model: str, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        await asyncio.wait_for(service.chat(model), 5)
    assert type(caught.value) is error


async def test_an_error_in_place_of_an_event_is_told() -> None:
    async with raw.serving(raw.SSE_HEAD, b'data: {"message": "Sorry."}\n\n') as wire:
        with pytest.raises(ProviderBadAnswer, match="Sorry"):
            await Service(CohereFake(), wire.url).chat()


async def test_texts_become_unit_vectors(service: Service) -> None:
    spec = get_provider("cohere").specs["text-embedding", "embed-v4.0"]
    found = await CohereDriver().embed(service.endpoint(), spec, ["one", ""])
    assert [len(vector) for vector in found.vectors] == [1536, 1536]
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-9) for vector in found.vectors)
    assert found.tokens == 4
    assert service.last.path == "/v2/embed"
    assert service.last.json == {
        "model": "embed-v4.0",
        "input_type": "search_document",
        "texts": ["one", " "],
        "embedding_types": ["float"],
    }


async def test_what_vectors_are_for_is_an_option(service: Service) -> None:
    endpoint = service.endpoint(options={"embedding_input_type": "clustering"})
    await CohereDriver().embed(endpoint, ModelSpec("embed-v4.0", "text-embedding"), ["one"])
    assert service.last.json["input_type"] == "clustering"


def test_no_embedding_model_takes_more_texts_than_the_vendor() -> None:
    sizes = [spec.batch_size for spec in get_provider("cohere").specs.values() if spec.type == "text-embedding"]
    assert set(sizes) == {96}


async def test_vectors_of_another_length_are_refused(service: Service) -> None:
    spec = ModelSpec("embed-v4.0", "text-embedding", dimensions=512)
    with pytest.raises(ProviderBadAnswer, match="expected 512"):
        await CohereDriver().embed(service.endpoint(), spec, ["one"])


async def test_documents_are_ranked(service: Service) -> None:
    spec = ModelSpec("rerank-v4.0-pro", "rerank")
    ranks = await CohereDriver().rerank(service.endpoint(), spec, "quick fox sat", DOCUMENTS, 2)
    assert [(rank.index, round(rank.score, 2)) for rank in ranks] == [(1, 0.67), (2, 0.67)]
    assert service.last.path == "/v2/rerank"
    assert service.last.json == {
        "model": "rerank-v4.0-pro",
        "query": "quick fox sat",
        "documents": DOCUMENTS,
        "top_n": 2,
    }


async def test_check_asks_for_the_list_of_models_or_for_one(service: Service) -> None:
    driver = CohereDriver()
    await driver.check(service.endpoint(), None)
    assert (service.last.method, service.last.path) == ("GET", "/v1/models")
    await driver.check(service.endpoint(), ModelSpec("rerank-v3.5", "rerank"))
    assert (service.last.method, service.last.path) == ("GET", "/v1/models/rerank-v3.5")
    for model in (None, ModelSpec("fake", "llm")):
        with pytest.raises(ProviderUnauthorised):
            await driver.check(service.endpoint(api_key="wrong"), model)


def test_every_name_of_the_provider_leads_to_it() -> None:
    assert canonical_provider("langgenius/cohere/cohere") == "cohere"


ASK = {"role": "user", "content": "hi"}
CALL = {"id": "c", "type": "function", "function": {"name": "add", "arguments": "{}"}}
CALLING = {"role": "assistant", "tool_calls": [CALL]}


@pytest.mark.parametrize(
    "changes",
    [
        {"model": None},
        {"model": ""},
        {"messages": []},
        {"unknown": 1},
        {"top_p": 0.5},
        {"p": 1},
        {"k": 501},
        {"temperature": -1},
        {"temperature": "1"},
        {"presence_penalty": -0.5},
        {"stop_sequences": ["a"] * 6},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "assistant"}, ASK]},
        {"messages": [ASK, CALLING]},
        {"messages": [ASK, CALLING, ASK]},
        {"messages": [ASK, {"role": "tool", "tool_call_id": "c", "content": "1"}]},
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "http://a"}}]}]},
        {"tools": [{"type": "function", "function": {"name": "add"}}]},
        {"tools": [ADD], "response_format": {"type": "json_object"}},
        {"thinking": {"type": "enabled", "token_budget": 0}},
    ],
)
async def test_the_fake_refuses_what_the_vendor_refuses(service: Service, changes: dict[str, Any]) -> None:
    answer = await post(f"{service.url}/v2/chat", {"model": "fake", "messages": [ASK]} | changes)
    assert answer.status == 400
    assert json.loads(answer.body)["message"].startswith("invalid request")


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("embed", {"model": "e", "texts": ["a"]}),
        ("embed", {"model": "e", "texts": [], "input_type": "search_document"}),
        ("embed", {"model": "e", "texts": ["a"] * 97, "input_type": "search_document"}),
        ("rerank", {"model": "r", "query": "q"}),
        ("rerank", {"model": "r", "query": "q", "documents": []}),
        ("rerank", {"model": "r", "query": "q", "documents": ["a"], "return_documents": True}),
    ],
)
async def test_the_fake_refuses_other_bodies_too(service: Service, path: str, body: Any) -> None:
    assert (await post(f"{service.url}/v2/{path}", body)).status == 400


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v2/chat", {}, 401),
        ("/v2/chat", {"Authorization": "Bearer wrong"}, 401),
        ("/v1/chat", {"Authorization": f"Bearer {KEY}"}, 404),
    ],
)
async def test_the_fake_minds_its_headers_and_paths(
    service: Service, path: str, headers: dict[str, str], status: int
) -> None:
    assert (await post(service.url + path, {"model": "fake", "messages": [ASK]}, headers)).status == status


async def post(url: str, body: Any, headers: dict[str, str] | None = None) -> http.Fetched:
    sent, headers = json.dumps(body).encode(), {"Authorization": f"Bearer {KEY}"} if headers is None else headers
    return await http.fetch("POST", url, private_allowed=True, headers=headers, body=sent, connect_s=1, timeout_s=5)


def client(service: Service, key: str = KEY) -> Any:
    return cohere.ClientV2(api_key=key, base_url=service.url)


async def test_the_vendor_s_client_gets_an_answer_from_the_fake(service: Service) -> None:
    def create() -> Any:
        messages: list[Any] = [ASK]
        return client(service).chat(model="fake", messages=messages, temperature=0.5, max_tokens=99)

    answer = await asyncio.to_thread(create)
    assert answer.message.content[0].text == WORDS
    assert (answer.finish_reason, answer.usage.billed_units.output_tokens) == ("COMPLETE", 50)


async def test_the_vendor_s_client_gets_a_stream_with_thoughts_from_the_fake(service: Service) -> None:
    def create() -> list[Any]:
        messages: list[Any] = [ASK]
        return list(client(service).chat_stream(model="think", messages=messages))

    events = await asyncio.to_thread(create)
    contents = [event.delta.message.content for event in events if event.type == "content-delta"]
    assert "".join(content.text or "" for content in contents) == WORDS
    assert "".join(content.thinking or "" for content in contents) == "Let me think."
    assert events[-1].delta.finish_reason == "COMPLETE"


async def test_the_vendor_s_client_makes_calls_with_the_fake(service: Service) -> None:
    def create() -> tuple[Any, Any]:
        messages: list[Any] = [ASK]
        tools: list[Any] = [ADD]
        first = client(service).chat(model="tool", messages=messages, tools=tools)
        messages.append(
            {"role": "assistant", "tool_calls": first.message.tool_calls, "tool_plan": first.message.tool_plan}
        )
        content = [{"type": "document", "document": {"data": {"result": "3"}}}]
        calls = first.message.tool_calls or []
        messages += [{"role": "tool", "tool_call_id": call.id, "content": content} for call in calls]
        return first, client(service).chat(model="tool", messages=messages, tools=tools)

    first, second = await asyncio.to_thread(create)
    assert first.message.tool_plan == "I will add."
    assert [call.function.arguments for call in first.message.tool_calls] == ['{"a": 1}', '{"b": 2}']
    assert second.message.content[0].text == WORDS


async def test_the_vendor_s_client_streams_calls_from_the_fake(service: Service) -> None:
    def create() -> list[Any]:
        messages: list[Any] = [ASK]
        tools: list[Any] = [ADD]
        return list(client(service).chat_stream(model="tool", messages=messages, tools=tools))

    events = await asyncio.to_thread(create)
    parts = [event.delta.message.tool_calls.function for event in events if event.type == "tool-call-delta"]
    assert "".join(part.arguments for part in parts) == '{"a": 1}{"b": 2}'


async def test_the_vendor_s_client_gets_vectors_and_ranks_from_the_fake(service: Service) -> None:
    def create() -> tuple[Any, Any]:
        found = client(service).embed(
            model="embed-v4.0", input_type="search_query", texts=["one", "two"], embedding_types=["float"]
        )
        return found, client(service).rerank(model="rerank-v3.5", query="quick fox", documents=DOCUMENTS, top_n=1)

    found, ranked = await asyncio.to_thread(create)
    assert [len(vector) for vector in found.embeddings.float_] == [1536, 1536]
    assert [result.index for result in ranked.results] == [1]


async def test_the_vendor_s_client_is_refused_by_the_fake_as_by_the_vendor(service: Service) -> None:
    def create() -> None:
        messages: list[Any] = [ASK]
        client(service, "wrong").chat(model="fake", messages=messages)

    with pytest.raises(cohere.UnauthorizedError):
        await asyncio.to_thread(create)
