"""Text Embeddings Inference: embeddings, reranking in parts, faults."""

import math
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio

from apps.models.catalogue import get_provider
from apps.models.contracts import ChatMessage, ChatRequest, Endpoint, ModelSpec, Timeouts
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
from apps.models.fakes.tei import TEIFake
from tests.fakes.wire import serving as wire_serving

from .helpers import QUICK

PROVIDER = get_provider("huggingface_tei")
DRIVER = PROVIDER.make_driver()
EMBEDDER = ModelSpec("bge-small", "text-embedding")
RERANKER = ModelSpec("bge-reranker", "rerank")
BRIEF = Timeouts(connect_s=0.05, first_byte_s=0.05, idle_s=0.05)


class Place:
    def __init__(self, fake: TEIFake, url: str) -> None:
        self.fake, self.url = fake, url

    def endpoint(self, **credentials: str) -> Endpoint:
        return at(**{**self.fake.credentials(self.url), **credentials})


def at(**credentials: str) -> Endpoint:
    return Endpoint(PROVIDER.key, PROVIDER.driver_options, credentials, [KEY], QUICK, private_allowed=True)


@pytest_asyncio.fixture
async def place() -> AsyncIterator[Place]:
    fake = TEIFake()
    async with serving(fake) as url:
        yield Place(fake, url)


@pytest.mark.parametrize("tail", ["", "/", "/v1"])
async def test_texts_are_embedded_in_their_order(place: Place, tail: str) -> None:
    found = await DRIVER.embed(place.endpoint(base_url=place.url + tail), EMBEDDER, ["four", "sixsix", ""])
    assert [round(row[0] / row[1]) for row in found.vectors] == [4, 6, 1]
    assert all(math.hypot(*row) == pytest.approx(1) for row in found.vectors)
    assert place.fake.received[-1].path == "/embed"
    assert place.fake.received[-1].json == {"inputs": ["four", "sixsix", " "], "truncate": True, "normalize": True}


async def test_a_text_longer_than_the_window_is_cut_by_the_server(place: Place) -> None:
    assert len((await DRIVER.embed(place.endpoint(), EMBEDDER, ["word " * 600])).vectors) == 1


async def test_documents_are_ranked_best_first(place: Place) -> None:
    place.fake.kind = "reranker"
    ranks = await DRIVER.rerank(place.endpoint(), RERANKER, "red cat", ["dog", "a red cat", "cat", ""], 2)
    assert [(rank.index, rank.score) for rank in ranks] == [(1, 0.2), (2, 0.1)]


async def test_more_documents_than_the_server_takes_are_ranked_in_parts(place: Place) -> None:
    place.fake.kind = "reranker"
    documents = [f"document {number}" for number in range(80)]
    documents[70] = "a red cat"
    documents[5] = "cat"
    ranks = await DRIVER.rerank(place.endpoint(), RERANKER, "red cat", documents, 2)
    assert [rank.index for rank in ranks] == [70, 5]
    assert [len(request.json["texts"]) for request in place.fake.received] == [32, 32, 16]


FAULTS: Mapping[int, type[ProviderError]] = {
    401: ProviderUnauthorised,
    413: ProviderBadRequest,
    422: ProviderBadRequest,
    424: ProviderBadRequest,
    429: ProviderRateLimited,
    500: ProviderUnavailable,
    503: ProviderUnavailable,
}


@pytest.mark.parametrize("status", FAULTS)
async def test_every_fault_has_its_class_and_sentence(place: Place, status: int) -> None:
    place.fake.fail_with = status
    with pytest.raises(FAULTS[status]) as caught:
        await DRIVER.embed(place.endpoint(), EMBEDDER, ["a"])
    assert caught.value.message.startswith(f"[huggingface_tei] Error: API request failed with status code {status}")


BAD: Mapping[str, Any] = {
    "not JSON": b"<html>",
    "an object": b"{}",
    "too few": b"[]",
    "zero": b"[[0.0, 0.0]]",
    "not numbers": b'[["a"]]',
}


@pytest.mark.parametrize("name", BAD)
async def test_bad_vectors_are_refused(name: str) -> None:
    body = BAD[name]
    async with wire_serving(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as server:
        with pytest.raises(ProviderBadAnswer):
            await DRIVER.embed(at(base_url=server.url), EMBEDDER, ["a"])


@pytest.mark.parametrize("body", [b"{}", b'[{"index": 7, "score": 1}]', b'[{"index": 0}]', b"[1]"])
async def test_a_bad_ranking_is_refused(body: bytes) -> None:
    async with wire_serving(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body) as server:
        with pytest.raises(ProviderBadAnswer):
            await DRIVER.rerank(at(base_url=server.url), RERANKER, "q", ["a"], 1)


async def test_no_server_and_a_silent_one() -> None:
    with pytest.raises(ProviderConnectionError):
        await DRIVER.embed(at(base_url="http://127.0.0.1:1"), EMBEDDER, ["a"])
    async with wire_serving(hang=True) as server:
        with pytest.raises(ProviderConnectionError):
            await DRIVER.embed(replace(at(base_url=server.url), timeouts=BRIEF), EMBEDDER, ["a"])


async def test_without_a_key_none_is_sent(place: Place) -> None:
    with pytest.raises(ProviderUnauthorised):
        await DRIVER.embed(at(base_url=place.url), EMBEDDER, ["a"])
    assert "authorization" not in place.fake.received[-1].headers


async def test_a_check_wants_a_model_of_the_right_kind(place: Place) -> None:
    await DRIVER.check(place.endpoint(), None)
    await DRIVER.check(place.endpoint(), EMBEDDER)
    with pytest.raises(ProviderBadRequest, match="is for embedding, not for rerank"):
        await DRIVER.check(place.endpoint(), RERANKER)
    place.fake.kind = "reranker"
    await DRIVER.check(place.endpoint(), RERANKER)
    with pytest.raises(ProviderUnauthorised):
        await DRIVER.check(place.endpoint(api_key="wrong"), None)


async def test_it_answers_no_chats(place: Place) -> None:
    with pytest.raises(ProviderBadRequest, match="no language models"):
        await anext(
            DRIVER.stream_chat(place.endpoint(), ModelSpec("x", "llm"), ChatRequest([ChatMessage("user", "x")]))
        )
