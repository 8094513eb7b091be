"""Requests of Gemini's protocol, and its unstreamed answers. No I/O.

Source: ai.google.dev, "Generating content" and "Embeddings" of the API reference, and the types of Google's own
client 3.4.0, both of November 2026.
"""

import base64
from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson

from apps.common.tokens import estimate_tokens
from apps.models.contracts import (
    AudioFile,
    ChatPiece,
    ChatRequest,
    Embeddings,
    Endpoint,
    Finish,
    ModelSpec,
    TextDelta,
    Transcript,
)

from ._answers import count
from ._anthropic_wire import schema_of
from ._google_options import resource
from ._google_thinking import thinking
from ._google_turns import contents, system_instruction
from ._openai_vectors import read_vectors

_FIELDS: Final = {
    "temperature": "temperature",
    "top_p": "topP",
    "top_k": "topK",
    "max_tokens": "maxOutputTokens",
    "presence_penalty": "presencePenalty",
    "frequency_penalty": "frequencyPenalty",
    "seed": "seed",
}
_HEAR: Final = "Write down word for word what is said in this recording. Answer with the words alone."


def answer_body(endpoint: Endpoint, model: ModelSpec, request: ChatRequest) -> bytes:
    """The body of a request for an answer. Raises ProviderBadRequest: a message cannot be sent."""
    refused = model.drop_params | endpoint.options["drop_params"]
    wishes = {name: value for name, value in request.parameters.items() if value is not None and name not in refused}
    body: dict[str, Any] = {"contents": contents(endpoint, model.name, request.messages)}
    if system := system_instruction(request.messages):
        body["systemInstruction"] = system
    if request.tools:
        body["tools"] = [{"functionDeclarations": [_declaration(tool["function"]) for tool in request.tools]}]
    config = _config(wishes) | thinking(endpoint.options, model.name, wishes)
    if request.stop and "stop" not in refused:
        config["stopSequences"] = list(request.stop)
    if config:
        body["generationConfig"] = config
    return orjson.dumps(body)


def embedding_body(endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> bytes:
    """The body of an embedding request; an empty text, which the vendor refuses, is sent as a space."""
    extra: dict[str, Any] = {"outputDimensionality": model.dimensions} if model.dimensions else {}
    if endpoint.options["embedding_task"]:
        extra["taskType"] = endpoint.options["embedding_task"]
    name = resource(model.name)
    requests = [{"model": name, "content": {"parts": [{"text": text or " "}]}, **extra} for text in texts]
    return orjson.dumps({"requests": requests})


def read_embeddings(answer: Any, texts: Sequence[str], dimensions: int | None) -> Embeddings:
    """The vectors of an embedding answer, which are of unit length only at full size; tokens are our estimate where
    none are told. Raises ValueError.
    """
    rows = [row["values"] for row in answer["embeddings"]]
    tokens = count((answer.get("usageMetadata") or {}).get("promptTokenCount"))
    vectors = read_vectors({"vectors": rows}, len(texts), dimensions)
    return Embeddings(vectors, tokens or sum(map(estimate_tokens, texts)))


def transcription_body(audio: AudioFile) -> bytes:
    """The body of a request for the words of a recording."""
    data = {"mimeType": audio.mime_type.partition(";")[0], "data": base64.b64encode(audio.data).decode()}
    parts = [{"text": _HEAR}, {"inlineData": data}]
    return orjson.dumps({"contents": [{"role": "user", "parts": parts}]})


def read_transcript(pieces: Sequence[ChatPiece]) -> Transcript:
    """What is said, in an answer that holds no thoughts."""
    text = "".join(piece.text for piece in pieces if isinstance(piece, TextDelta)).strip()
    (finish,) = (piece for piece in pieces if isinstance(piece, Finish))
    return Transcript(text, None, finish.prompt_tokens, finish.completion_tokens)


def _config(wishes: Mapping[str, Any]) -> dict[str, Any]:
    config = {field: wishes[name] for name, field in _FIELDS.items() if name in wishes}
    if schema := schema_of(wishes):
        return {**config, "responseMimeType": "application/json", "responseJsonSchema": schema}
    if wishes.get("response_format") == "json_object":
        config["responseMimeType"] = "application/json"
    return config


def _declaration(function: Mapping[str, Any]) -> dict[str, Any]:
    """A function as JSON Schema describes it; the older `parameters` knows only a part of OpenAPI's schemas."""
    declared = {"name": function["name"], "description": function.get("description") or function["name"]}
    schema = function.get("parameters")
    return {**declared, "parametersJsonSchema": schema} if schema else declared
