"""Triton's generate extension: bodies, streams of both kinds, faults."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from apps.models.catalogue import get_provider
from apps.models.contracts import ChatMessage, ChatPiece, ChatRequest, Endpoint, Finish, ModelSpec, TextDelta
from apps.models.drivers._triton_events import GenerateParser
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderError,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from apps.models.fake_servers import KEY, serving
from apps.models.fakes.triton import TritonFake
from tests.fakes.wire import SSE_HEAD
from tests.fakes.wire import serving as wire_serving

from .helpers import QUICK, text_in

PROVIDER = get_provider("triton_inference_server")
DRIVER = PROVIDER.make_driver()
WORDS = "".join(f"tok{number} " for number in range(50))
HELLO = ChatRequest([ChatMessage("user", "hello there")])


class Place:
    def __init__(self, fake: TritonFake, url: str) -> None:
        self.fake, self.url = fake, url

    def endpoint(self, **credentials: str) -> Endpoint:
        return at(self.url, **{**self.fake.credentials(self.url), **credentials})

    @property
    def sent(self) -> Any:
        return self.fake.received[-1].json


def at(url: str, **credentials: str) -> Endpoint:
    values = {"base_url": url, **credentials}
    return Endpoint(PROVIDER.key, PROVIDER.driver_options, values, [KEY], QUICK, private_allowed=True)


def llm(name: str = "plain", **fields: Any) -> ModelSpec:
    return ModelSpec(name, "llm", mode="completion", **fields)


async def chat(where: Endpoint, model: ModelSpec, request: ChatRequest = HELLO) -> list[ChatPiece]:
    return [piece async for piece in DRIVER.stream_chat(where, model, request)]


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    fake = TritonFake()
    async with serving(fake) as url:
        yield Place(fake, url)


async def test_an_answer_comes_piece_by_piece(place: Place) -> None:
    pieces = await chat(place.endpoint(), llm())
    assert len(pieces) == 52
    assert text_in(pieces) == WORDS
    assert pieces[-2:] == [TextDelta(""), Finish("stop")]
    assert place.fake.received[-1].path == "/v2/models/plain/generate_stream"


@pytest.mark.parametrize("model", ["sofar", "echo", "sofar-echo", "echo-plain"])
async def test_texts_so_far_and_echoes_of_the_prompt_give_the_same_answer(place: Place, model: str) -> None:
    assert text_in(await chat(place.endpoint(), llm(model))) == WORDS


async def test_a_version_is_part_of_the_address(place: Place) -> None:
    await chat(place.endpoint(model_version="1"), llm())
    assert place.fake.received[-1].path == "/v2/models/plain/versions/1/generate_stream"
    with pytest.raises(ProviderBadRequest, match="unknown model"):
        await chat(place.endpoint(model_version="2"), llm())


WISHES = ChatRequest(
    [ChatMessage("system", "Be brief."), ChatMessage("user", "hi")],
    {"temperature": 0.5, "top_p": None, "seed": 7, "max_tokens": 9, "response_format": "json_object"},
    stop=["END"],
    tools=[{"type": "function", "function": {"name": "add"}}],
    user="u1",
)


async def test_settings_go_as_parameters_to_tensorrt_llm(place: Place) -> None:
    await chat(place.endpoint(), llm(), WISHES)
    assert place.sent == {
        "text_input": "Be brief.\n\nhi",
        "exclude_input_in_output": True,
        "parameters": {"stream": True, "temperature": 0.5, "random_seed": 7, "max_tokens": 9},
        "stop_words": ["END"],
    }


async def test_settings_go_as_one_text_to_vllm(place: Place) -> None:
    await chat(place.endpoint(backend="vLLM"), llm(drop_params=frozenset({"temperature"})), WISHES)
    assert json.loads(place.sent.pop("sampling_parameters")) == {"seed": 7, "max_tokens": 9, "stop": ["END"]}
    assert place.sent["parameters"] == {"stream": True}


async def test_a_conversation_becomes_a_transcript(place: Place) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    turns = [
        ChatMessage("system", "Be brief."),
        ChatMessage("user", "hi"),
        ChatMessage("assistant", "Hello."),
        ChatMessage("user", [{"type": "text", "text": "And now?"}, picture]),
    ]
    await chat(place.endpoint(), llm(), ChatRequest(turns))
    expected = "System: Be brief.\n\nUser: hi\n\nAssistant: Hello.\n\nUser: And now?\n\nAssistant:"
    assert place.sent["text_input"] == expected


FAULTS: Mapping[str, tuple[type[ProviderError], str]] = {
    "fail-400": (ProviderBadRequest, "status code 400"),
    "fail-401": (ProviderUnauthorised, "status code 401"),
    "fail-404": (ProviderBadRequest, "status code 404"),
    "fail-429": (ProviderRateLimited, "status code 429"),
    "fail-500": (ProviderUnavailable, "status code 500"),
    "fail-503": (ProviderUnavailable, "status code 503"),
    "cut-after-3": (ProviderConnectionError, "Response ended prematurely"),
    "hang-after-3": (ProviderConnectionError, "The server sent no data for 0.4 s"),
    "garbage": (ProviderBadAnswer, "not what the protocol promises"),
    "empty": (ProviderBadAnswer, "the answer is empty"),
}


@pytest.mark.parametrize("model", FAULTS)
async def test_every_fault_has_its_class_and_sentence(place: Place, model: str) -> None:
    kind, words = FAULTS[model]
    with pytest.raises(kind) as caught:
        await chat(place.endpoint(), llm(model))
    assert words in caught.value.message
    assert caught.value.message.startswith("[triton_inference_server] Error: ")


async def test_a_wrong_key_is_refused_by_the_gateway_and_not_shown(place: Place) -> None:
    with pytest.raises(ProviderUnauthorised) as caught:
        await chat(place.endpoint(api_key="wrong-key-123456"), llm())
    assert "wrong-key" not in caught.value.message


async def test_without_a_key_none_is_sent(place: Place) -> None:
    await chat(at(place.url), llm())
    assert "authorization" not in place.fake.received[-1].headers


async def test_an_error_in_the_middle_of_a_stream_is_raised() -> None:
    events = b'data: {"text_output": "a"}\n\ndata: {"error": "out of memory"}\n\n'
    async with wire_serving(SSE_HEAD, events) as wire:
        with pytest.raises(ProviderUnavailable, match="out of memory"):
            await chat(at(wire.url), llm())


@pytest.mark.parametrize("model", [None, llm()])
async def test_a_check_passes_where_the_server_is_ready(place: Place, model: ModelSpec | None) -> None:
    await DRIVER.check(place.endpoint(), model)
    assert place.fake.received[-1].path.endswith("/ready")


async def test_a_check_fails_where_the_model_is_unknown(place: Place) -> None:
    with pytest.raises(ProviderBadRequest, match="unknown model"):
        await DRIVER.check(place.endpoint(), llm("unknown"))


def events(*texts: str) -> bytes:
    return "".join(f"data: {json.dumps({'text_output': text}, ensure_ascii=False)}\n\n" for text in texts).encode()


def parse(*reads: bytes, prompt: str = "Say it") -> list[ChatPiece]:
    parser = GenerateParser(at("http://127.0.0.1:1"), prompt)
    pieces = [piece for read in reads for piece in parser.feed(read)]
    return pieces + parser.end()


END: list[ChatPiece] = [TextDelta(""), Finish("stop")]
STREAMS: dict[str, tuple[bytes, Sequence[ChatPiece]]] = {
    "pieces": (events("Grüß ", "你好", " 🙂", ""), [TextDelta("Grüß "), TextDelta("你好"), TextDelta(" 🙂"), *END]),
    "the text so far": (
        events("Good day", "Good day to", "Good day to", "Good day to you"),
        [TextDelta("Good day"), TextDelta(" to"), TextDelta(" you"), *END],
    ),
    "short texts so far": (events("a", "ab"), [TextDelta("a"), TextDelta("b"), *END]),
    "pieces that look like texts so far at first": (
        events("ha", "haha", "!"),
        [TextDelta("ha"), TextDelta("haha!"), *END],
    ),
    "a prompt as an event of its own": (events("Say it", " so"), [TextDelta(" so"), *END]),
    "a prompt before every text": (
        events("Say it a", "Say it a b"),
        [TextDelta(" a"), TextDelta(" b"), *END],
    ),
    "CRLF and no end": (
        events("a", "b").replace(b"\n", b"\r\n").rstrip(),
        [TextDelta("a"), TextDelta("b"), *END],
    ),
    "a finish reason": (
        b'data: {"text_output": ["a"], "finish_reason": "length"}\n\n',
        [TextDelta("a"), TextDelta(""), Finish("length")],
    ),
}


@pytest.mark.parametrize("name", STREAMS)
def test_every_stream_gives_the_same_pieces_however_the_bytes_are_cut(name: str) -> None:
    data, expected = STREAMS[name]
    assert parse(data) == list(expected)
    assert parse(*(data[n : n + 1] for n in range(len(data)))) == list(expected)
    for cut in range(len(data)):
        assert parse(data[:cut], data[cut:]) == list(expected)


@given(st.lists(st.text(min_size=1, max_size=4), min_size=1, max_size=8))
def test_any_texts_so_far_end_as_the_last_of_them(pieces: list[str]) -> None:
    whole = ["".join(pieces[: n + 1]) for n in range(len(pieces))]
    assert text_in(parse(events(*whole))) == whole[-1]


@given(st.lists(st.text("ab \n", min_size=1, max_size=4), min_size=1, max_size=8), st.integers(0, 7))
def test_any_pieces_end_as_their_sum_once_one_differs(pieces: list[str], place: int) -> None:
    pieces = [*pieces[:place], "!", *pieces[place:]]
    pieces = pieces if len(pieces) > 1 and place else [*pieces, "?"]
    assert text_in(parse(events(*pieces))) == "".join(pieces)


@pytest.mark.parametrize("data", [b"data: [1]\n\n", b'data: {"text_output": 1}\n\n', b"data: {}\n\n", b"data: x\n\n"])
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    with pytest.raises(ProviderBadAnswer):
        parse(data)


def test_an_answer_without_any_event_is_cut() -> None:
    with pytest.raises(ProviderConnectionError):
        parse(b": hello\n\n")


def test_an_answer_that_comes_unstreamed_is_read_as_well() -> None:
    parser = GenerateParser(at("http://127.0.0.1:1"), "")
    assert parser.whole(b'{"text_output": "Hi"}') == [TextDelta("Hi"), *END]
