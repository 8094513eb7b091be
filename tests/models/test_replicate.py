"""Replicate's predictions: bodies, streams, looks, cancelling, and where the key may go."""

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from apps.models.catalogue import get_provider
from apps.models.contracts import ChatMessage, ChatPiece, ChatRequest, Endpoint, Finish, ModelSpec, TextDelta, Timeouts
from apps.models.drivers import _replicate_wire as wire
from apps.models.drivers._replicate_events import OutputParser
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
from apps.models.fakes.replicate import VERSION, ReplicateFake
from tests.fakes.wire import SSE_HEAD
from tests.fakes.wire import serving as wire_serving

from .helpers import QUICK, text_in

PROVIDER = get_provider("replicate")
DRIVER = PROVIDER.make_driver()
HURRIED = {"cold_start_s": 0.6, "first_pause_s": 0.01, "longest_pause_s": 0.02}
WORDS = "".join(f"tok{number} " for number in range(50))
HELLO = ChatRequest([ChatMessage("user", "hi")])


class Place:
    def __init__(self, fake: ReplicateFake, url: str) -> None:
        self.fake, self.url = fake, url

    def endpoint(self, **credentials: str) -> Endpoint:
        return at(self.url, **credentials)

    @property
    def created(self) -> Any:
        return next(request for request in self.fake.received if request.path.endswith("/predictions")).json

    @property
    def paths(self) -> list[str]:
        return [request.path for request in self.fake.received]


def at(url: str, **credentials: str) -> Endpoint:
    values = {"api_key": KEY, "base_url": url, **credentials}
    options = {**PROVIDER.driver_options, **HURRIED}
    return Endpoint(PROVIDER.key, options, values, [KEY], QUICK, private_allowed=True)


def impatient(where: Endpoint) -> Endpoint:
    """The endpoint for a call that waits in vain."""
    return replace(where, timeouts=Timeouts(1, 0.3, 0.1), options={**where.options, "cold_start_s": 0.3})


def llm(name: str = "plain", **fields: Any) -> ModelSpec:
    return ModelSpec(f"acme/{name}", "llm", **fields)


def embedder(name: str = "rows", **fields: Any) -> ModelSpec:
    return ModelSpec(f"acme/{name}", "text-embedding", **fields)


async def chat(where: Endpoint, model: ModelSpec, request: ChatRequest = HELLO) -> list[ChatPiece]:
    return [piece async for piece in DRIVER.stream_chat(where, model, request)]


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    fake = ReplicateFake()
    async with serving(fake) as url:
        yield Place(fake, url)


async def test_a_streamed_answer_comes_piece_by_piece_with_its_tokens(place: Place) -> None:
    pieces = await chat(place.endpoint(), llm())
    assert len(pieces) == 52
    assert text_in(pieces) == WORDS
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 5, 50)]
    assert place.fake.cancelled == []
    assert place.paths == [
        "/v1/models/acme/plain/predictions",
        "/v1/stream/prediction0",
        "/v1/predictions/prediction0",
    ]


async def test_what_cannot_be_streamed_is_looked_up_until_it_is_done(place: Place) -> None:
    pieces = await chat(place.endpoint(), llm("poll"))
    half = "".join(f"tok{number} " for number in range(25))
    assert pieces[0] == TextDelta(half)
    assert text_in(pieces) == WORDS
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 5, 50)]
    assert place.paths.count("/v1/predictions/prediction0") == 3
    assert place.fake.cancelled == []


async def test_the_request_says_what_it_should(place: Place) -> None:
    picture = {"type": "image_url", "image_url": {"url": "https://example.org/a.png"}}
    request = ChatRequest(
        [ChatMessage("system", "Be brief."), ChatMessage("user", [{"type": "text", "text": "What is it?"}, picture])],
        {"temperature": 0.5, "top_p": None, "top_k": 4, "max_tokens": 9, "response_format": "json_object", "seed": 1},
        stop=["END", "STOP"],
        tools=[{"type": "function", "function": {"name": "add"}}],
    )
    await chat(place.endpoint(limit_input="max_new_tokens"), llm(drop_params=frozenset({"seed"})), request)
    assert place.created == {
        "input": {
            "prompt": "What is it?",
            "system_prompt": "Be brief.",
            "image": "https://example.org/a.png",
            "temperature": 0.5,
            "top_k": 4,
            "max_new_tokens": 9,
            "stop_sequences": "END,STOP",
        },
        "stream": True,
    }


async def test_a_conversation_becomes_a_transcript(place: Place) -> None:
    turns = [ChatMessage("user", "hi"), ChatMessage("assistant", "Hello."), ChatMessage("user", "And now?")]
    await chat(place.endpoint(), llm(), ChatRequest([ChatMessage("system", "Be brief."), *turns]))
    assert place.created["input"] == {
        "prompt": "User: hi\n\nAssistant: Hello.\n\nUser: And now?\n\nAssistant:",
        "system_prompt": "Be brief.",
    }


async def test_a_completion_model_reads_one_text(place: Place) -> None:
    request = ChatRequest([ChatMessage("system", "Be brief."), ChatMessage("user", "hi")])
    await chat(place.endpoint(), llm(mode="completion"), request)
    assert place.created["input"] == {"prompt": "Be brief.\n\nhi"}


@pytest.mark.parametrize(
    ("name", "entered"), [("acme/own", VERSION), ("acme/own", f"acme/own:{VERSION}"), (f"acme/own:{VERSION}", "")]
)
async def test_a_version_is_asked_for_at_its_own_address(place: Place, name: str, entered: str) -> None:
    assert text_in(await chat(place.endpoint(model_version=entered), ModelSpec(name, "llm"))) == WORDS
    assert place.paths[0] == "/v1/predictions"
    assert place.created["version"] == VERSION
    assert place.created["input"] == {"prompt": "hi"}


async def test_a_version_that_does_not_exist_is_refused(place: Place) -> None:
    with pytest.raises(ProviderBadRequest, match="does not exist"):
        await chat(place.endpoint(model_version="f" * 64), llm())


FAULTS: Mapping[str, tuple[type[ProviderError], str]] = {
    "fail-401": (ProviderUnauthorised, "status code 401"),
    "fail-404": (ProviderBadRequest, "status code 404"),
    "fail-422": (ProviderBadRequest, "status code 422"),
    "fail-429": (ProviderRateLimited, "status code 429"),
    "fail-500": (ProviderUnavailable, "status code 500"),
    "fail-503": (ProviderUnavailable, "status code 503"),
    "cut-after-3": (ProviderConnectionError, "Response ended prematurely"),
    "hang-after-3": (ProviderConnectionError, "The server sent no data for 0.1 s"),
    "garbage": (ProviderUnavailable, "the model crashed"),
    "empty": (ProviderBadAnswer, "the answer is empty"),
    "canceled": (ProviderUnavailable, "ended before it was finished: canceled"),
    "starting": (ProviderConnectionError, "nothing new for 0.3 s (status: starting)"),
}


@pytest.mark.parametrize("model", FAULTS)
async def test_every_fault_has_its_class_and_sentence(place: Place, model: str) -> None:
    kind, words = FAULTS[model]
    began = time.monotonic()
    with pytest.raises(kind) as caught:
        await chat(impatient(place.endpoint()), llm(model))
    assert words in caught.value.message
    assert caught.value.message.startswith("[replicate] Error: ")
    assert time.monotonic() - began < 10  # and not the minute that is usual


@pytest.mark.parametrize("model", ["cut-after-3", "hang-after-3", "starting"])
async def test_what_is_given_up_is_cancelled(place: Place, model: str) -> None:
    with pytest.raises(ProviderConnectionError):
        await chat(impatient(place.endpoint()), llm(model))
    assert place.fake.cancelled == ["prediction0"]


@pytest.mark.parametrize("model", ["plain", "hang-after-3", "poll"])
async def test_a_reader_who_leaves_cancels_the_prediction(place: Place, model: str) -> None:
    stream = DRIVER.stream_chat(place.endpoint(), llm(model), HELLO)
    await anext(stream)
    await stream.aclose()
    assert place.fake.cancelled == ["prediction0"]


async def test_a_task_that_is_cancelled_cancels_the_prediction(place: Place) -> None:
    task = asyncio.create_task(chat(place.endpoint(), llm("hang-after-3")))
    while "/v1/stream/prediction0" not in place.paths:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert place.fake.cancelled == ["prediction0"]


async def test_cancelling_that_fails_does_not_hide_the_fault() -> None:
    body = json.dumps({"id": "p", "status": "starting", "output": None, "urls": {}}).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body)
    async with wire_serving(head + body) as server:
        stream = DRIVER.stream_chat(impatient(at(server.url)), llm(), HELLO)
        with pytest.raises(ProviderConnectionError, match="nothing new"):
            await anext(stream)


async def test_a_model_that_sleeps_has_longer_than_others(place: Place) -> None:
    where = impatient(place.endpoint())
    patient = replace(where, options={**where.options, "cold_start_s": 300.0})
    task = asyncio.create_task(chat(patient, llm("starting")))
    await asyncio.sleep(0.4)  # longer than the usual 0.3 s
    assert not task.done()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert place.fake.cancelled == ["prediction0"]


# --- where the key goes ---------------------------------------------------------------------------------------


async def test_a_stream_at_a_foreign_host_is_not_followed(place: Place) -> None:
    async with wire_serving(SSE_HEAD, b"event: output\ndata: evil\n\n") as foreign:
        place.fake.stream_base = foreign.url
        assert text_in(await chat(place.endpoint(), llm())) == WORDS
        assert foreign.requests == []


STREAMS_AT: Mapping[tuple[str, str], tuple[bool, bool]] = {
    ("https://api.replicate.com", "https://stream.replicate.com/v1/files/x"): (True, True),
    ("https://api.replicate.com", "https://api.replicate.com/v1/stream/x"): (True, True),
    ("https://api.replicate.com", "http://stream.replicate.com/x"): (False, False),
    ("https://api.replicate.com", "https://replicate.com.evil.example/x"): (False, False),
    ("https://api.replicate.com", "https://evilreplicate.com/x"): (False, False),
    ("https://api.replicate.com", "https://api.replicate.com@evil.example/x"): (False, False),
    ("https://gateway.example", "https://stream.replicate.com/x"): (True, False),
    ("https://gateway.example", "https://gateway.example/x"): (True, True),
    ("https://gateway.example", "https://gateway.example:8443/x"): (False, False),
    ("https://gateway.example", ""): (False, False),
}


@pytest.mark.parametrize("pair", STREAMS_AT)
def test_the_key_goes_with_a_stream_only_where_it_belongs(pair: tuple[str, str]) -> None:
    base, url = pair
    may_stream, has_key = STREAMS_AT[pair]
    where = at(base)
    assert wire.may_stream_from(where, url) is may_stream
    assert ("Authorization" in wire.stream_headers(where, url)) is (may_stream and has_key)


def test_looks_and_cancels_go_to_our_own_address_whatever_the_answer_says() -> None:
    urls = {"get": "https://evil.example/get", "cancel": "https://evil.example/cancel"}
    prediction = wire.read_prediction({"id": "../x?y", "status": "starting", "urls": urls})
    url = wire.prediction_url(at("https://api.replicate.com/v1"), prediction, "/cancel")
    assert url == "https://api.replicate.com/v1/predictions/..%2Fx%3Fy/cancel"


# --- embeddings -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", ["rows", "objects"])
@pytest.mark.parametrize("text_input", ["", "texts", "text_batch", "text"])
async def test_texts_are_embedded_in_their_order(place: Place, model: str, text_input: str) -> None:
    found = await DRIVER.embed(place.endpoint(text_input=text_input), embedder(model), ["four", "sixsix", ""])
    assert [round(row[0] / row[1]) for row in found.vectors] == [4, 6, 1]
    assert all(math.hypot(*row) == pytest.approx(1) for row in found.vectors)
    created = [request for request in place.fake.received if request.path.endswith("/predictions")]
    assert len(created) == (3 if text_input == "text" else 1)
    assert {request.headers["prefer"] for request in created} == {"wait"}


async def test_embeddings_that_do_not_fit_are_refused(place: Place) -> None:
    with pytest.raises(ProviderBadAnswer, match="expected 7"):
        await DRIVER.embed(place.endpoint(), embedder(dimensions=7), ["a"])
    for output in (None, "text", [], {"x": 1}, [{"x": 1}], [["a"]], [[1.0], [2.0]]):
        body = json.dumps({"id": "p", "status": "succeeded", "output": output}).encode()
        head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
        async with wire_serving(head + body) as server:
            with pytest.raises(ProviderBadAnswer):
                await DRIVER.embed(at(server.url), embedder(), ["a"])


async def test_embeddings_that_do_not_come_are_cancelled(place: Place) -> None:
    with pytest.raises(ProviderConnectionError, match="nothing new"):
        await DRIVER.embed(impatient(place.endpoint()), embedder("starting"), ["a"])
    assert place.fake.cancelled == ["prediction0"]


async def test_a_prediction_that_failed_gives_the_models_words() -> None:
    body = json.dumps({"id": "p", "status": "failed", "output": None, "error": "CUDA out of memory"}).encode()
    async with wire_serving(b"HTTP/1.1 201 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as server:
        with pytest.raises(ProviderUnavailable, match="CUDA out of memory"):
            await DRIVER.embed(at(server.url), embedder(), ["a"])


@pytest.mark.parametrize("answer", [b"[]", b'{"id": 1}', b"{", b'{"id": "p", "status": "succeeded", "output": 5}'])
async def test_what_is_no_prediction_is_refused(answer: bytes) -> None:
    async with wire_serving(b"HTTP/1.1 201 OK\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer) as server:
        with pytest.raises(ProviderBadAnswer):
            await chat(at(server.url), llm())


# --- checks ---------------------------------------------------------------------------------------------------


async def test_a_check_starts_no_machine(place: Place) -> None:
    await DRIVER.check(place.endpoint(), None)
    await DRIVER.check(place.endpoint(), llm())
    await DRIVER.check(place.endpoint(model_version=VERSION), llm())
    assert place.paths == ["/v1/account", "/v1/models/acme/plain", f"/v1/models/acme/plain/versions/{VERSION}"]


async def test_a_check_fails_in_the_vendors_words(place: Place) -> None:
    with pytest.raises(ProviderUnauthorised, match="valid authentication token"):
        await DRIVER.check(place.endpoint(api_key="wrong"), None)
    with pytest.raises(ProviderBadRequest, match="404"):
        await DRIVER.check(place.endpoint(), llm("fail-404"))


# --- the parser -----------------------------------------------------------------------------------------------

STREAM = (
    ": hi\n\nevent: output\nid: 1:0\ndata: Grüß \n\nevent: output\nid: 2:0\ndata: \ndata: \n\n"
    "event: logs\ndata: x\n\nevent: output\ndata:  🙂\n\nevent: done\ndata: {}\n\n"
)
PIECES = [TextDelta("Grüß "), TextDelta("\n"), TextDelta(" 🙂"), TextDelta("")]


def parse(*reads: bytes) -> list[ChatPiece]:
    parser = OutputParser(at("http://127.0.0.1:1"))
    pieces = [piece for read in reads for piece in parser.feed(read)]
    return pieces + parser.end()


@pytest.mark.parametrize("stream", [STREAM, STREAM.replace("\n", "\r\n"), STREAM.rstrip()])
def test_a_stream_gives_the_same_pieces_however_the_bytes_are_cut(stream: str) -> None:
    data = stream.encode()
    assert parse(data) == PIECES
    assert parse(*(data[n : n + 1] for n in range(len(data)))) == PIECES
    for cut in range(len(data)):
        assert parse(data[:cut], data[cut:]) == PIECES


def test_errors_in_a_stream_are_raised_in_the_models_words() -> None:
    output = b"event: output\ndata: a\n\n"
    with pytest.raises(ProviderUnavailable, match="too long"):
        parse(output + b'event: error\ndata: {"detail": "too long"}\n\n')
    with pytest.raises(ProviderUnavailable, match="just text"):
        parse(output + b"event: error\ndata: just text\n\n")
    with pytest.raises(ProviderUnavailable, match="canceled"):
        parse(output + b'event: done\ndata: {"reason": "canceled"}\n\n')
    with pytest.raises(ProviderConnectionError):
        parse(output)
    with pytest.raises(ProviderBadAnswer, match="no stream"):
        OutputParser(at("http://127.0.0.1:1")).whole(b'{"detail": "no stream"}')
