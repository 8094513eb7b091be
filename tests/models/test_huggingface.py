"""Hugging Face: chats, text generation, pipelines, behind the router and on an endpoint."""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
import pytest_asyncio
from huggingface_hub import AsyncInferenceClient

from apps.models.catalogue import get_provider
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
    Transcript,
)
from apps.models.drivers._huggingface_events import TokenParser
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderContentFiltered,
    ProviderError,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.fake_servers import KEY, serving
from apps.models.fakes.huggingface import HuggingFaceFake
from tests.fakes.wire import serving as wire_serving

from .helpers import QUICK, text_in

PROVIDER = get_provider("huggingface_hub")
DRIVER = PROVIDER.make_driver()
WORDS = "".join(f"tok{number} " for number in range(50))
HELLO = ChatRequest([ChatMessage("user", "hi")])
SOUND = AudioFile("a.mp3", "audio/mpeg", b"sound")


class Place:
    def __init__(self, fake: HuggingFaceFake, url: str) -> None:
        self.fake, self.url = fake, url

    def hosted(self, **credentials: str) -> Endpoint:
        """Behind a router that is the fake."""
        return at({"base_url": self.url, "hub_url": self.url}, **credentials)

    def dedicated(self, **credentials: str) -> Endpoint:
        """On an endpoint that is the fake; the router is nowhere."""
        nowhere = {"base_url": "http://127.0.0.1:1", "hub_url": "http://127.0.0.1:1"}
        return at(nowhere, **{**self.fake.credentials(self.url), **credentials})

    @property
    def path(self) -> str:
        return self.fake.received[-1].path

    @property
    def sent(self) -> Any:
        return self.fake.received[-1].json


def at(options: Mapping[str, Any], **credentials: str) -> Endpoint:
    values = {"api_key": KEY, **credentials}
    options = {**PROVIDER.driver_options, **options}
    return Endpoint(PROVIDER.key, options, values, [KEY], QUICK, private_allowed=True)


def chatter(name: str = "plain") -> ModelSpec:
    return ModelSpec(f"acme/{name}", "llm")


def writer(name: str = "plain", **fields: Any) -> ModelSpec:
    return ModelSpec(f"acme/{name}", "llm", mode="completion", **fields)


def embedder(name: str = "plain") -> ModelSpec:
    return ModelSpec(f"acme/{name}", "text-embedding")


async def chat(where: Endpoint, model: ModelSpec, request: ChatRequest = HELLO) -> list[ChatPiece]:
    return [piece async for piece in DRIVER.stream_chat(where, model, request)]


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    fake = HuggingFaceFake()
    async with serving(fake) as url:
        yield Place(fake, url)


# --- chats ----------------------------------------------------------------------------------------------------


async def test_a_hosted_model_chats_through_the_router(place: Place) -> None:
    pieces = await chat(place.hosted(), chatter())
    assert text_in(pieces) == WORDS
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 5, 50)]
    assert place.path == "/v1/chat/completions"
    assert place.sent["model"] == "acme/plain"
    assert "x-hf-bill-to" not in place.fake.received[-1].headers


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/"])
async def test_a_model_on_an_endpoint_chats_there(place: Place, tail: str) -> None:
    assert text_in(await chat(place.dedicated(base_url=place.url + tail), chatter())) == WORDS
    assert place.path == "/v1/chat/completions"


async def test_tools_are_called(place: Place) -> None:
    tool = {"type": "function", "function": {"name": "add", "parameters": {"type": "object"}}}
    request = ChatRequest([ChatMessage("user", "hi")], tools=[tool])
    pieces = await chat(place.hosted(), chatter("tool"), request)
    calls = [ToolCall("call_0", "add", '{"a": 1}'), ToolCall("call_1", "add", '{"b": 2}')]
    assert pieces == [ToolCallDelta(calls), TextDelta(""), Finish("tool_calls", 5, 0)]


async def test_an_organisation_pays_for_hosted_calls_only(place: Place) -> None:
    await chat(place.hosted(namespace="acme"), chatter())
    assert place.fake.received[-1].headers["x-hf-bill-to"] == "acme"
    await chat(place.dedicated(namespace="acme"), chatter())
    assert "x-hf-bill-to" not in place.fake.received[-1].headers
    with pytest.raises(ProviderUnauthorised, match="not allowed to bill"):
        await chat(place.hosted(namespace="others"), chatter())


async def test_the_entered_kind_of_endpoint_decides(place: Place) -> None:
    assert text_in(await chat(place.hosted(endpoint_type="Hosted Inference API"), chatter())) == WORDS
    assert text_in(await chat(place.dedicated(endpoint_type=""), chatter())) == WORDS
    with pytest.raises(ProviderBadRequest, match="endpoint URL is not entered"):
        await chat(place.hosted(endpoint_type="Inference Endpoint"), chatter())
    with pytest.raises(ProviderBadRequest, match="endpoint type is Hosted"):
        await chat(place.dedicated(endpoint_type="Hosted Inference API"), chatter())


# --- text generation ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_hosted", [True, False])
async def test_a_completion_model_generates_token_by_token(place: Place, is_hosted: bool) -> None:
    pieces = await chat(place.hosted() if is_hosted else place.dedicated(), writer())
    assert len(pieces) == 52
    assert text_in(pieces) == WORDS
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 5, 50)]
    assert place.path == ("/hf-inference/models/acme/plain" if is_hosted else "/")


async def test_a_text_that_ends_for_length_says_so(place: Place) -> None:
    assert (await chat(place.hosted(), writer("long")))[-1] == Finish("length", 5, 50)


async def test_the_generation_has_the_servers_names(place: Place) -> None:
    request = ChatRequest(
        [ChatMessage("system", "Be brief."), ChatMessage("user", "hi")],
        {
            "temperature": 0.5,
            "top_p": 0.9,
            "max_tokens": 9,
            "presence_penalty": 1,
            "seed": 1,
            "response_format": "json_schema",
            "json_schema": '{"name": "a", "schema": {"type": "object"}}',
        },
        stop=["1", "2", "3", "4", "5"],
    )
    await chat(place.hosted(), writer(drop_params=frozenset({"seed"})), request)
    assert place.sent == {
        "inputs": "Be brief.\n\nhi",
        "parameters": {
            "temperature": 0.5,
            "top_p": 0.9,
            "max_new_tokens": 9,
            "return_full_text": False,
            "details": True,
            "grammar": {"type": "json", "value": {"type": "object"}},
            "stop": ["1", "2", "3", "4"],
        },
        "stream": True,
    }


async def test_settings_that_change_nothing_are_not_sent_where_the_server_refuses_them(place: Place) -> None:
    await chat(place.hosted(), writer(), ChatRequest(HELLO.messages, {"temperature": 0, "top_p": 1}))
    assert place.sent["parameters"] == {"do_sample": False, "return_full_text": False, "details": True}


@pytest.mark.parametrize("is_hosted", [True, False])
async def test_text_to_text_comes_at_once(place: Place, is_hosted: bool) -> None:
    place.fake.task = "text2text-generation"
    make = place.hosted if is_hosted else place.dedicated
    pieces = await chat(make(task_type="text2text-generation"), chatter(), ChatRequest(HELLO.messages, {"top_k": 3}))
    assert pieces == [TextDelta(WORDS), TextDelta(""), Finish("stop")]
    assert place.sent == {"inputs": "hi", "parameters": {"top_k": 3}}


FAULTS: Mapping[str, tuple[type[ProviderError], str]] = {
    "fail-401": (ProviderUnauthorised, "status code 401"),
    "fail-404": (ProviderBadRequest, "status code 404"),
    "fail-422": (ProviderBadRequest, "status code 422"),
    "fail-429": (ProviderRateLimited, "status code 429"),
    "fail-500": (ProviderUnavailable, "status code 500"),
    "loading": (ProviderUnavailable, "is currently loading"),
    "cut-after-3": (ProviderConnectionError, "Response ended prematurely"),
    "hang-after-3": (ProviderConnectionError, "The server sent no data for 0.4 s"),
    "garbage": (ProviderBadAnswer, "not what the protocol promises"),
    "empty": (ProviderBadAnswer, "the answer is empty"),
}


@pytest.mark.parametrize("make", [chatter, writer])
@pytest.mark.parametrize("model", FAULTS)
async def test_every_fault_has_its_class_and_sentence(place: Place, model: str, make: Any) -> None:
    kind, words = FAULTS[model]
    with pytest.raises(kind) as caught:
        await chat(place.hosted(), make(model))
    assert words in caught.value.message
    assert caught.value.message.startswith("[huggingface_hub] Error: ")


async def test_a_model_that_loads_is_worth_another_try(place: Place) -> None:
    with pytest.raises(ProviderUnavailable, match="estimated_time") as caught:
        await DRIVER.embed(place.hosted(), embedder("loading"), ["a"])
    assert caught.value.retryable


async def test_a_filtered_chat_is_told_from_an_empty_one(place: Place) -> None:
    with pytest.raises(ProviderContentFiltered):
        await chat(place.hosted(), chatter("filtered"))


async def test_a_wrong_key_is_refused_and_not_shown(place: Place) -> None:
    with pytest.raises(ProviderUnauthorised) as caught:
        await chat(place.hosted(api_key="hf_wrongwrongwrong"), writer())
    assert "wrongwrong" not in caught.value.message


async def test_leaving_a_stream_ends_it(place: Place) -> None:
    stream = DRIVER.stream_chat(place.hosted(), writer("hang-after-3"), HELLO)
    assert await anext(stream) == TextDelta("tok0 ")
    await asyncio.wait_for(stream.aclose(), 1)


# --- pipelines ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_hosted", [True, False])
async def test_texts_are_embedded_in_their_order(place: Place, is_hosted: bool) -> None:
    place.fake.task = "feature-extraction"
    where = place.hosted() if is_hosted else place.dedicated()
    found = await DRIVER.embed(where, embedder(), ["four", "sixsix", ""])
    assert [round(row[0] / row[1]) for row in found.vectors] == [4, 6, 1]
    assert all(math.hypot(*row) == pytest.approx(1) for row in found.vectors)
    assert found.tokens > 0
    hosted = "/hf-inference/models/acme/plain/pipeline/feature-extraction"
    assert place.path == (hosted if is_hosted else "/")
    assert place.sent == {"inputs": ["four", "sixsix", " "], "truncate": True}


async def test_vectors_of_tokens_are_averaged(place: Place) -> None:
    plain = await DRIVER.embed(place.hosted(), embedder(), ["four", "sixsix"])
    averaged = await DRIVER.embed(place.hosted(), embedder("tokens"), ["four", "sixsix"])
    for one, other in zip(plain.vectors, averaged.vectors, strict=True):
        assert list(one) == pytest.approx(list(other))


@pytest.mark.parametrize("answer", ["[]", "[[]]", '["a"]', "{}", "[[1.0], [2.0]]", "[[[1.0], [1.0, 2.0]]]", "[[null]]"])
async def test_bad_vectors_are_refused(answer: str) -> None:
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(answer)}\r\n\r\n{answer}"
    async with wire_serving(head.encode()) as server:
        with pytest.raises(ProviderBadAnswer):
            await DRIVER.embed(at({"base_url": server.url}), embedder(), ["a"])


async def test_a_recording_is_heard(place: Place) -> None:
    where = place.dedicated()
    heard = await DRIVER.transcribe(where, ModelSpec("acme/whisper", "speech2text"), SOUND)
    assert heard == Transcript(WORDS.strip())
    assert place.fake.received[-1].body == b"sound"
    assert place.fake.received[-1].headers["content-type"] == "audio/mpeg"
    await DRIVER.transcribe(place.hosted(), ModelSpec("acme/whisper", "speech2text"), SOUND)
    assert place.path == "/hf-inference/models/acme/whisper"


CHECKED = [None, chatter(), writer(), embedder(), ModelSpec("acme/whisper", "speech2text")]


@pytest.mark.parametrize("model", CHECKED)
async def test_a_check_passes_with_the_right_key_only(place: Place, model: ModelSpec | None) -> None:
    await DRIVER.check(place.hosted(), model)
    with pytest.raises(ProviderUnauthorised):
        await DRIVER.check(place.hosted(api_key="wrong"), model)


async def test_a_check_of_an_endpoint_asks_the_endpoint(place: Place) -> None:
    await DRIVER.check(place.dedicated(), None)
    assert place.path == "/v1/models"


# --- the parser -----------------------------------------------------------------------------------------------


def token(text: str, *, special: bool = False, **fields: Any) -> str:
    event = {"index": 1, "token": {"id": 1, "text": text, "logprob": -1, "special": special}, **fields}
    return f"data:{json.dumps(event, ensure_ascii=False)}\n\n"


LAST = token("</s>", special=True, generated_text="Grüß 🙂", details={"finish_reason": "length", "generated_tokens": 2})
ENDS = {
    "special": LAST,
    "with [DONE]": LAST + "data: [DONE]\n\n",
    "CRLF": LAST.replace("\n", "\r\n"),
    "no end": LAST.rstrip(),
}


def parse(*reads: bytes) -> list[ChatPiece]:
    parser = TokenParser(at({}))
    pieces = [piece for read in reads for piece in parser.feed(read)]
    return pieces + parser.end()


@pytest.mark.parametrize("name", ENDS)
def test_a_stream_gives_the_same_pieces_however_the_bytes_are_cut(name: str) -> None:
    data = (token("Grüß ") + ": ping\n\n" + token("🙂") + ENDS[name]).encode()
    expected = [TextDelta("Grüß "), TextDelta("🙂"), TextDelta(""), Finish("length", None, 2)]
    assert parse(data) == expected
    assert parse(*(data[n : n + 1] for n in range(len(data)))) == expected
    for cut in range(len(data)):
        assert parse(data[:cut], data[cut:]) == expected


def test_errors_in_a_stream_have_their_class() -> None:
    kinds = {"overloaded": ProviderRateLimited, "validation": ProviderBadRequest, "generation": ProviderUnavailable}
    for name, kind in kinds.items():
        event = json.dumps({"error": "Model trouble", "error_type": name})
        with pytest.raises(kind, match="Model trouble"):
            parse(token("a").encode(), f"data: {event}\n\n".encode())
    with pytest.raises(ProviderConnectionError):
        parse(token("a").encode())
    for broken in (b"data: [1]\n\n", b"data: []\n\n", b'data: {"token": 1}\n\n', b"data: x\n\n"):
        with pytest.raises(ProviderBadAnswer):
            parse(broken)


# --- the fake against the vendor's own client -----------------------------------------------------------------


async def test_the_vendors_client_understands_the_fake(place: Place) -> None:
    client = AsyncInferenceClient(model=place.url, api_key=KEY)
    stream = await client.text_generation("hi", stream=True, details=True, max_new_tokens=9)
    events = [event async for event in stream]
    assert "".join(event.token.text for event in events if not event.token.special) == WORDS
    assert events[-1].details is not None
    assert events[-1].details.generated_tokens == 50
    chunks = await client.chat_completion([{"role": "user", "content": "hi"}], stream=True)
    assert "".join([chunk.choices[0].delta.content or "" async for chunk in chunks if chunk.choices]) == WORDS
