"""The driver of Amazon Bedrock against its fake, and the fake against Amazon's own client."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Sequence
from typing import Any

import boto3
import botocore.exceptions
import pytest
import pytest_asyncio
from botocore.config import Config

from apps.common import http
from apps.models.catalogue import canonical_provider, get_provider
from apps.models.contracts import (
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Endpoint,
    Finish,
    ModelSpec,
    RankedDocument,
    TextDelta,
    ToolCall,
    ToolCallDelta,
)
from apps.models.drivers.bedrock import BedrockDriver
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderForbidden,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.fake_servers import KEY, Received, serving
from apps.models.fakes.bedrock import ACCESS_KEY_ID, REGION, SIGNATURE, BedrockFake
from tests.fakes import wire as raw

from .helpers import QUICK, text_in

WORDS = "".join(f"tok{number} " for number in range(50))
PNG = "iVBORw0KGgo="
OPUS = "global.anthropic.claude-opus-5-5"
HAIKU = "global.anthropic.claude-haiku-4-5-20251001-v1:0"
NOVA = "amazon.nova-lite-v1:0"
ADD = {
    "type": "function",
    "function": {"name": "add", "description": "Adds.", "parameters": {"type": "object", "properties": {}}},
}


class Service:
    """A running fake and a driver that calls it."""

    def __init__(self, fake: BedrockFake, url: str) -> None:
        self.fake, self.url = fake, url

    def endpoint(self, *, signing: bool = False, **changes: str) -> Endpoint:
        given = self.fake.signing_credentials(self.url) if signing else self.fake.credentials(self.url)
        return Endpoint("bedrock", {}, {**given, **changes}, [KEY], QUICK, private_allowed=True)

    async def chat(
        self, model: str = "fake", request: ChatRequest | None = None, *, signing: bool = False, **changes: str
    ) -> list[ChatPiece]:
        request = request or ChatRequest([ChatMessage("user", "hi")])
        spec = get_provider("bedrock").specs.get(("llm", model)) or ModelSpec(model, "llm")
        stream = BedrockDriver().stream_chat(self.endpoint(signing=signing, **changes), spec, request)
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
    fake = BedrockFake()
    async with serving(fake) as url:
        yield Service(fake, url)


async def test_a_streamed_answer_comes_chunk_by_chunk(service: Service) -> None:
    pieces = await service.chat()
    assert len(pieces) == 52
    assert text_in(pieces) == WORDS
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 5, 50)]
    assert service.last.path == "/model/fake/converse-stream"
    assert service.last.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("model", ["fake-v1:0", "arn:aws:bedrock:us-east-1:1:inference-profile/us.fake-v1:0"])
async def test_a_signed_request_is_let_in(service: Service, model: str) -> None:
    assert text_in(await service.chat(model, signing=True)) == WORDS
    assert text_in(await service.chat(model, signing=True, session_token="token-0123456789")) == WORDS
    assert service.last.headers["x-amz-security-token"] == "token-0123456789"
    assert "content-type;host;x-amz-date;x-amz-security-token" in service.last.headers["authorization"]


async def test_wrong_keys_are_refused(service: Service) -> None:
    with pytest.raises(ProviderUnauthorised):
        await service.chat(signing=True, secret_access_key="wrong")
    with pytest.raises(ProviderUnauthorised):
        await service.chat(signing=True, access_key_id="AKIAOTHER")
    with pytest.raises(ProviderUnauthorised):
        await service.chat(api_key="wrong")


async def test_without_any_key_nothing_is_sent(service: Service) -> None:
    with pytest.raises(ProviderUnauthorised, match="API key"):
        await service.chat(signing=True, secret_access_key="")
    assert not service.fake.received


@pytest.mark.parametrize("region", ["", "us-east-1.evil.example/", "US EAST", "a@b"])
async def test_a_region_cannot_lead_to_another_host(service: Service, region: str) -> None:
    with pytest.raises(ProviderBadRequest, match="region"):
        await service.chat(region=region, base_url="")


async def test_the_request_says_what_the_vendor_documents(service: Service) -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/jpg;base64,{PNG}"}},
    ]
    messages = [ChatMessage("system", "Be brief."), ChatMessage("user", "hi"), ChatMessage("user", parts)]
    parameters = {"temperature": 0.5, "top_p": 0.9, "top_k": 3, "max_tokens": 9, "seed": 1}
    body = await service.ask(messages, NOVA, parameters=parameters, stop=["END"], tools=[ADD], user="u-1")
    assert body == {
        "system": [{"text": "Be brief."}],
        "messages": [
            {
                "role": "user",
                "content": [
                    {"text": "hi"},
                    {"text": "What is this?"},
                    {"image": {"format": "jpeg", "source": {"bytes": PNG}}},
                ],
            }
        ],
        "inferenceConfig": {"temperature": 0.5, "topP": 0.9, "maxTokens": 9, "stopSequences": ["END"]},
        "additionalModelRequestFields": {"inferenceConfig": {"topK": 3}},
        "toolConfig": {
            "tools": [
                {
                    "toolSpec": {
                        "name": "add",
                        "description": "Adds.",
                        "inputSchema": {"json": {"type": "object", "properties": {}}},
                    }
                }
            ]
        },
    }


async def test_a_small_request_has_no_empty_parts(service: Service) -> None:
    assert await service.ask([ChatMessage("user", "hi")]) == {
        "messages": [{"role": "user", "content": [{"text": "hi"}]}]
    }


@pytest.mark.parametrize("url", ["https://example.com/a.png", f"data:image/tiff;base64,{PNG}"])
async def test_pictures_that_bedrock_does_not_take_are_refused_in_a_sentence(service: Service, url: str) -> None:
    parts = [{"type": "image_url", "image_url": {"url": url}}]
    with pytest.raises(ProviderBadRequest, match="Bedrock takes"):
        await service.chat(request=ChatRequest([ChatMessage("user", parts)]))
    assert not service.fake.received


async def test_parallel_tool_calls_go_out_and_their_results_come_back(service: Service) -> None:
    question = ChatMessage("user", "add")
    pieces = await service.chat("tool", ChatRequest([question], tools=[ADD]))
    calls = [ToolCall("call_0", "add", '{"a": 1}'), ToolCall("call_1", "add", '{"b": 2}')]
    assert pieces == [ToolCallDelta(calls), TextDelta(""), Finish("tool_calls", 5, 0)]
    history = [
        question,
        ChatMessage("assistant", "I add.", tool_calls=calls),
        ChatMessage("tool", "1", tool_call_id="call_0"),
        ChatMessage("tool", "", tool_call_id="call_1"),
    ]
    assert text_in(await service.chat("tool", ChatRequest(history, tools=[ADD]))) == WORDS
    assert service.last.json["messages"][1:] == [
        {
            "role": "assistant",
            "content": [
                {"text": "I add."},
                {"toolUse": {"toolUseId": "call_0", "name": "add", "input": {"a": 1}}},
                {"toolUse": {"toolUseId": "call_1", "name": "add", "input": {"b": 2}}},
            ],
        },
        {
            "role": "user",
            "content": [
                {"toolResult": {"toolUseId": "call_0", "content": [{"text": "1"}]}},
                {"toolResult": {"toolUseId": "call_1", "content": [{"text": "(empty)"}]}},
            ],
        },
    ]
    body = await service.ask(history, "other")
    assert body["toolConfig"]["tools"] == [{"toolSpec": {"name": "add", "inputSchema": {"json": {"type": "object"}}}}]


async def test_signed_thoughts_go_back_before_the_call_they_led_to(service: Service) -> None:
    question = ChatMessage("user", "add")
    pieces = await service.chat("tool-think", ChatRequest([question], tools=[ADD]))
    assert text_in(pieces) == "<think>\nI must add.\n</think>\n\n"
    (delta,) = [piece for piece in pieces if isinstance(piece, ToolCallDelta)]
    thought = {"reasoningContent": {"reasoningText": {"text": "I must add.", "signature": SIGNATURE}}}
    assert [json.loads(call.signature or "null") for call in delta.calls] == [[thought], None]
    history = [
        question,
        ChatMessage("assistant", "", tool_calls=delta.calls),
        *(ChatMessage("tool", "1", tool_call_id=call.id) for call in delta.calls),
    ]
    assert text_in(await service.chat("tool-think", ChatRequest(history, tools=[ADD]))) == WORDS
    assert service.last.json["messages"][1]["content"][0] == thought


@pytest.mark.parametrize(
    ("model", "parameters", "own", "inference"),
    [
        (OPUS, {"thinking": True}, {"thinking": {"type": "adaptive", "display": "summarized"}}, None),
        (OPUS, {"temperature": 0.5}, None, None),
        (
            HAIKU,
            {"thinking": True, "temperature": 0.5, "top_k": 2},
            {"thinking": {"type": "enabled", "budget_tokens": 4096}},
            {"maxTokens": 16_384},
        ),
        (HAIKU, {"temperature": 0.5, "top_p": 0.5, "top_k": 2}, {"top_k": 2}, {"temperature": 0.5}),
        (NOVA, {"thinking": True}, None, None),
        ("meta.llama", {"thinking": True, "top_k": 2}, None, None),
    ],
)
async def test_each_family_is_told_what_it_knows(
    service: Service, model: str, parameters: dict[str, Any], own: Any, inference: Any
) -> None:
    body = await service.ask([ChatMessage("user", "hi")], model, parameters=parameters)
    assert body.get("additionalModelRequestFields") == own
    assert body.get("inferenceConfig") == inference


async def test_a_json_schema_goes_into_the_output_config_as_text(service: Service) -> None:
    schema = {"name": "answer", "schema": {"type": "object"}, "strict": True}
    parameters = {"response_format": "json_schema", "json_schema": schema, "reasoning_effort": "low"}
    body = await service.ask([ChatMessage("user", "hi")], OPUS, parameters=parameters)
    assert body["outputConfig"] == {
        "effort": "low",
        "textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"schema": '{"type":"object"}'}}},
    }


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderBadRequest),
        (401, ProviderUnauthorised),
        (403, ProviderForbidden),
        (404, ProviderBadRequest),
        (408, ProviderUnavailable),
        (413, ProviderBadRequest),
        (424, ProviderUnavailable),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
    ],
)
async def test_refusals_become_errors_of_ours(service: Service, status: int, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        await service.chat(f"fail-{status}")
    assert type(caught.value) is error
    assert f"The fake fails with {status}, as asked." in caught.value.message


@pytest.mark.parametrize(
    ("status", "name", "error"),
    [
        (400, "ServiceQuotaExceededException", ProviderRateLimited),
        (400, "ExpiredTokenException:http://internal.amazon.com/coral/", ProviderUnauthorised),
        (424, "ModelErrorException", ProviderUnavailable),
        (429, "ThrottlingException", ProviderRateLimited),
    ],
)
async def test_the_header_that_names_an_error_counts(status: int, name: str, error: type[ProviderError]) -> None:
    text = "Too many tokens, please wait before trying again." if error is ProviderRateLimited else "Sorry."
    body = json.dumps({"message": text}).encode()
    lines = [f"HTTP/1.1 {status} No", f"x-amzn-errortype: {name}", f"Content-Length: {len(body)}", "", ""]
    async with raw.serving("\r\n".join(lines).encode() + body) as wire:
        with pytest.raises(error) as caught:
            await Service(BedrockFake(), wire.url).chat()
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("cut-after-5", ProviderConnectionError),
        ("hang-after-5", ProviderConnectionError),
        ("garbage", ProviderBadAnswer),
        ("empty", ProviderBadAnswer),
        ("filtered", ProviderContentFiltered),
        ("fail-in-stream", ProviderRateLimited),
    ],
)
async def test_answers_that_are_none_become_errors(service: Service, model: str, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        await asyncio.wait_for(service.chat(model), 5)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("name", "dimensions", "requests"),
    [
        ("amazon.titan-embed-text-v2:0", 256, 3),
        ("amazon.titan-embed-text-v1", None, 3),
        ("cohere.embed-v4:0", None, 1),
        ("cohere.embed-multilingual-v3", None, 1),
    ],
)
async def test_texts_become_unit_vectors_in_their_order(
    service: Service, name: str, dimensions: int | None, requests: int
) -> None:
    model = ModelSpec(name, "text-embedding", dimensions=dimensions)
    found = await BedrockDriver().embed(service.endpoint(signing=True), model, ["a", "b", ""])
    alone = await BedrockDriver().embed(service.endpoint(), model, ["b"])
    assert len(service.fake.received) == requests + 1
    assert found.tokens == 3
    assert [math.hypot(*vector) for vector in found.vectors] == pytest.approx([1, 1, 1])
    assert {len(vector) for vector in found.vectors} == {dimensions or 8}
    assert found.vectors[1] == alone.vectors[0] != found.vectors[0]


async def test_vectors_of_another_length_are_a_bad_answer(service: Service) -> None:
    model = ModelSpec("cohere.embed-multilingual-v3", "text-embedding", dimensions=1024)
    with pytest.raises(ProviderBadAnswer, match="expected 1024"):
        await BedrockDriver().embed(service.endpoint(), model, ["a"])


@pytest.mark.parametrize("name", ["amazon.rerank-v1:0", "cohere.rerank-v3-5:0"])
async def test_documents_come_best_first(service: Service, name: str) -> None:
    model = ModelSpec(name, "rerank")
    found = await BedrockDriver().rerank(service.endpoint(), model, "q", ["a", "aaa", "aa"], 2)
    assert found == [RankedDocument(1, 1.0), RankedDocument(2, 0.5)]
    assert service.last.path == f"/model/{name}/invoke"


async def test_check_makes_the_cheapest_call(service: Service) -> None:
    driver, types = BedrockDriver(), {"fake": "llm", "amazon.rerank-v1:0": "rerank"}
    types["amazon.titan-embed-text-v2:0"] = "text-embedding"
    for signing in (False, True):
        await driver.check(service.endpoint(signing=signing), None)
        assert (service.last.method, service.last.path) == ("GET", "/foundation-models")
        for name, kind in types.items():
            await driver.check(service.endpoint(signing=signing), ModelSpec(name, kind))  # type: ignore[arg-type]  # one of the words
    with pytest.raises(ProviderUnauthorised):
        await driver.check(service.endpoint(api_key="wrong"), None)


@pytest.mark.parametrize("name", ["aws_bedrock", "langgenius/bedrock/bedrock"])
def test_every_name_of_the_provider_leads_to_it(name: str) -> None:
    assert canonical_provider(name) == "bedrock"


HI = {"role": "user", "content": [{"text": "hi"}]}


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("fake/converse", {"messages": [HI]}, 200),
        ("fake/converse", {"messages": []}, 400),
        ("fake/converse", {"messages": [HI, HI]}, 400),
        ("fake/converse", {"messages": [HI], "stream": True}, 400),
        ("fake/converse", {"messages": [HI], "inferenceConfig": {"temperature": 2}}, 400),
        ("fake/converse", {"messages": [HI], "inferenceConfig": {"top_k": 2}}, 400),
        ("fake/converse", {"messages": [HI], "toolConfig": {"tools": []}}, 400),
        ("fake/converse", {"messages": [{"role": "user", "content": [{"text": " "}]}]}, 400),
        ("fake/converse", {"messages": [{"role": "user", "content": [{"text": "a", "image": None}]}]}, 400),
        (
            "fake/converse",
            {
                "messages": [
                    {"role": "user", "content": [{"toolResult": {"toolUseId": "a", "content": [{"text": "b"}]}}]}
                ]
            },
            400,
        ),
        ("fake/converse-streams", {"messages": [HI]}, 404),
        ("cohere.rerank-v3-5:0/invoke", {"query": "q", "documents": ["a"], "top_n": 1}, 400),
        ("amazon.titan-embed-text-v2:0/invoke", {"inputText": "a", "model": "b"}, 400),
        ("cohere.embed-v4:0/invoke", {"texts": ["a"]}, 400),
        ("nobody.knows/invoke", {}, 400),
    ],
)
async def test_the_fake_refuses_what_the_vendor_refuses(service: Service, path: str, body: Any, status: int) -> None:
    answer = await http.fetch(
        "POST",
        f"{service.url}/model/{path}",
        private_allowed=True,
        headers={"Authorization": f"Bearer {KEY}"},
        body=json.dumps(body).encode(),
        connect_s=1,
        timeout_s=5,
    )
    assert answer.status == status


def client(service: Service, monkeypatch: pytest.MonkeyPatch, *, signing: bool) -> Any:
    """The vendor's client; with a bearer token it wants TLS, which is taken off again on the way to the fake."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    keys: dict[str, str] = {}
    url = service.url
    if signing:
        monkeypatch.delenv("AWS_BEARER_TOKEN_BEDROCK", raising=False)
        keys = {"aws_access_key_id": ACCESS_KEY_ID, "aws_secret_access_key": KEY}
    else:
        monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", KEY)
        url = url.replace("http://", "https://")
    once = Config(retries={"total_max_attempts": 1})
    made = boto3.client("bedrock-runtime", region_name=REGION, endpoint_url=url, config=once, **keys)
    made.meta.events.register("before-send.bedrock-runtime", _without_tls)
    return made


def _without_tls(request: Any, **_: Any) -> None:
    request.url = request.url.replace("https://", "http://")


@pytest.mark.parametrize("signing", [True, False])
async def test_the_vendor_s_client_gets_answers_from_the_fake(
    service: Service, monkeypatch: pytest.MonkeyPatch, signing: bool
) -> None:
    bedrock = client(service, monkeypatch, signing=signing)
    asked = {"modelId": "fake-v1:0", "messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    answer = await asyncio.to_thread(lambda: bedrock.converse(**asked))
    assert answer["output"]["message"]["content"][0]["text"] == WORDS
    assert (answer["stopReason"], answer["usage"]["outputTokens"]) == ("end_turn", 50)
    events = await asyncio.to_thread(lambda: list(bedrock.converse_stream(**asked)["stream"]))
    texts = [event["contentBlockDelta"]["delta"]["text"] for event in events if "contentBlockDelta" in event]
    assert "".join(texts) == WORDS
    assert events[-1]["metadata"]["usage"]["inputTokens"] == 3


async def test_the_vendor_s_client_makes_tool_calls_with_the_fake(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bedrock = client(service, monkeypatch, signing=True)
    tools = {"tools": [{"toolSpec": {"name": "add", "inputSchema": {"json": {"type": "object"}}}}]}
    messages: list[Any] = [{"role": "user", "content": [{"text": "add"}]}]

    def ask() -> Any:
        return bedrock.converse(modelId="tool-think", messages=messages, toolConfig=tools)["output"]["message"]

    first = await asyncio.to_thread(ask)
    calls = [block["toolUse"] for block in first["content"] if "toolUse" in block]
    assert [call["input"] for call in calls] == [{"a": 1}, {"b": 2}]
    results = [{"toolResult": {"toolUseId": call["toolUseId"], "content": [{"json": {}}]}} for call in calls]
    messages += [first, {"role": "user", "content": results}]
    assert (await asyncio.to_thread(ask))["content"][0]["text"] == WORDS


@pytest.mark.parametrize(
    ("model", "name"), [("fail-429", "ThrottlingException"), ("fail-403", "AccessDeniedException")]
)
async def test_the_vendor_s_client_reads_the_fake_s_errors(
    service: Service, monkeypatch: pytest.MonkeyPatch, model: str, name: str
) -> None:
    bedrock = client(service, monkeypatch, signing=True)
    asked = {"modelId": model, "messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        await asyncio.to_thread(lambda: bedrock.converse(**asked))
    assert caught.value.response["Error"]["Code"] == name


async def test_the_vendor_s_client_reads_the_fake_s_exception_in_a_stream(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    bedrock = client(service, monkeypatch, signing=True)
    asked = {"modelId": "fail-in-stream", "messages": [{"role": "user", "content": [{"text": "hi"}]}]}
    with pytest.raises(botocore.exceptions.EventStreamError, match="throttlingException"):
        await asyncio.to_thread(lambda: list(bedrock.converse_stream(**asked)["stream"]))
