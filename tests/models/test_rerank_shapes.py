"""Reranking in the four shapes, on the wire and against answers that are wrong."""

import math
from typing import Any

import pytest

from apps.models.contracts import Driver, ModelSpec
from apps.models.drivers._rerank_shapes import read_ranks
from apps.models.errors import PromptTooLong, ProviderBadAnswer, ProviderUnauthorised
from apps.models.fake_servers import KEY, Received, serving
from apps.models.fakes.openai import OpenAIFake

from .helpers import driver, endpoint

RERANKER = ModelSpec("nv/rerank-1", "rerank")
DOCUMENTS = ["a dog", "a red cat", "the cat"]
DASHSCOPE = "~/api/v1/services/rerank/text-rerank/text-rerank"
SHAPES: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "cohere": (
        "/v1",
        "/rerank",
        "/v1/rerank",
        {"model": "nv/rerank-1", "query": "red cat", "documents": DOCUMENTS, "top_n": 2},
    ),
    "tei": ("", "/rerank", "/rerank", {"query": "red cat", "texts": DOCUMENTS}),
    "nvidia": (
        "/v1",
        "/retrieval/{model}/reranking",
        "/v1/retrieval/nv/rerank-1/reranking",
        {"model": "nv/rerank-1", "query": {"text": "red cat"}, "passages": [{"text": text} for text in DOCUMENTS]},
    ),
    "dashscope": (
        "/compatible-mode/v1",
        DASHSCOPE,
        DASHSCOPE[1:],
        {
            "model": "nv/rerank-1",
            "input": {"query": "red cat", "documents": DOCUMENTS},
            "parameters": {"top_n": 2, "return_documents": False},
        },
    ),
}


async def ranked(style: str, received: list[Received], model: ModelSpec = RERANKER, **extra: Any) -> Any:
    base_path, path, _, _ = SHAPES[style]
    fake = OpenAIFake(base_path=base_path, rerank=style, extra_fields=extra)
    fake.received = received
    speaks: Driver = driver()
    async with serving(fake) as url:
        options = {"rerank_style": style, "paths": {"rerank": path}, "rerank_extra": extra}
        where = endpoint(url + base_path, options=options, key=KEY)
        return await speaks.rerank(where, model, "red cat", DOCUMENTS, 2)


@pytest.mark.parametrize("style", SHAPES)
async def test_each_shape_is_sent_and_read(style: str) -> None:
    received: list[Received] = []
    ranks = await ranked(style, received)
    assert [rank.index for rank in ranks] == [1, 2]
    assert ranks[0].score > ranks[1].score
    assert (received[0].path, received[0].json) == SHAPES[style][2:]


async def test_further_fields_go_along() -> None:
    received: list[Received] = []
    await ranked("cohere", received, max_chunks_per_doc=3)
    assert received[0].json["max_chunks_per_doc"] == 3


async def test_a_failing_reranker_has_its_class() -> None:
    with pytest.raises(ProviderUnauthorised, match="as asked"):
        await ranked("nvidia", [], ModelSpec("fail-401", "rerank"))
    with pytest.raises(ProviderBadAnswer, match="not JSON"):
        await ranked("dashscope", [], ModelSpec("garbage", "rerank"))
    with pytest.raises(PromptTooLong):
        await ranked("cohere", [], ModelSpec("too-long", "rerank"))


def rows(style: str, *found: tuple[Any, Any]) -> Any:
    name = {"cohere": "relevance_score", "tei": "score", "nvidia": "logit", "dashscope": "relevance_score"}[style]
    results = [{"index": index, name: score} for index, score in found]
    answers = {"cohere": {"results": results}, "nvidia": {"rankings": results}, "tei": results}
    return answers.get(style, {"output": {"results": results}})


@pytest.mark.parametrize("style", SHAPES)
def test_ranks_come_sorted_and_cut(style: str) -> None:
    ranks = read_ranks(style, rows(style, (0, -4.5), (2, 0.1), (1, -1)), 3, 2)
    assert [(rank.index, rank.score) for rank in ranks] == [(2, 0.1), (1, -1)]
    assert read_ranks(style, rows(style), 3, 2) == []


@pytest.mark.parametrize("style", SHAPES)
@pytest.mark.parametrize("found", [[(3, 1)], [(-1, 1)], [(0, 1), (0, 2)], [(0, math.nan)], [(0, math.inf)], [("x", 1)]])
def test_wrong_ranks_are_refused(style: str, found: list[tuple[Any, Any]]) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_ranks(style, rows(style, *found), 3, 2)


@pytest.mark.parametrize("style", SHAPES)
@pytest.mark.parametrize("answer", [None, {}, [{"index": 0}], {"results": "x"}, {"output": {}}, {"rankings": [1]}])
def test_an_answer_of_another_shape_is_malformed(style: str, answer: Any) -> None:
    with pytest.raises((ValueError, KeyError, TypeError, IndexError)):
        read_ranks(style, answer, 3, 2)
