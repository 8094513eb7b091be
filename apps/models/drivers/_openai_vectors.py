"""Embeddings in OpenAI's protocol and in MiniMax's variant of it. No I/O."""

import base64
import math
import sys
from array import array
from collections.abc import Sequence
from typing import Any

import orjson

from apps.common.tokens import estimate_tokens
from apps.models.contracts import Embeddings, Endpoint, ModelSpec

from . import _answers


def embedding_body(endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> bytes:
    """The body of an embedding request; an empty text, which providers refuse, is sent as a space.

    MiniMax names the texts `texts` and asks what the vectors are for (platform.minimaxi.com, "Embeddings").
    """
    options, sent = endpoint.options, [text or " " for text in texts]
    if options["embedding_style"] == "minimax":
        return orjson.dumps({"type": "db", **options["embedding_extra"], "model": model.name, "texts": sent})
    body = {**options["embedding_extra"], "model": model.name, "input": sent}
    if options["embedding_encoding"]:
        body["encoding_format"] = options["embedding_encoding"]
    return orjson.dumps(body)


def read_embeddings(answer: Any, texts: Sequence[str], dimensions: int | None) -> Embeddings:
    """The vectors of an embedding answer with the tokens it counted, or our estimate.

    Raises:
        ValueError: not as many vectors as texts, not of one length, or not finite; the message says which.
    """
    usage = answer.get("usage") or {}
    tokens = usage.get("prompt_tokens") or usage.get("total_tokens") or answer.get("total_tokens")
    vectors = read_vectors(answer, len(texts), dimensions)
    return Embeddings(vectors, _answers.count(tokens) or sum(map(estimate_tokens, texts)))


def read_vectors(answer: Any, count: int, dimensions: int | None) -> list[list[float]]:
    """The unit vectors of an embedding answer, in the order of the texts. Raises ValueError."""
    rows = _rows(answer)
    if len(rows) != count:
        raise ValueError(f"{len(rows)} vectors came back for {count} texts")
    vectors = [_unit(_floats(row)) for row in rows]
    lengths = {len(vector) for vector in vectors}
    if len(lengths) > 1 or (dimensions and lengths and lengths != {dimensions}):
        expected = f"; expected {dimensions}" if dimensions else ""
        raise ValueError(f"vectors of {sorted(lengths)} dimensions came back{expected}")
    return vectors


def _rows(answer: Any) -> list[Any]:
    if "data" not in answer and "vectors" in answer:
        return list(answer["vectors"])
    return [row["embedding"] for row in sorted(answer["data"], key=lambda row: row.get("index") or 0)]


def _floats(value: Any) -> list[float]:
    if not isinstance(value, str):
        return [float(number) for number in value]
    numbers = array("f", base64.b64decode(value, validate=True))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tolist()


def _unit(vector: list[float]) -> list[float]:
    norm = math.hypot(*vector)
    if not math.isfinite(norm) or norm == 0:
        raise ValueError("a vector is zero or not finite")
    return vector if abs(norm - 1) < 1e-6 else [number / norm for number in vector]
