"""Each provider as its file says, against the fake of its driver: where a call goes, what it holds, what is read."""

import base64
import math
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from apps.models.configured import make_endpoint
from apps.models.contracts import AudioFile, ChatMessage, ChatRequest, Finish, ToolCall, ToolCallDelta
from apps.models.drivers._openai_options import url
from apps.models.errors import ProviderUnauthorised
from apps.models.fake_servers import KEY, WORDS
from tests.models.vendors import ADDRESSES, VENDORS, Vendor
from tests.models.wires import OF_OPENAI, PROVIDERS, calling, having, text_in, types_of

PARAMETERS: Mapping[str, Any] = {
    "temperature": 0.5,
    "top_p": 0.9,
    "top_k": 40,
    "max_tokens": 100,
    "presence_penalty": 0.1,
    "frequency_penalty": 0.2,
    "seed": 7,
}
STOP = ("END", "###", "STOP", "---")
PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
TOOL = {
    "type": "function",
    "function": {
        "name": "add",
        "description": "Adds.",
        "parameters": {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "integer"}}},
    },
}
SCHEMA = {
    "type": "object",
    "properties": {"answer": {"type": "string"}},
    "required": ["answer"],
    "additionalProperties": False,
}
SPEECH = AudioFile("question.wav", "audio/wav", b"RIFF" + bytes(400))


def test_every_provider_of_the_protocol_is_described() -> None:
    assert sorted(VENDORS) == OF_OPENAI


@pytest.mark.parametrize(("key", "operation"), ADDRESSES)
def test_calls_go_to_the_vendor_where_no_address_is_entered(key: str, operation: str) -> None:
    provider = PROVIDERS[key]
    model = next((spec.name for spec in provider.specs.values() if spec.type == "rerank"), "any")
    assert url(make_endpoint(provider, {"api_key": KEY}), operation, model) == ADDRESSES[key, operation]


def test_every_provider_has_an_address_or_asks_for_one() -> None:
    known = {key for key, _ in ADDRESSES}
    for key in OF_OPENAI:
        asks = any(field.name == "base_url" and field.required for field in PROVIDERS[key].credentials)
        assert asks != (key in known), key


@pytest.mark.parametrize("key", having("llm"))
async def test_an_answer_is_streamed(key: str) -> None:
    request = ChatRequest([ChatMessage("system", "Be brief."), ChatMessage("user", "hello")], {"max_tokens": 100})
    async with calling(key) as wire:
        pieces = await wire.chat(request)
    assert text_in(pieces) == "".join(WORDS)
    assert isinstance(pieces[-1], Finish)
    assert pieces[-1].reason == "stop"
    assert key not in VENDORS or pieces[-1] == Finish("stop", 5, 50)


@pytest.mark.parametrize("key", sorted(set(having("llm")) & set(OF_OPENAI)))
async def test_the_body_is_what_the_vendor_documents(key: str) -> None:
    vendor, request = VENDORS[key], ChatRequest([ChatMessage("user", "hello")], PARAMETERS, STOP, user="user-1")
    async with calling(key) as wire:
        await wire.chat(request)
    fields = {**PARAMETERS, "user": "user-1"}
    sent = {vendor.renames.get(name, name): value for name, value in fields.items() if name not in vendor.refuses}
    assert wire.body == {
        "model": wire.spec("llm").name,
        "messages": [{"role": "user", "content": "hello"}],
        "stream": True,
        "stop": list(STOP[: vendor.stops]),
        **({"stream_options": {"include_usage": True}} if vendor.usage else {}),
        **sent,
    }
    received = wire.fake.received[-1]
    assert received.path == vendor.path + "/chat/completions"
    assert received.headers[vendor.header] == vendor.prefix + KEY
    assert KEY not in str(received.query)


@pytest.mark.parametrize("key", sorted(key for key, vendor in VENDORS.items() if vendor.entered == ""))
async def test_the_version_path_may_be_entered_or_left_out(key: str) -> None:
    vendor = VENDORS[key]
    for ending in ("", "/", vendor.path, vendor.path + "/"):
        async with calling(key) as wire:
            base = wire.endpoint.credentials["base_url"] + ending
            entered = make_endpoint(wire.provider, {**wire.endpoint.credentials, "base_url": base})
            await wire.driver.check(entered, None)
        assert wire.fake.received[-1].path == vendor.path + "/models"


def _refusing() -> Iterator[tuple[str, str]]:
    for key in OF_OPENAI:
        for spec in PROVIDERS[key].specs.values():
            if spec.drop_params:
                yield key, spec.name


@pytest.mark.parametrize(("key", "name"), list(_refusing()))
async def test_what_a_model_refuses_is_not_sent(key: str, name: str) -> None:
    spec = PROVIDERS[key].specs["llm", name]
    async with calling(key) as wire:
        request = ChatRequest([ChatMessage("user", "hello")], PARAMETERS, STOP)
        assert [piece async for piece in wire.driver.stream_chat(wire.endpoint, spec, request)]
    assert not spec.drop_params & set(wire.body)


@pytest.mark.parametrize("key", having("llm", "tool-call"))
async def test_tools_are_called_and_their_results_read(key: str) -> None:
    question = ChatMessage("user", "What is 1 + 2?")
    async with calling(key) as wire:
        pieces = await wire.chat(ChatRequest([question], tools=[TOOL]), "tool-user")
        calls = [call for piece in pieces if isinstance(piece, ToolCallDelta) for call in piece.calls]
        assert [(call.name, call.arguments.replace(" ", "")) for call in calls] == [
            ("add", '{"a":1}'),
            ("add", '{"b":2}'),
        ]
        assert isinstance(pieces[-1], Finish)
        assert pieces[-1].reason == "tool_calls"
        results = [ChatMessage("tool", "3", tool_call_id=call.id) for call in calls]
        said = ChatMessage(
            "assistant", "", tool_calls=[ToolCall(c.id, c.name, c.arguments, c.signature) for c in calls]
        )
        pieces = await wire.chat(ChatRequest([question, said, *results], tools=[TOOL]), "tool-user")
    assert text_in(pieces) == "".join(WORDS)


@pytest.mark.parametrize("key", having("llm", "vision"))
async def test_a_picture_is_sent(key: str) -> None:
    parts: list[dict[str, Any]] = [
        {"type": "text", "text": "What is this?"},
        {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PICTURE}"}},
    ]
    async with calling(key) as wire:
        pieces = await wire.chat(ChatRequest([ChatMessage("user", parts)]))
    assert text_in(pieces) == "".join(WORDS)
    assert PICTURE in wire.fake.received[-1].body.decode()


@pytest.mark.parametrize("key", having("llm", "json"))
async def test_a_schema_is_sent_as_far_as_the_vendor_knows_it(key: str) -> None:
    parameters = {"response_format": "json_schema", "json_schema": SCHEMA, "max_tokens": 100}
    async with calling(key) as wire:
        assert text_in(await wire.chat(ChatRequest([ChatMessage("user", "Answer in JSON.")], parameters)))
    vendor = VENDORS.get(key)
    if vendor:
        assert wire.body.get("response_format") == _expected_format(vendor)
    assert "json_schema" not in wire.body


def _expected_format(vendor: Vendor) -> Any:
    if vendor.schema == "json_schema":
        return {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
    return {"type": "json_object"}


@pytest.mark.parametrize("key", having("text-embedding"))
async def test_texts_become_unit_vectors(key: str) -> None:
    async with calling(key) as wire:
        spec = wire.spec("text-embedding")
        found = await wire.driver.embed(wire.endpoint, spec, ["one"] if spec.batch_size == 1 else ["one", "two"])
    assert all(math.isclose(math.hypot(*vector), 1, abs_tol=1e-6) for vector in found.vectors)
    assert found.tokens > 0
    vendor = VENDORS.get(key)
    if vendor:
        texts = "texts" if vendor.embedding_style == "minimax" else "input"
        assert wire.body == {"model": spec.name, texts: ["one", "two"], **vendor.embedding}
        assert wire.fake.received[-1].path == vendor.path + "/embeddings"


@pytest.mark.parametrize("key", having("rerank"))
async def test_documents_are_ranked(key: str) -> None:
    documents = ["a cat sat", "the quick brown fox", "a quick fox"]
    async with calling(key) as wire:
        spec = wire.spec("rerank")
        ranks = await wire.driver.rerank(wire.endpoint, spec, "quick fox", documents, 2)
    assert len(ranks) == 2
    assert {rank.index for rank in ranks} <= {0, 1, 2}
    assert ranks[0].score >= ranks[1].score
    assert all(text in wire.fake.received[-1].body.decode() for text in documents)
    vendor = VENDORS.get(key)
    if vendor:
        path = vendor.paths.get("rerank", "/rerank").replace("{model}", spec.name)
        assert wire.fake.received[-1].path == (path[1:] if path.startswith("~") else vendor.path + path)


@pytest.mark.parametrize("key", having("speech2text"))
async def test_a_recording_is_heard(key: str) -> None:
    async with calling(key) as wire:
        spec = wire.spec("speech2text")
        heard = await wire.driver.transcribe(wire.endpoint, spec, SPEECH)
    assert heard.text
    if spec.prices.prompt:  # what it is paid by is told
        assert heard.length_s if spec.prices.per == "minutes" else heard.prompt_tokens and heard.completion_tokens
    body = wire.fake.received[-1].body
    assert SPEECH.data in body or base64.b64encode(SPEECH.data) in body
    if key in VENDORS:
        assert wire.spec("speech2text").name.encode() in body
        assert wire.fake.received[-1].path == VENDORS[key].path + "/audio/transcriptions"


@pytest.mark.parametrize("key", having("tts"))
async def test_a_text_is_spoken_with_a_voice_of_the_vendor(key: str) -> None:
    async with calling(key) as wire:
        spec = wire.spec("tts")
        voice = spec.voices[0].key if spec.voices else "amy"
        sound = [part async for part in wire.driver.speak(wire.endpoint, spec, "Hello there.", voice)]
    assert sum(map(len, sound)) > 0
    assert voice in wire.fake.received[-1].body.decode()
    if key in VENDORS:
        assert wire.fake.received[-1].path == VENDORS[key].path + VENDORS[key].paths.get("speech", "/audio/speech")


@pytest.mark.parametrize("key", having("moderation"))
async def test_texts_are_judged(key: str) -> None:
    async with calling(key) as wire:
        spec = wire.spec("moderation")
        verdicts = await wire.driver.moderate(wire.endpoint, spec, ["violence", "a cup of tea"])
    assert [verdict.is_flagged for verdict in verdicts] == [True, False]
    assert wire.fake.received[-1].path == VENDORS[key].path + "/moderations"


@pytest.mark.parametrize("key", PROVIDERS)
async def test_a_wrong_key_is_told_as_such(key: str) -> None:
    type_ = min(types_of(PROVIDERS[key]))
    wrong = {"api_key": "wrong-key-0123456789abcdef"}
    async with calling(key, **wrong) as wire:
        with pytest.raises(ProviderUnauthorised, match=rf"^\[{key}\] Error: ") as problem:
            await wire.driver.check(wire.endpoint, wire.spec(type_))
    assert wrong["api_key"] not in str(problem.value)


@pytest.mark.parametrize("key", PROVIDERS)
async def test_mdl_24_the_check_of_every_type_of_model_succeeds(key: str) -> None:
    async with calling(key) as wire:
        for type_ in sorted(types_of(wire.provider)):
            await wire.driver.check(wire.endpoint, wire.spec(type_))


async def test_azure_of_a_dated_version_names_the_deployment_in_the_address() -> None:
    async with calling("azure_openai", api_version="2024-10-21") as wire:
        await wire.chat(ChatRequest([ChatMessage("user", "hello")]), "my-gpt")
    assert wire.fake.received[-1].path == "/openai/deployments/my-gpt/chat/completions"
    assert wire.fake.received[-1].query == {"api-version": "2024-10-21"}


@pytest.mark.parametrize(
    ("key", "field", "value", "place"),
    [
        ("openai", "organization", "org-1", "openai-organization"),
        ("openrouter", "site_url", "https://example.com", "http-referer"),
        ("openrouter", "site_name", "Example", "x-title"),
        ("minimax", "group_id", "42", "?GroupId"),
    ],
)
async def test_further_credentials_are_sent_where_they_belong(key: str, field: str, value: str, place: str) -> None:
    assert field in {each.name for each in PROVIDERS[key].credentials}
    async with calling(key, **{field: value}) as wire:
        await wire.chat(ChatRequest([ChatMessage("user", "hello")]))
    received = wire.fake.received[-1]
    found = received.query.get(place[1:]) if place.startswith("?") else received.headers.get(place)
    assert found == value


@pytest.mark.parametrize(
    ("key", "sent"),
    [
        ("deepseek", {"thinking": {"type": "enabled"}}),
        ("moonshot", {"thinking": {"type": "enabled"}}),
        ("volcengine_maas", {"thinking": {"type": "enabled"}}),
        ("zhipuai", {"thinking": {"type": "enabled"}}),
        ("tongyi", {"enable_thinking": True}),
    ],
)
async def test_thinking_is_switched_on_in_the_vendors_words(key: str, sent: Mapping[str, Any]) -> None:
    async with calling(key) as wire:
        await wire.chat(ChatRequest([ChatMessage("user", "hello")], {"thinking": True}))
    assert sent.items() <= wire.body.items()
