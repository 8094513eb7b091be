"""Triton's generate extension: addresses and bodies (docs.nvidia.com, "Generate Extension", November 2026). No I/O."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import orjson

from apps.models.contracts import ChatRequest, Endpoint, ModelSpec, ParameterRule

from ._transcript import transcript

PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 2),
    ParameterRule("top_p", "float", "Top P", 0, 1),
    ParameterRule("top_k", "int", "Top K", 0),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("presence_penalty", "float", "Presence penalty", -2, 2),
    ParameterRule("frequency_penalty", "float", "Frequency penalty", -2, 2),
    ParameterRule("seed", "int", "Seed"),
)
VLLM: Final = "vLLM"


def base_url(endpoint: Endpoint) -> str:
    """The server's address, without the protocol's version."""
    return str(endpoint.credentials.get("base_url", "")).strip().rstrip("/").removesuffix("/v2")


def model_url(endpoint: Endpoint, model: ModelSpec, operation: str) -> str:
    """The address of an operation of a model, in the version that was entered or the server's choice."""
    version = endpoint.credentials.get("model_version", "").strip()
    tail = f"/versions/{quote(version, safe='')}" if version else ""
    return f"{base_url(endpoint)}/v2/models/{quote(model.name, safe='')}{tail}/{operation}"


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request. The server itself asks for no key; a gateway in front may."""
    key = endpoint.credentials.get("api_key")
    return {"Authorization": f"Bearer {key}"} if key else {}


def generate_body(endpoint: Endpoint, model: ModelSpec, prompt: str, request: ChatRequest) -> bytes:
    """The body of a streamed generation.

    A parameter is a text, a number or a boolean, so the lists of stop sequences stand beside `parameters`: as an
    input of TensorRT-LLM's models; vLLM's models take all of their settings as one JSON text.
    """
    settings = _settings(model, request.parameters)
    stop = list(request.stop) if "stop" not in model.drop_params else []
    body: dict[str, Any] = {"text_input": prompt, "exclude_input_in_output": True}
    if endpoint.credentials.get("backend") == VLLM:
        if stop:
            settings["stop"] = stop
        body |= {"parameters": {"stream": True}, "sampling_parameters": orjson.dumps(settings).decode()}
    else:
        if "seed" in settings:
            settings["random_seed"] = settings.pop("seed")
        body["parameters"] = {"stream": True, **settings}
        if stop:
            body["stop_words"] = stop
    return orjson.dumps(body)


def prompt_of(request: ChatRequest) -> str:
    """The conversation as the one text that the server reads."""
    return transcript(request.messages)


def _settings(model: ModelSpec, wishes: Mapping[str, Any]) -> dict[str, Any]:
    known = {rule.name for rule in PARAMETERS} - model.drop_params
    return {name: value for name, value in wishes.items() if name in known and value is not None}
