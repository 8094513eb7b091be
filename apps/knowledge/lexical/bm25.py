"""BM25 (Robertson and Zaragoza 2009) split in two: the document's side is stored, the query brings the idf."""

from collections.abc import Mapping
from typing import Final

K1: Final = 1.2
B: Final = 0.75
# The most entries a sparse vector holds (pgvector 0.8); the rarest repetitions go first beyond it.
MAX_TERMS: Final = 16_000


def weights(counts: Mapping[int, int], *, length: int, average_length: float) -> dict[int, float]:
    """The document's side: tf / (tf + k1 (1 - b + b length / average)), each between 0 and 1.

    Args:
        counts: slot to number of occurrences.
        length: all occurrences together.
        average_length: of the dataset's segments.
    """
    floor = _floor(length, average_length)
    if len(counts) > MAX_TERMS:
        counts = dict(sorted(counts.items(), key=lambda item: -item[1])[:MAX_TERMS])
    return {number: count / (count + floor) for number, count in counts.items()}


def counts_of(weighed: Mapping[int, float], *, length: int, average_length: float) -> dict[int, int]:
    """The counts that `weights` was given."""
    floor = _floor(length, average_length)
    return {number: round(weight * floor / (1 - weight)) for number, weight in weighed.items()}


def _floor(length: int, average_length: float) -> float:
    return K1 * (1 - B + B * length / max(average_length, 1.0))
