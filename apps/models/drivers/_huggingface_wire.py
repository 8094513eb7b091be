"""Hugging Face's addresses, pipelines and text generation (huggingface.co/docs/inference-providers). No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson

from apps.models.contracts import ChatRequest, Endpoint, ModelSpec, ParameterRule
from apps.models.errors import ProviderBadRequest

from . import _problems
from ._openai_options import OpenAIOptions
from ._transcript import transcript

HOSTED: Final = "Hosted Inference API"
DEDICATED: Final = "Inference Endpoint"
TEXT_TO_TEXT: Final = "text2text-generation"
MAX_STOP: Final = 4  # that text-generation-inference takes unless its operator says otherwise

# What chat and text generation share, in the ranges of the text-generation task (November 2026).
PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 2),
    ParameterRule("top_p", "float", "Top P", 0, 1),
    ParameterRule("top_k", "int", "Top K", 1),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("frequency_penalty", "float", "Frequency penalty", -2, 2),
    ParameterRule("seed", "int", "Seed"),
    ParameterRule("response_format", "string", "Response format", options=("text", "json_object", "json_schema")),
)


class HuggingFaceOptions(OpenAIOptions):
    """Knobs of Hugging Face; those of chats are the OpenAI protocol's.

    Args:
        base_url: of the router, which hosts no model itself but knows who does.
        hub_url: of the Hub, which knows whose a key is.
    """

    base_url: str = "https://router.huggingface.co"
    hub_url: str = "https://huggingface.co"


def is_dedicated(endpoint: Endpoint) -> bool:
    """Whether the model has a server of its own.

    Raises:
        ProviderBadRequest: the entered type and the entered address do not agree.
    """
    url, kind = endpoint.credentials.get("base_url"), endpoint.credentials.get("endpoint_type")
    if kind == DEDICATED and not url:
        raise _bad_request(endpoint, "the model is on an Inference Endpoint, but its endpoint URL is not entered")
    if kind == HOSTED and url:
        raise _bad_request(endpoint, "an endpoint URL is entered, but the endpoint type is Hosted Inference API")
    return bool(url)


def base_url(endpoint: Endpoint) -> str:
    """The endpoint's own address, or the router's. Raises ProviderBadRequest."""
    entered = endpoint.credentials.get("base_url") if is_dedicated(endpoint) else None
    return str(entered or endpoint.options["base_url"]).strip().rstrip("/").removesuffix("/v1")


def chat_url(endpoint: Endpoint) -> str:
    """Where chats are."""
    return f"{base_url(endpoint)}/v1/chat/completions"


def check_url(endpoint: Endpoint) -> str:
    """What only a good key is answered: an endpoint's models, or whose the key is. The router's models are public."""
    return (
        f"{base_url(endpoint)}/v1/models" if is_dedicated(endpoint) else f"{endpoint.options['hub_url']}/api/whoami-v2"
    )


def pipeline_url(endpoint: Endpoint, model: ModelSpec, task: str = "") -> str:
    """Where a model's pipeline is: an endpoint has one model and one task, at its root."""
    if is_dedicated(endpoint):
        return f"{base_url(endpoint)}/"
    tail = f"/pipeline/{task}" if task else ""
    return f"{base_url(endpoint)}/hf-inference/models/{quote(model.name)}{tail}"


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request. An organisation, where one is entered, pays for calls of the router."""
    key, owner = endpoint.credentials.get("api_key"), endpoint.credentials.get("namespace")
    sent = {"Authorization": f"Bearer {key}"} if key else {}
    if owner and not is_dedicated(endpoint):
        sent["X-HF-Bill-To"] = owner.strip()
    return sent


def is_chat(endpoint: Endpoint, model: ModelSpec) -> bool:
    """Whether a language model takes messages."""
    return model.mode == "chat" and endpoint.credentials.get("task_type") != TEXT_TO_TEXT


def generation_body(endpoint: Endpoint, model: ModelSpec, request: ChatRequest) -> bytes:
    """The body of a text generation. Models of text2text-generation know neither streams nor details."""
    parameters = _parameters(model, request.parameters)
    body: dict[str, Any] = {"inputs": transcript(request.messages), "parameters": parameters}
    if endpoint.credentials.get("task_type") != TEXT_TO_TEXT:
        parameters |= {"return_full_text": False, "details": True} | _grammar(request.parameters)
        if request.stop and "stop" not in model.drop_params:
            parameters["stop"] = list(request.stop)[:MAX_STOP]
        body["stream"] = True
    return orjson.dumps(body)


def _parameters(model: ModelSpec, wishes: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters by the names of text-generation-inference, which refuses what would change nothing."""
    names = {"max_tokens": "max_new_tokens"}
    known = {rule.name for rule in PARAMETERS} - {"response_format"} - model.drop_params
    sent = {names.get(name, name): value for name, value in wishes.items() if name in known and value is not None}
    if sent.get("temperature") == 0:
        sent["do_sample"] = False
        del sent["temperature"]
    if not 0 < sent.get("top_p", 0) < 1:
        sent.pop("top_p", None)
    return sent


def _grammar(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema that the text must fit, if one is asked for."""
    schema = wishes.get("json_schema") if wishes.get("response_format") == "json_schema" else None
    try:
        schema = orjson.loads(schema) if isinstance(schema, str) else schema
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(schema, Mapping):
        return {}
    inner = schema.get("schema")
    return {"grammar": {"type": "json", "value": inner if isinstance(inner, Mapping) else schema}}


def features_body(texts: Sequence[str]) -> bytes:
    """The body of a feature extraction; its parameters stand beside the texts."""
    return orjson.dumps({"inputs": [text or " " for text in texts], "truncate": True})


def read_features(answer: Any) -> dict[str, list[list[float]]]:
    """The vectors of a feature extraction; a matrix of tokens is averaged.

    Raises:
        ValueError: no numbers, or none at all.
    """
    return {"vectors": [_pooled(row) for row in answer]}


def _pooled(value: Any) -> list[float]:
    if not isinstance(value, list) or not value:
        raise ValueError("a vector of the answer is empty")
    if not isinstance(value[0], list):
        return [float(number) for number in value]
    rows = [_pooled(row) for row in value]
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def _bad_request(endpoint: Endpoint, text: str) -> ProviderBadRequest:
    return ProviderBadRequest(_problems.sentence(endpoint, text))
