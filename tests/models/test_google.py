"""The driver of Gemini's protocol against its fake, and the fake against Google's own client."""

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
    AudioFile,
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
from apps.models.drivers.google import GoogleDriver
from apps.models.errors import (
    PromptTooLong,
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
from apps.models.fakes.google import HEARD, SIGNATURE, UNSIGNED, GoogleFake
from tests.fakes import wire as raw
from tests.lazily import lazily

from .helpers import QUICK, text_in

genai: Any = lazily("google.genai")
WORDS = "".join(f"tok{number} " for number in range(50))
PNG = "iVBORw0KGgo="
SCHEMA = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
ADD = {"type": "function", "function": {"name": "add", "description": "Adds.", "parameters": SCHEMA}}
HI = [ChatMessage("user", "hi")]


class Service:
    """A running fake and a driver that calls it."""

    def __init__(self, fake: GoogleFake, url: str) -> None:
        self.fake, self.url = fake, url

    def endpoint(self, **changes: Any) -> Endpoint:
        provider = get_provider("google")
        options = {**provider.driver_options, **changes.pop("options", {})}
        credentials = {**self.fake.credentials(self.url), **changes}
        return Endpoint("google", options, credentials, [credentials["api_key"]], QUICK, private_allowed=True)

    async def chat(self, model: str = "fake", request: ChatRequest | None = None, **changes: Any) -> list[ChatPiece]:
        spec = get_provider("google").specs.get(("llm", model)) or ModelSpec(model, "llm")
        stream = GoogleDriver().stream_chat(self.endpoint(**changes), spec, request or ChatRequest(HI))
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
    fake = GoogleFake()
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
        "logprobs": True,
        "thinking": None,
    }
    body = await service.ask(messages, parameters=parameters, stop=["END"], tools=[ADD], user="u-1")
    assert body == {
        "contents": [
            {"role": "user", "parts": [{"text": "hi"}, {"text": "there"}]},
            {"role": "model", "parts": [{"text": "Hello."}]},
            {"role": "user", "parts": [{"text": "And?"}]},
        ],
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "generationConfig": {
            "temperature": 0.5,
            "topP": 0.9,
            "topK": 3,
            "maxOutputTokens": 9,
            "presencePenalty": 0.1,
            "frequencyPenalty": 0.2,
            "seed": 7,
            "stopSequences": ["END"],
        },
        "tools": [
            {"functionDeclarations": [{"name": "add", "description": "Adds.", "parametersJsonSchema": SCHEMA}]},
        ],
    }
    assert service.last.path == "/v1beta/models/fake:streamGenerateContent"
    assert dict(service.last.query) == {"alt": "sse"}
    assert service.last.headers["x-goog-api-key"] == KEY


async def test_a_plain_question_has_nothing_but_its_contents(service: Service) -> None:
    assert await service.ask(HI) == {"contents": [{"role": "user", "parts": [{"text": "hi"}]}]}


@pytest.mark.parametrize("ending", ["/", "/v1beta", "/v1/"])
async def test_a_base_url_may_name_the_version_and_a_model_its_collection(service: Service, ending: str) -> None:
    await service.chat("models/fake", base_url=service.url + ending)
    assert service.last.path == "/v1beta/models/fake:streamGenerateContent"


async def test_parameters_that_a_model_refuses_are_left_out(service: Service) -> None:
    spec = ModelSpec("fake", "llm", drop_params=frozenset({"top_k", "stop"}))
    request = ChatRequest(HI, {"top_k": 3, "seed": 1}, ["END"])
    assert [piece async for piece in GoogleDriver().stream_chat(service.endpoint(), spec, request)]
    assert service.last.json["generationConfig"] == {"seed": 1}


async def test_a_conversation_of_a_system_prompt_alone_asks_with_it(service: Service) -> None:
    body = await service.ask([ChatMessage("system", "Say hello.")])
    assert body == {"contents": [{"role": "user", "parts": [{"text": "Say hello."}]}]}


@pytest.mark.parametrize("schema", [json.dumps(SCHEMA), {"name": "answer", "strict": True, "schema": SCHEMA}])
async def test_a_json_schema_goes_into_the_generation_config(service: Service, schema: Any) -> None:
    body = await service.ask(HI, parameters={"response_format": "json_schema", "json_schema": schema})
    assert body["generationConfig"] == {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}


async def test_json_mode_is_a_media_type(service: Service) -> None:
    body = await service.ask(HI, parameters={"response_format": "json_object"})
    assert body["generationConfig"] == {"responseMimeType": "application/json"}


async def test_pictures_go_by_their_bytes_or_their_address(service: Service) -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}", "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png"}},
    ]
    body = await service.ask([ChatMessage("user", parts)])
    assert body["contents"][0]["parts"] == [
        {"text": "What is this?"},
        {"inlineData": {"mimeType": "image/png", "data": PNG}},
        {"fileData": {"fileUri": "https://example.com/a.png"}},
    ]


async def test_parts_that_cannot_be_sent_are_named(service: Service) -> None:
    with pytest.raises(ProviderBadRequest, match="input_audio"):
        await service.chat(request=ChatRequest([ChatMessage("user", [{"type": "input_audio"}])]))
    assert not service.fake.received


@pytest.mark.parametrize("model", ["tool", "tool-id"])
async def test_parallel_calls_go_out_and_their_results_and_signature_come_back(service: Service, model: str) -> None:
    question = ChatMessage("user", "add")
    pieces = await service.chat(model, ChatRequest([question], tools=[ADD]))
    assert isinstance(pieces[0], ToolCallDelta)
    assert pieces[1:] == [TextDelta(""), Finish("tool_calls", 5, 0)]
    first, second = pieces[0].calls
    assert [(call.name, json.loads(call.arguments)) for call in (first, second)] == [
        ("add", {"a": 1}),
        ("add", {"b": 2}),
    ]
    assert (first.signature, second.signature) == (SIGNATURE, "")
    assert first.id != second.id
    assert (first.id == "call_0") is (model == "tool-id")
    history = [
        question,
        ChatMessage("assistant", "", tool_calls=[first, second]),
        ChatMessage("tool", "1", tool_call_id=first.id),
        ChatMessage("tool", "", tool_call_id=second.id),
    ]
    assert text_in(await service.chat(model, ChatRequest(history, tools=[ADD]))) == WORDS
    assert service.last.json["contents"][1:] == [
        {
            "role": "model",
            "parts": [
                {
                    "functionCall": {"id": first.id, "name": "add", "args": {"a": 1}},
                    "thoughtSignature": SIGNATURE,
                },
                {"functionCall": {"id": second.id, "name": "add", "args": {"b": 2}}},
            ],
        },
        {
            "role": "user",
            "parts": [
                {"functionResponse": {"id": first.id, "name": "add", "response": {"output": "1"}}},
                {"functionResponse": {"id": second.id, "name": "add", "response": {"output": ""}}},
            ],
        },
    ]


@pytest.mark.parametrize(
    ("model", "sent"), [("tool", UNSIGNED), ("gemini-3.8-flash", UNSIGNED), ("gemini-2.5-flash", None)]
)
async def test_calls_of_other_models_pass_without_their_signatures(
    service: Service, model: str, sent: str | None
) -> None:
    calls = [ToolCall("c", "add", "broken", '[{"type": "thinking"}]'), ToolCall("d", "add", "{}", "I must add.")]
    history = [
        *HI,
        ChatMessage("assistant", "I add.", tool_calls=calls),
        *(ChatMessage("tool", "1", tool_call_id=id) for id in "cd"),
    ]
    text, first, second = (await service.ask(history, model, tools=[ADD]))["contents"][1]["parts"]
    assert text == {"text": "I add."}
    assert first["functionCall"]["args"] == {}
    assert (first.get("thoughtSignature"), second.get("thoughtSignature")) == (sent, None)


async def test_thoughts_come_between_tags_where_they_are_asked_for(service: Service) -> None:
    pieces = await service.chat("think", ChatRequest(HI, {"thinking": True}))
    assert pieces[:4] == [
        TextDelta("<think>\nLet me "),
        TextDelta("think."),
        TextDelta("\n</think>\n\n"),
        TextDelta("tok0 "),
    ]
    assert pieces[-1] == Finish("stop", 5, 52)
    assert text_in(await service.chat("think")) == WORDS


@pytest.mark.parametrize(
    ("model", "parameters", "thinking"),
    [
        ("gemini-3.8-flash", {"thinking": True}, {"includeThoughts": True}),
        ("gemini-3.8-flash", {"thinking": False}, {"includeThoughts": False, "thinkingLevel": "low"}),
        ("gemini-3.8-flash", {"reasoning_effort": "high"}, {"includeThoughts": True, "thinkingLevel": "high"}),
        ("gemini-3.8-flash", {"budget_tokens": 99}, {"includeThoughts": True, "thinkingBudget": 99}),
        (
            "gemini-3.8-flash",
            {"budget_tokens": 99, "reasoning_effort": "low"},
            {"includeThoughts": True, "thinkingLevel": "low"},
        ),
        ("gemini-3.8-flash", {}, None),
        ("gemini-2.5-flash", {"thinking": True}, {"includeThoughts": True, "thinkingBudget": -1}),
        ("gemini-2.5-flash", {"thinking": 2000}, {"includeThoughts": True, "thinkingBudget": 2000}),
        ("gemini-2.5-flash", {"thinking": False}, {"includeThoughts": False, "thinkingBudget": 0}),
        ("gemini-2.5-flash", {"reasoning_effort": "medium"}, {"includeThoughts": True, "thinkingBudget": 8192}),
        ("gemini-2.5-pro", {"thinking": False}, {"includeThoughts": False, "thinkingBudget": 128}),
        ("gemini-2.5-pro", {"thinking": True}, {"includeThoughts": True, "thinkingBudget": -1}),
        ("gemini-2.5-pro", {"budget_tokens": 5}, {"includeThoughts": True, "thinkingBudget": 128}),
    ],
)
async def test_thinking_is_asked_for_in_the_way_of_the_model(
    service: Service, model: str, parameters: dict[str, Any], thinking: Any
) -> None:
    body = await service.ask(HI, model, parameters=parameters)
    assert body.get("generationConfig", {}).get("thinkingConfig") == thinking


async def test_an_answer_that_was_too_long_says_so(service: Service) -> None:
    assert (await service.chat("long"))[-1] == Finish("length", 5, 50)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (400, ProviderBadRequest),
        (403, ProviderForbidden),
        (404, ProviderBadRequest),
        (429, ProviderRateLimited),
        (500, ProviderUnavailable),
        (503, ProviderUnavailable),
        (504, ProviderUnavailable),
    ],
)
async def test_refusals_become_errors_of_ours(service: Service, status: int, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        await service.chat(f"fail-{status}")
    assert type(caught.value) is error
    assert f"The fake fails with {status}, as asked." in caught.value.message


async def test_a_wrong_key_is_a_bad_request_by_its_status_and_yet_told_as_such(service: Service) -> None:
    with pytest.raises(ProviderUnauthorised, match="status code 400") as caught:
        await service.chat(api_key="AIza-wrong-0123456789")
    assert "wrong" not in caught.value.message


def refusing(status: str, error: dict[str, Any]) -> bytes:
    body = json.dumps({"error": error}).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def test_the_pause_that_a_refusal_names_in_its_body_is_read() -> None:
    error = {
        "code": 429,
        "message": "You exceeded your current quota, please check your plan and billing details.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37.5s"}],
    }
    async with raw.serving(refusing("429 Too Many Requests", error)) as wire:
        with pytest.raises(ProviderRateLimited) as caught:
            await Service(GoogleFake(), wire.url).chat()
    assert caught.value.retry_after_s == 37.5


async def test_a_prompt_that_does_not_fit_is_told_from_other_bad_requests() -> None:
    text = "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."
    error = {"code": 400, "message": text, "status": "INVALID_ARGUMENT"}
    async with raw.serving(refusing("400 Bad Request", error)) as wire:
        with pytest.raises(PromptTooLong):
            await Service(GoogleFake(), wire.url).chat()


@pytest.mark.parametrize(
    ("model", "error"),
    [
        ("cut-after-5", ProviderConnectionError),
        ("hang-after-5", ProviderConnectionError),
        ("garbage", ProviderBadAnswer),
        ("empty", ProviderBadAnswer),
        ("malformed", ProviderBadAnswer),
        ("filtered", ProviderContentFiltered),
        ("filtered-prompt", ProviderContentFiltered),
    ],
)
async def test_answers_that_are_none_become_errors(service: Service, model: str, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        await asyncio.wait_for(service.chat(model), 5)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (429, ProviderRateLimited),
        (401, ProviderUnauthorised),
        (400, ProviderBadRequest),
        (503, ProviderUnavailable),
        (None, ProviderUnavailable),
    ],
)
async def test_an_error_in_the_middle_of_a_stream_is_told(code: int | None, error: type[ProviderError]) -> None:
    event = json.dumps({"error": {"code": code, "message": "Sorry."}})
    async with raw.serving(raw.SSE_HEAD, b"data: " + event.encode() + b"\n\n") as wire:
        with pytest.raises(error, match="Sorry") as caught:
            await Service(GoogleFake(), wire.url).chat()
    assert type(caught.value) is error


async def test_texts_become_unit_vectors_of_the_dimensions_asked_for(service: Service) -> None:
    spec = ModelSpec("gemini-embedding-001", "text-embedding", dimensions=768)
    found = await GoogleDriver().embed(service.endpoint(), spec, ["one", ""])
    assert [len(vector) for vector in found.vectors] == [768, 768]
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-9) for vector in found.vectors)
    assert found.tokens > 0
    name = "models/gemini-embedding-001"
    assert service.last.path == f"/v1beta/{name}:batchEmbedContents"
    assert service.last.json == {
        "requests": [
            {"model": name, "content": {"parts": [{"text": "one"}]}, "outputDimensionality": 768},
            {"model": name, "content": {"parts": [{"text": " "}]}, "outputDimensionality": 768},
        ]
    }


async def test_vectors_may_be_asked_for_with_a_purpose(service: Service) -> None:
    options = {"embedding_task": "RETRIEVAL_DOCUMENT"}
    spec = ModelSpec("gemini-embedding-001", "text-embedding")
    found = await GoogleDriver().embed(service.endpoint(options=options), spec, ["one"])
    assert len(found.vectors[0]) == 3072
    assert service.last.json["requests"][0]["taskType"] == "RETRIEVAL_DOCUMENT"


async def test_a_recording_is_written_down(service: Service) -> None:
    audio = AudioFile("a.ogg", "audio/ogg;codecs=opus", b"OggS")
    heard = await GoogleDriver().transcribe(service.endpoint(), ModelSpec("fake", "speech2text"), audio)
    assert heard.text == HEARD
    assert heard.prompt_tokens
    assert heard.completion_tokens
    parts = service.last.json["contents"][0]["parts"]
    assert parts[1] == {"inlineData": {"mimeType": "audio/ogg", "data": "T2dnUw=="}}
    assert service.last.path == "/v1beta/models/fake:generateContent"


async def test_check_asks_for_the_list_of_models_or_for_one(service: Service) -> None:
    driver = GoogleDriver()
    await driver.check(service.endpoint(), None)
    assert (service.last.method, service.last.path) == ("GET", "/v1beta/models")
    await driver.check(service.endpoint(), ModelSpec("gemini-3.8-flash", "llm"))
    assert (service.last.method, service.last.path) == ("GET", "/v1beta/models/gemini-3.8-flash")
    for model in (None, ModelSpec("fake", "llm")):
        with pytest.raises(ProviderUnauthorised):
            await driver.check(service.endpoint(api_key="wrong"), model)


def test_every_name_of_the_provider_leads_to_it() -> None:
    assert canonical_provider("langgenius/gemini/google") == "google"
    assert canonical_provider("gemini") == "google"


CALL = {"role": "model", "parts": [{"functionCall": {"name": "add"}, "thoughtSignature": SIGNATURE}]}
RESULT = {"role": "user", "parts": [{"functionResponse": {"name": "add", "response": {}}}]}
ASK = {"role": "user", "parts": [{"text": "hi"}]}


@pytest.mark.parametrize(
    "changes",
    [
        {"contents": []},
        {"contents": None},
        {"unknown": 1},
        {"contents": [{"role": "assistant", "parts": [{"text": "hi"}]}]},
        {"contents": [{"role": "user", "parts": []}]},
        {"contents": [{"role": "user", "parts": [{"text": "a", "functionCall": {"name": "add"}}]}]},
        {"contents": [{"role": "user", "parts": [{"fileData": {"fileUri": "http://a"}}]}]},
        {"contents": [ASK, CALL, ASK]},
        {"contents": [ASK, RESULT]},
        {"contents": [ASK, CALL]},
        {"contents": [ASK, {"role": "model", "parts": [{"functionCall": {"name": "add"}}]}, RESULT]},
        {"generationConfig": {"temperature": 2.1}},
        {"generationConfig": {"temperature": "1"}},
        {"generationConfig": {"top_n": 1}},
        {"generationConfig": {"stopSequences": ["a"] * 6}},
        {"generationConfig": {"responseJsonSchema": {}, "responseSchema": {"type": "OBJECT"}}},
        {"generationConfig": {"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "low"}}},
        {"tools": [{"functionDeclarations": [{"name": "add"}]}]},
    ],
)
async def test_the_fake_refuses_what_the_vendor_refuses(service: Service, changes: dict[str, Any]) -> None:
    answer = await post(f"{service.url}/v1beta/models/tool:generateContent", {"contents": [ASK]} | changes)
    assert answer.status == 400
    assert json.loads(answer.body)["error"]["status"] == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/v1beta/models/fake:generateContent", {}, 403),
        ("/v1beta/models/fake:generateContent", {"x-goog-api-key": "wrong"}, 400),
        ("/v1beta/models/fake:generate", {"x-goog-api-key": KEY}, 404),
        ("/v2/models/fake:generateContent", {"x-goog-api-key": KEY}, 404),
    ],
)
async def test_the_fake_minds_its_headers_and_paths(
    service: Service, path: str, headers: dict[str, str], status: int
) -> None:
    assert (await post(service.url + path, {"contents": [ASK]}, headers)).status == status


async def post(url: str, body: Any, headers: dict[str, str] | None = None) -> http.Fetched:
    sent, headers = json.dumps(body).encode(), {"x-goog-api-key": KEY} if headers is None else headers
    return await http.fetch("POST", url, private_allowed=True, headers=headers, body=sent, connect_s=1, timeout_s=5)


def client(service: Service, key: str = KEY) -> Any:
    """To be held in a `with`: it closes its connections when it is dropped."""
    return genai.Client(api_key=key, http_options=genai.types.HttpOptions(base_url=service.url))


async def test_the_vendor_s_client_gets_an_answer_from_the_fake(service: Service) -> None:
    def create() -> Any:
        config = genai.types.GenerateContentConfig(
            temperature=0.5, max_output_tokens=99, system_instruction="Be brief."
        )
        with client(service) as google:
            return google.models.generate_content(model="fake", contents="hi", config=config)

    answer = await asyncio.to_thread(create)
    assert answer.text == WORDS
    assert answer.candidates[0].finish_reason == genai.types.FinishReason.STOP
    assert answer.usage_metadata.candidates_token_count == 50


async def test_the_vendor_s_client_gets_a_stream_with_thoughts_from_the_fake(service: Service) -> None:
    def create() -> list[Any]:
        config = genai.types.GenerateContentConfig(thinking_config=genai.types.ThinkingConfig(include_thoughts=True))
        with client(service) as google:
            return list(google.models.generate_content_stream(model="think", contents="hi", config=config))

    chunks = await asyncio.to_thread(create)
    parts = [part for chunk in chunks for part in chunk.candidates[0].content.parts]
    assert "".join(part.text for part in parts if not part.thought) == WORDS
    assert "".join(part.text for part in parts if part.thought) == "Let me think."


async def test_the_vendor_s_client_makes_calls_with_the_fake(service: Service) -> None:
    declaration = genai.types.FunctionDeclaration(name="add", description="Adds.", parameters_json_schema=SCHEMA)
    config = genai.types.GenerateContentConfig(
        tools=[genai.types.Tool(function_declarations=[declaration])],
        automatic_function_calling=genai.types.AutomaticFunctionCallingConfig(disable=True),
    )

    def create() -> tuple[Any, Any]:
        with client(service) as google:
            chat = google.chats.create(model="tool-id", config=config)
            first = chat.send_message("add")
            answers = [
                genai.types.FunctionResponse(id=call.id, name=call.name, response={"output": "3"})
                for call in first.function_calls or []
            ]
            return first, chat.send_message([genai.types.Part(function_response=each) for each in answers])

    first, second = await asyncio.to_thread(create)
    assert [call.args for call in first.function_calls] == [{"a": 1}, {"b": 2}]
    assert second.text == WORDS


async def test_the_vendor_s_client_gets_vectors_from_the_fake(service: Service) -> None:
    def create() -> Any:
        config = genai.types.EmbedContentConfig(output_dimensionality=256, task_type="RETRIEVAL_QUERY")
        with client(service) as google:
            return google.models.embed_content(model="gemini-embedding-001", contents=["one", "two"], config=config)

    found = await asyncio.to_thread(create)
    assert [len(each.values) for each in found.embeddings] == [256, 256]


async def test_the_vendor_s_client_is_refused_by_the_fake_as_by_the_vendor(service: Service) -> None:
    def create() -> None:
        with client(service, "wrong") as google:
            google.models.generate_content(model="fake", contents="hi")

    with pytest.raises(genai.errors.ClientError, match="API key not valid") as caught:
        await asyncio.to_thread(create)
    assert caught.value.code == 400
