"""Rerank requests and answers of the four shapes in use; texts that share more words with the query come first."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

_WORD: Final = re.compile(r"\w+")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Cohere(_Part):
    model: str = Field(min_length=1)
    query: str
    documents: list[str] = Field(min_length=1)
    top_n: int | None = Field(None, ge=1)
    return_documents: bool = False


class _Tei(_Part):
    query: str
    texts: list[str] = Field(min_length=1)
    raw_scores: bool = False
    return_text: bool = False
    truncate: bool = False


class _NvidiaText(_Part):
    text: str = Field(min_length=1)


class _Nvidia(_Part):
    model: str = Field(min_length=1)
    query: _NvidiaText
    passages: list[_NvidiaText] = Field(min_length=1, max_length=512)
    truncate: Literal["NONE", "END"] = "NONE"


class _DashScopeInput(_Part):
    query: str
    documents: list[str] = Field(min_length=1)


class _DashScopeParameters(_Part):
    top_n: int | None = Field(None, ge=1)
    return_documents: bool = False


class _DashScope(_Part):
    model: str = Field(min_length=1)
    input: _DashScopeInput
    parameters: _DashScopeParameters = _DashScopeParameters()


@dataclass(frozen=True, slots=True)
class Shape:
    """A request's model, what it asks (query, documents, how many), and an answer made of (index, score) pairs."""

    kind: type[BaseModel]
    asked: Callable[[Any], tuple[str, Sequence[str], int | None]]
    answer: Callable[[Sequence[tuple[int, float]]], Any]


def _rows(ranks: Sequence[tuple[int, float]], name: str) -> list[dict[str, Any]]:
    return [{"index": index, name: score} for index, score in ranks]


SHAPES: Final[Mapping[str, Shape]] = {
    "cohere": Shape(
        _Cohere,
        lambda body: (body.query, body.documents, body.top_n),
        lambda ranks: {"id": "fake", "results": _rows(ranks, "relevance_score"), "usage": {"total_tokens": 1}},
    ),
    "tei": Shape(_Tei, lambda body: (body.query, body.texts, None), lambda ranks: _rows(ranks, "score")),
    "nvidia": Shape(
        _Nvidia,
        lambda body: (body.query.text, [passage.text for passage in body.passages], None),
        lambda ranks: {"rankings": _rows([(index, 10 * score - 5) for index, score in ranks], "logit")},
    ),
    "dashscope": Shape(
        _DashScope,
        lambda body: (body.input.query, body.input.documents, body.parameters.top_n),
        lambda ranks: {"output": {"results": _rows(ranks, "relevance_score")}, "usage": {"total_tokens": 1}},
    ),
}


def ranked(query: str, documents: Sequence[str], top_n: int | None) -> Sequence[tuple[int, float]]:
    """Indexes with their scores between 0 and 1, best first."""
    wanted = set(_WORD.findall(query.lower()))
    scores = [len(wanted & set(_WORD.findall(text.lower()))) / (len(wanted) or 1) for text in documents]
    return sorted(enumerate(scores), key=lambda pair: -pair[1])[:top_n]
