"""How the demo provider looks at text: words and pairs of CJK characters, their weights, sentences."""

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

# Measured on 24 questions about a manual of 139 passages: mean reciprocal rank 0.88; 0.78 with 512, 0.69 with 256.
DIMENSIONS: Final = 1024
CJK: Final = "\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff"
_TOKEN: Final = re.compile(rf"[{CJK}]+|[^\W_{CJK}]+")
_SENTENCE: Final = re.compile(r"[^\n]*?(?:[.!?](?=\s|$)|[。！？；]|\n|$)")
_ENDINGS: Final = ("ations", "ation", "ings", "ing", "ies", "ied", "ed", "es", "s", "e")
_STOP_WORDS: Final = """
    a about above after again all also am an and any are as at be because been before being both but by can
    could did do does for from had has have he her here him his how i if in into is it its just like may me
    more most my no not of on once one only or other our out over please she should so some such than that
    the their them then there these they this those to too under until up us very was we were what when where
    which while who why will with would you your tell give explain describe
"""
_STOP: Final = frozenset(_STOP_WORDS.split())


def terms(text: str) -> list[str]:
    """The words that carry meaning, shortened to a stem; CJK runs as overlapping pairs of characters."""
    found: list[str] = []
    for token in _TOKEN.findall(text.lower()):
        if token[0] >= "\u2e80":
            found += [token[n : n + 2] for n in range(len(token) - 1)] or [token]
        elif token not in _STOP:
            found.append(_stem(token))
    return found


@lru_cache(50_000)
def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def sentences(text: str) -> list[str]:
    """The sentences and lines of a text, without empty ones."""
    return [sentence for match in _SENTENCE.finditer(text) if (sentence := match[0].strip())]


def bm25(query: Mapping[str, float], passages: Sequence[Sequence[str]]) -> list[float]:
    """Okapi BM25 (k1 1.2, b 0.5) of each passage's terms for the weighted terms of a query."""
    frequency = Counter(term for passage in passages for term in set(passage) if term in query)
    mean = sum(map(len, passages)) / (len(passages) or 1) or 1.0
    scores = []
    for passage in passages:
        counts = Counter(term for term in passage if term in query)
        norm = 1.2 * (0.5 + 0.5 * len(passage) / mean)
        scores.append(
            sum(
                query[term] * rarity(frequency[term], len(passages)) * count * 2.2 / (count + norm)
                for term, count in counts.items()
            )
        )
    return scores


def rarity(frequency: int, total: int) -> float:
    """How much a term says that `frequency` of `total` passages have (the probabilistic IDF, always above 0)."""
    return math.log(1 + (total - frequency + 0.5) / (frequency + 0.5))


def embed(text: str) -> list[float]:
    """A unit vector of `DIMENSIONS` hashed term features; texts that share terms lie near each other."""
    vector = [0.0] * DIMENSIONS
    for term, count in Counter(terms(text) or ["\0"]).items():
        position, sign = _feature(term)
        vector[position] += sign * (1 + math.log(count))
    norm = math.hypot(*vector)
    return [number / norm for number in vector] if norm else [1.0] + [0.0] * (DIMENSIONS - 1)


@lru_cache(50_000)
def _feature(term: str) -> tuple[int, float]:
    value = zlib.crc32(term.encode())
    return (value >> 1) % DIMENSIONS, 1.0 if value & 1 else -1.0


def coverage(query: Sequence[str], documents: Sequence[Sequence[str]]) -> list[float]:
    """For each document, the share (0 to 1) of the query's weight that it contains; rare terms weigh more."""
    asked = set(query)
    sets = [asked.intersection(document) for document in documents]
    weights = {term: rarity(sum(term in found for found in sets), len(sets)) for term in asked}
    return [_share(found, weights) for found in sets]


def _share(found: Iterable[str], weights: Mapping[str, float]) -> float:
    total = sum(weights.values())
    return sum(weights[term] for term in found) / total if total else 0.0
