"""Requests and unstreamed answers of OpenAI's protocol: bodies, headers, vectors, ranks. No I/O."""

import base64
import math
import sys
from array import array
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import orjson
from pydantic import Field

from apps.models.contracts import (
    ChatMessage,
    ChatRequest,
    DriverOptions,
    Endpoint,
    ModelSpec,
    ParameterRule,
    RankedDocument,
)

# What a request itself says; a model parameter of an app cannot replace it.
_RESERVED: Final = frozenset({"model", "messages", "prompt", "stream", "stream_options", "tools", "user", "n"})

# Ranges and defaults as OpenAI's API reference states them (November 2026).
PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 2, 1),
    ParameterRule("top_p", "float", "Top P", 0, 1, 1),
    ParameterRule("presence_penalty", "float", "Presence penalty", -2, 2, 0),
    ParameterRule("frequency_penalty", "float", "Frequency penalty", -2, 2, 0),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("seed", "int", "Seed"),
    ParameterRule("response_format", "string", "Response format", options=("text", "json_object", "json_schema")),
)


class OpenAIOptions(DriverOptions):
    """Knobs of the OpenAI protocol.

    Args:
        base_url: where the workspace's credentials name none.
        paths: of the operations, below the base URL.
        auth_header, auth_prefix: how the key is sent.
        extra_headers: sent with every request.
        param_map: model parameters that this provider calls otherwise.
        drop_params: model parameters that this provider refuses.
        stream_usage: ask for the token counts at the end of a stream.
        embedding_encoding: "base64" is four times shorter; None where a server may not know the field.
        embedding_extra: further fields of an embedding request (`input_type`, ...).
    """

    base_url: str = ""
    paths: Mapping[str, str] = Field(
        {
            "chat": "/chat/completions",
            "completion": "/completions",
            "embeddings": "/embeddings",
            "rerank": "/rerank",
            "models": "/models",
            "transcription": "/audio/transcriptions",
            "speech": "/audio/speech",
        }
    )
    auth_header: str = "Authorization"
    auth_prefix: str = "Bearer "
    extra_headers: Mapping[str, str] = {}
    param_map: Mapping[str, str] = {}
    drop_params: frozenset[str] = frozenset()
    stream_usage: bool = True
    embedding_encoding: Literal["base64", "float"] | None = None
    embedding_extra: Mapping[str, Any] = {}


def url(endpoint: Endpoint, operation: str) -> str:
    """The address of an operation."""
    base = endpoint.credentials.get("base_url") or endpoint.options["base_url"]
    return str(base).strip().rstrip("/") + str(endpoint.options["paths"][operation])


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request; without a key, no Authorization."""
    options, key = endpoint.options, endpoint.credentials.get("api_key")
    auth = {options["auth_header"]: f"{options['auth_prefix']}{key}"} if key else {}
    return {**options["extra_headers"], **auth}


def answer_body(endpoint: Endpoint, model: ModelSpec, request: ChatRequest, *, stream: bool = True) -> bytes:
    """The body of a request for an answer, in the form of the model's mode (`model.mode` names the operation)."""
    options = endpoint.options
    if model.mode == "completion":
        body = _parameters(options, model, request.parameters, {})
        body.pop("response_format", None)  # the older endpoint knows neither it nor tools
        body |= {"model": model.name, "prompt": one_text(request.messages)}
    else:
        body = _parameters(options, model, request.parameters, options["param_map"])
        body |= {"model": model.name, "messages": [_message(message) for message in request.messages]}
        if request.tools:
            body["tools"] = list(request.tools)
    if stream:
        body["stream"] = True
        if options["stream_usage"]:
            body["stream_options"] = {"include_usage": True}
    if request.stop and "stop" not in model.drop_params:
        body["stop"] = list(request.stop)
    if request.user:
        body["user"] = request.user
    return orjson.dumps(body)


def one_text(messages: Sequence[ChatMessage]) -> str:
    """Messages as the one text that a completion model reads; what else than text they hold is left out."""
    return "\n\n".join(message.content for message in messages if isinstance(message.content, str))


def _parameters(
    options: Mapping[str, Any], model: ModelSpec, parameters: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, Any]:
    """Model parameters under the provider's names; `response_format` may be a word (`json_object`)."""
    refused = _RESERVED | options["drop_params"] | model.drop_params
    body = {
        names.get(name, name): value for name, value in parameters.items() if value is not None and name not in refused
    }
    if isinstance(body.get("response_format"), str):
        body["response_format"] = {"type": body["response_format"]}
    return body


def _message(message: ChatMessage) -> dict[str, Any]:
    content = message.content if isinstance(message.content, str) else list(message.content)
    body: dict[str, Any] = {"role": message.role, "content": content}
    if message.tool_calls:
        body["content"] = content or None
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def embedding_body(endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> bytes:
    """The body of an embedding request; an empty text, which providers refuse, is sent as a space."""
    body = {**endpoint.options["embedding_extra"], "model": model.name, "input": [text or " " for text in texts]}
    if endpoint.options["embedding_encoding"]:
        body["encoding_format"] = endpoint.options["embedding_encoding"]
    return orjson.dumps(body)


def read_vectors(answer: Any, count: int, dimensions: int | None) -> list[list[float]]:
    """The unit vectors of an embedding answer, in the order of the texts.

    Raises:
        ValueError: not as many vectors as texts, not of one length, or not finite; the message says which.
    """
    rows = sorted(answer["data"], key=lambda row: row.get("index") or 0)
    if len(rows) != count:
        raise ValueError(f"{len(rows)} vectors came back for {count} texts")
    vectors = [_unit(_floats(row["embedding"])) for row in rows]
    lengths = {len(vector) for vector in vectors}
    if len(lengths) > 1 or (dimensions and lengths and lengths != {dimensions}):
        expected = f"; expected {dimensions}" if dimensions else ""
        raise ValueError(f"vectors of {sorted(lengths)} dimensions came back{expected}")
    return vectors


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


def rerank_body(model: ModelSpec, query: str, documents: Sequence[str], top_n: int) -> bytes:
    """The body of a rerank request in the shape that Cohere and Jina share."""
    fields = {"model": model.name, "query": query, "documents": list(documents), "top_n": top_n}
    return orjson.dumps(fields)


def read_ranks(answer: Any, count: int, top_n: int) -> list[RankedDocument]:
    """The ranked documents, best first. Raises ValueError for an index that was not asked about."""
    ranks = [
        RankedDocument(int(row["index"]), float(row.get("relevance_score", row.get("score"))))
        for row in answer["results"]
    ]
    indexes = {rank.index for rank in ranks}
    if len(indexes) != len(ranks) or not indexes <= set(range(count)):
        raise ValueError("the ranking names documents that were not sent, or one twice")
    if not all(math.isfinite(rank.score) for rank in ranks):
        raise ValueError("a relevance score is not finite")
    return sorted(ranks, key=lambda rank: -rank.score)[:top_n]
