"""Requests of Cohere's protocol: addresses, headers, bodies; and its unstreamed answers. No I/O.

Source: docs.cohere.com, API reference of v2, and the types of Cohere's own client 7.3.1, both of November 2026.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson

from apps.common.tokens import estimate_tokens
from apps.models.contracts import ChatRequest, DriverOptions, Embeddings, Endpoint, ModelSpec, ParameterRule

from ._answers import whole_count
from ._anthropic_wire import schema_of
from ._cohere_messages import messages
from ._openai_vectors import read_vectors

PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, None, 0.3),
    ParameterRule("top_p", "float", "Top P", 0.01, 0.99, 0.75),
    ParameterRule("top_k", "int", "Top K", 0, 500, 0),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("presence_penalty", "float", "Presence penalty", 0, 1, 0),
    ParameterRule("frequency_penalty", "float", "Frequency penalty", 0, 1, 0),
    ParameterRule("seed", "int", "Seed", 0),
    ParameterRule("thinking", "boolean", "Thinking", needs="reasoning"),
    ParameterRule("budget_tokens", "int", "Thinking budget (tokens)", 1, needs="reasoning"),
    ParameterRule("response_format", "string", "Response format", options=("text", "json_object", "json_schema")),
)

_FIELDS: Final = {
    "temperature": "temperature",
    "top_k": "k",
    "max_tokens": "max_tokens",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "seed": "seed",
}
_LEAST_P, _MOST_P = 0.01, 0.99
# docs.cohere.com, "Errors": a deny-listed word was in the prompt or the answer; the request was cancelled.
_STATUSES: Final = {"498": "content_filtered", "499": "unavailable"}


class CohereOptions(DriverOptions):
    """Knobs of Cohere's protocol.

    Args:
        base_url: where the workspace's credentials name none.
        drop_params: model parameters that this provider refuses.
        embedding_input_type: what vectors are for, which the vendor wants to be told. A `Driver` does not hear
            whether it embeds documents or a query, so one word serves both; search_document is what most texts are.
        error_map: statuses by what they mean.
    """

    base_url: str = "https://api.cohere.com"
    drop_params: frozenset[str] = frozenset()
    embedding_input_type: str = "search_document"
    error_map: Mapping[str, str] = _STATUSES


def url(endpoint: Endpoint, path: str) -> str:
    """The address of an operation such as `v2/chat`; a base URL may name a version or leave it out."""
    base = str(endpoint.credentials.get("base_url") or endpoint.options["base_url"]).strip().rstrip("/")
    return f"{base.removesuffix('/v1').removesuffix('/v2')}/{path}"


def model_url(endpoint: Endpoint, model: str) -> str:
    """The address of what is known of a model; of the list for "". Version 2 has neither."""
    return url(endpoint, f"v1/models/{quote(model, safe='')}" if model else "v1/models")


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request."""
    key = endpoint.credentials.get("api_key")
    return {"Authorization": f"Bearer {key}"} if key else {}


def answer_body(endpoint: Endpoint, model: ModelSpec, request: ChatRequest) -> bytes:
    """The body of a request for an answer. Raises ProviderBadRequest: a message cannot be sent."""
    refused = model.drop_params | endpoint.options["drop_params"]
    wishes = {name: value for name, value in request.parameters.items() if value is not None and name not in refused}
    body: dict[str, Any] = {"model": model.name, "messages": messages(endpoint, request.messages), "stream": True}
    body |= {field: wishes[name] for name, field in _FIELDS.items() if name in wishes}
    if "top_p" in wishes:
        # Other vendors' usual 1 is refused here.
        body["p"] = min(max(wishes["top_p"], _LEAST_P), _MOST_P)
    if request.stop and "stop" not in refused:
        body["stop_sequences"] = list(request.stop)
    if request.tools:
        body["tools"] = list(request.tools)
    elif wanted := _response_format(wishes):
        body["response_format"] = wanted
    if setting := _thinking(wishes):
        body["thinking"] = setting
    return orjson.dumps(body)


def embedding_body(endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> bytes:
    """The body of an embedding request; an empty text, which the vendor refuses, is sent as a space."""
    body = {
        "model": model.name,
        "input_type": endpoint.options["embedding_input_type"],
        "texts": [text or " " for text in texts],
        "embedding_types": ["float"],
    }
    return orjson.dumps(body)


def read_embeddings(answer: Any, texts: Sequence[str], dimensions: int | None) -> Embeddings:
    """The vectors of an embedding answer with the tokens that are charged. Raises ValueError."""
    vectors = read_vectors({"vectors": answer["embeddings"]["float"]}, len(texts), dimensions)
    tokens = whole_count(((answer.get("meta") or {}).get("billed_units") or {}).get("input_tokens"))
    return Embeddings(vectors, tokens or sum(map(estimate_tokens, texts)))


def rerank_body(model: ModelSpec, query: str, documents: Sequence[str], top_n: int) -> bytes:
    """The body of a rerank request."""
    return orjson.dumps({"model": model.name, "query": query, "documents": list(documents), "top_n": top_n})


def _response_format(wishes: Mapping[str, Any]) -> dict[str, Any] | None:
    """The vendor takes no format beside tools."""
    if schema := schema_of(wishes):
        return {"type": "json_object", "json_schema": schema}
    return {"type": "json_object"} if wishes.get("response_format") == "json_object" else None


def _thinking(wishes: Mapping[str, Any]) -> dict[str, Any] | None:
    """Models that can think do so unless told otherwise (docs.cohere.com, "Reasoning", November 2026)."""
    wish = wishes.get("thinking")
    budget = wish if type(wish) is int else wishes.get("budget_tokens")
    if wish is None and budget is None:
        return None
    if wish is not None and not wish:
        return {"type": "disabled"}
    return {"type": "enabled", "token_budget": int(budget)} if budget else {"type": "enabled"}
