"""The driver against a real server of the protocol, well-behaved and not."""

import asyncio
import base64
import json
import math
import struct
import time

import pytest

from apps.common import http
from apps.common.guard import AddressBlocked
from apps.models.contracts import ChatMessage, ChatRequest, Finish, ModelSpec, TextDelta, Timeouts, ToolCallDelta
from apps.models.errors import (
    ProviderBadAnswer,
    ProviderBadRequest,
    ProviderConnectionError,
    ProviderError,
    ProviderRateLimited,
    ProviderUnauthorised,
    ProviderUnavailable,
)
from tests.fakes.upstream import Upstream
from tests.fakes.wire import SSE_HEAD, serving

from .helpers import KEY, chat, driver, endpoint, text_in

EMBEDDER = ModelSpec("text-embedding-3-small", "text-embedding")
RERANKER = ModelSpec("rerank", "rerank")


async def test_a_streamed_answer_comes_chunk_by_chunk(upstream: Upstream) -> None:
    pieces = await chat(endpoint(upstream.base_url))
    assert len(pieces) == 52
    assert text_in(pieces) == "".join(f"tok{n} " for n in range(50))
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 5, 50)]


async def test_the_request_says_what_it_should(upstream: Upstream) -> None:
    request = ChatRequest(
        messages=[ChatMessage("system", "Be brief."), ChatMessage("user", "hi")],
        parameters={
            "temperature": 0.5,
            "max_tokens": 9,
            "top_k": 3,
            "seed": None,
            "model": "other",
            "stream": False,
            "response_format": "json_object",
        },
        stop=["END"],
        user="u-1",
    )
    options = {"param_map": {"max_tokens": "max_completion_tokens"}, "drop_params": frozenset({"top_k"})}
    await chat(endpoint(upstream.base_url, options=options), request=request)
    sent = upstream.last()[0]
    assert sent["headers"]["authorization"] == f"Bearer {KEY}"
    assert sent["body"] == {
        "model": "fake",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.5,
        "max_completion_tokens": 9,
        "response_format": {"type": "json_object"},
        "stop": ["END"],
        "user": "u-1",
    }


async def test_exp_02_a_completion_model_gets_one_text_at_its_own_endpoint(upstream: Upstream) -> None:
    request = ChatRequest(
        messages=[ChatMessage("user", "As Descartes said:")],
        parameters={"max_tokens": 9, "response_format": "json_object"},
        stop=["Human:"],
        tools=[{"type": "function", "function": {"name": "add"}}],
    )
    where = endpoint(upstream.base_url, options={"param_map": {"max_tokens": "max_completion_tokens"}})
    spec = ModelSpec("echo", "llm", mode="completion")
    pieces = [piece async for piece in driver().stream_chat(where, spec, request)]
    assert text_in(pieces) == "As Descartes said:"
    assert pieces[-2:] == [TextDelta(""), Finish("stop", 8, 50)]
    sent = upstream.last()[0]
    assert sent["path"] == "/v1/completions"
    assert sent["body"] == {
        "model": "echo",
        "prompt": "As Descartes said:",
        "max_tokens": 9,
        "stop": ["Human:"],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


async def test_parameters_a_model_refuses_are_left_out(upstream: Upstream) -> None:
    where = endpoint(upstream.base_url)
    spec = ModelSpec("fake", "llm", drop_params=frozenset({"temperature", "stop"}))
    request = ChatRequest([ChatMessage("user", "hi")], {"temperature": 0.5, "seed": 1}, stop=["END"])
    assert [piece async for piece in driver().stream_chat(where, spec, request)]
    sent = upstream.last()[0]["body"]
    assert sent["seed"] == 1
    assert not {"temperature", "stop"} & set(sent)


async def test_tool_calls_go_out_and_come_back(upstream: Upstream) -> None:
    tools = [{"type": "function", "function": {"name": "add", "parameters": {}}}]
    first = ChatRequest([ChatMessage("user", 'CALL:add{"a": 1}')], tools=tools)
    pieces = await chat(endpoint(upstream.base_url), request=first)
    assert isinstance(pieces[0], ToolCallDelta)
    call = pieces[0].calls[0]
    assert (call.name, json.loads(call.arguments)) == ("add", {"a": 1})
    history = [
        *first.messages,
        ChatMessage("assistant", "", tool_calls=[call]),
        ChatMessage("tool", "2", tool_call_id=call.id),
    ]
    assert text_in(await chat(endpoint(upstream.base_url), request=ChatRequest(history))) == "Tool said: 2"


FAULTS: dict[str, tuple[type[ProviderError], str]] = {
    "fail-401": (ProviderUnauthorised, "API request failed with status code 401: {"),
    "fail-403": (ProviderUnauthorised, "API request failed with status code 403: {"),
    "fail-404": (ProviderBadRequest, "API request failed with status code 404: {"),
    "fail-429": (ProviderRateLimited, "API request failed with status code 429: {"),
    "fail-500": (ProviderUnavailable, "API request failed with status code 500: {"),
    "fail-503": (ProviderUnavailable, "API request failed with status code 503: {"),
    "cut-after-3": (ProviderConnectionError, "Response ended prematurely"),
    "hang-after-3": (ProviderConnectionError, "The server sent no data for 0.4 s"),
    "slow-1500": (ProviderConnectionError, "The server sent no data for 0.6 s"),
    "garbage": (ProviderBadAnswer, "the answer is not what the protocol promises"),
    "empty": (ProviderBadAnswer, "the answer is empty (finish reason: stop)"),
}


@pytest.mark.parametrize("model", FAULTS)
async def test_every_misbehaving_model_gives_its_error_in_time(upstream: Upstream, model: str) -> None:
    kind, words = FAULTS[model]
    began = time.monotonic()
    with pytest.raises(kind) as caught:
        await chat(endpoint(upstream.base_url), model)
    assert caught.value.message.startswith(f"[openai_api_compatible] Error: {words}")
    assert time.monotonic() - began < 10  # and not the minute that is usual
    assert text_in(await chat(endpoint(upstream.base_url))).startswith("tok0")


async def test_what_came_before_a_cut_is_handed_out(upstream: Upstream) -> None:
    stream = driver().stream_chat(
        endpoint(upstream.base_url), ModelSpec("cut-after-3", "llm"), ChatRequest([ChatMessage("user", "x")])
    )
    assert [await anext(stream), await anext(stream)] == [TextDelta("tok0 "), TextDelta("tok1 ")]
    with pytest.raises(ProviderConnectionError):
        await anext(stream)


async def test_mdl_31_the_wish_of_a_rate_limit_is_kept(upstream: Upstream) -> None:
    with pytest.raises(ProviderRateLimited) as caught:
        await chat(endpoint(upstream.base_url), "fail-429")
    assert caught.value.retry_after_s == 1


async def test_a_merely_slow_model_succeeds(upstream: Upstream) -> None:
    assert text_in(await chat(endpoint(upstream.base_url), "slow-400")).startswith("tok0")
    assert text_in(await chat(endpoint(upstream.base_url), "gen-4-200")) == "tok0 tok1 tok2 tok3 "


async def test_leaving_a_stream_ends_the_upstream_request(upstream: Upstream) -> None:
    stream = driver().stream_chat(
        endpoint(upstream.base_url), ModelSpec("gen-1000-20", "llm"), ChatRequest([ChatMessage("user", "x")])
    )
    async for _ in stream:
        break
    await stream.aclose()
    for _ in range(50):
        if not upstream.stats()["in_flight"]:
            break
        await asyncio.sleep(0.02)
    assert upstream.stats()["client_gone"] == 1


async def test_comments_do_not_keep_a_dead_stream_alive() -> None:
    async with serving(SSE_HEAD, *[b": keep-alive\n\n"] * 100, pause_s=0.05) as wire:
        began = time.monotonic()
        with pytest.raises(ProviderConnectionError, match=r"no data for 0\.2 s"):
            await chat(endpoint(wire.url, timeouts=Timeouts(1, 0.2, 0.1)))
        assert time.monotonic() - began < 4  # they go on for five seconds


async def test_an_answer_that_is_finished_survives_the_fault_after_it() -> None:
    events = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n'
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: 9999\r\n\r\n"
    async with serving(head, events) as wire:
        assert await chat(endpoint(wire.url)) == [TextDelta("Hi"), TextDelta(""), Finish("stop")]


async def test_a_slow_reader_is_not_taken_for_a_stalled_server(upstream: Upstream) -> None:
    got = []
    stream = driver().stream_chat(
        endpoint(upstream.base_url), ModelSpec("gen-4-20", "llm"), ChatRequest([ChatMessage("user", "x")])
    )
    async for piece in stream:
        got.append(piece)
        await asyncio.sleep(0.5 if len(got) == 1 else 0)
    assert text_in(got) == "tok0 tok1 tok2 tok3 "


def kept_connections() -> int:
    connector = http._open_to_private.get().connector
    assert connector is not None
    return sum(map(len, connector._conns.values()))


async def test_the_connection_is_used_again(upstream: Upstream) -> None:
    where = endpoint(upstream.base_url)
    for _ in range(5):
        await chat(where)
        await asyncio.sleep(0.05)
    assert kept_connections() == 1


async def test_the_connection_is_kept_although_its_last_bytes_come_late() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
    events = b'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n'
    chunk = b"%x\r\n%s\r\n" % (len(events), events)
    async with serving(head + chunk, b"0\r\n\r\n", pause_s=0.7, hang=True) as wire:
        began = time.monotonic()
        assert text_in(await chat(endpoint(wire.url))) == "Hi"
        assert time.monotonic() - began < 0.6  # nobody waits for the last bytes
        for _ in range(100):
            if kept_connections():
                break
            await asyncio.sleep(0.05)
        assert kept_connections() == 1


async def test_a_server_that_hangs_up_is_asked_once_more() -> None:
    async with serving() as wire:
        with pytest.raises(ProviderConnectionError, match="ended prematurely"):
            await chat(endpoint(wire.url))
        assert len(wire.requests) == 2


async def test_no_server_and_a_silent_server() -> None:
    with pytest.raises(ProviderConnectionError, match=r"Could not connect to 127\.0\.0\.1:1"):
        await chat(endpoint("http://127.0.0.1:1/v1"))
    async with serving(hang=True) as wire:
        with pytest.raises(ProviderConnectionError, match="no data"):
            await chat(endpoint(wire.url, timeouts=Timeouts(1, 0.1, 0.1)))


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/v1", "http://2130706433/v1", "http://[::1]/v1", "file:///etc/passwd", "", "nonsense"]
)
async def test_an_address_that_is_not_allowed_is_refused_at_use(url: str) -> None:
    with pytest.raises(AddressBlocked) as caught:
        await chat(endpoint(url, private=False))
    assert caught.value.code == "address_blocked"


async def test_secrets_never_appear_in_errors() -> None:
    for status in (401, 500):
        body = f"Incorrect key {KEY} for Bearer {KEY}; other sk-proj-ABCDEFGHIJKLMNOP ".encode() + b"x" * 5_000_000
        head = f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
        async with serving(head + body) as wire:
            with pytest.raises(ProviderError) as caught:
                await chat(endpoint(wire.url, timeouts=Timeouts(5, 5, 5)))
        assert KEY not in str(caught.value)
        assert "ABCDEFGHIJ" not in str(caught.value)
        assert len(caught.value.message) < 1200
    assert KEY not in repr(endpoint("http://x"))


async def test_a_stream_beyond_every_measure_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("apps.common.http.MAX_BODY_BYTES", 100_000)
    chunk = b'data: {"choices":[{"delta":{"content":"%s"}}]}\n\n' % (b"x" * 10_000)
    async with serving(SSE_HEAD, *[chunk] * 100) as wire:
        with pytest.raises(ProviderConnectionError, match="too large"):
            await chat(endpoint(wire.url))


# --- embeddings and rerank ------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", [None, "float", "base64"])
async def test_vectors_are_unit_and_in_order(upstream: Upstream, encoding: str | None) -> None:
    where = endpoint(upstream.base_url, options={"embedding_encoding": encoding})
    one, two, empty = (await driver().embed(where, EMBEDDER, ["red cat", "blue dog", ""])).vectors
    assert {len(one), len(two), len(empty)} == {1536}
    assert math.hypot(*one) == pytest.approx(1, abs=1e-6)
    again = await driver().embed(where, EMBEDDER, ["blue dog"])
    assert list(again.vectors[0]) == pytest.approx(list(two), abs=1e-6)
    assert again.tokens == 3


def vectors(*rows: object) -> bytes:
    data = [{"index": n, "embedding": row} for n, row in enumerate(rows)]
    body = json.dumps({"data": data}).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body


BAD_VECTORS = {
    "too few": (vectors([1.0, 0.0]), "1 vectors came back for 2 texts"),
    "of two lengths": (vectors([1.0], [1.0, 2.0]), "vectors of [1, 2] dimensions"),
    "not finite": (vectors([1.0, 0.0], base64.b64encode(struct.pack("<2f", math.nan, 1)).decode()), "not finite"),
    "zero": (vectors([0.0, 0.0], [1.0, 0.0]), "zero"),
    "of another length than known": (vectors([1.0, 0.0], [0.0, 1.0]), "expected 3"),
    "not numbers": (vectors(["a", "b"], ["c", "d"]), "malformed"),
    "an object of another kind": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n[]", "malformed"),
    "not JSON": (b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n<html>", "not JSON"),
}


@pytest.mark.parametrize("name", BAD_VECTORS)
async def test_bad_vectors_are_refused(name: str) -> None:
    answer, words = BAD_VECTORS[name]
    known = ModelSpec("e", "text-embedding", dimensions=3 if "known" in name else None)
    async with serving(answer) as wire:
        with pytest.raises(ProviderBadAnswer) as caught:
            await driver().embed(endpoint(wire.url), known, ["a", "b"])
    assert words in caught.value.message


async def test_documents_are_ranked(upstream: Upstream) -> None:
    ranks = await driver().rerank(endpoint(upstream.base_url), RERANKER, "red cat", ["dog", "a red cat", "cat"], 2)
    assert [rank.index for rank in ranks] == [1, 2]
    assert ranks[0].score > ranks[1].score


@pytest.mark.parametrize(
    "results", [[{"index": 7, "relevance_score": 1}], [{"index": 0}], "x", [{"index": 0, "score": 1}] * 2]
)
async def test_a_bad_ranking_is_refused(results: object) -> None:
    body = json.dumps({"results": results}).encode()
    async with serving(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as wire:
        with pytest.raises(ProviderBadAnswer):
            await driver().rerank(endpoint(wire.url), RERANKER, "q", ["a", "b"], 2)


@pytest.mark.parametrize("spec", [None, ModelSpec("fake", "llm"), EMBEDDER, RERANKER])
async def test_a_check_passes_where_the_provider_answers(upstream: Upstream, spec: ModelSpec | None) -> None:
    await driver().check(endpoint(upstream.base_url), spec)


async def test_a_check_fails_in_the_providers_words(upstream: Upstream) -> None:
    with pytest.raises(ProviderUnauthorised, match="fake failure 401"):
        await driver().check(endpoint(upstream.base_url), ModelSpec("fail-401", "llm"))
