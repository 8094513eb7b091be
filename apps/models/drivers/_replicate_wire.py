"""Replicate's predictions: addresses, inputs, states, vectors (replicate.com/docs/reference/http). No I/O."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import quote, urlsplit

import orjson

from apps.models.contracts import ChatRequest, DriverOptions, Endpoint, ModelSpec, ParameterRule

from ._answers import count
from ._transcript import last_picture, text_of, transcript

# Every model states its own inputs; these are the ones that the vendor's language models share (November 2026).
PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 5),
    ParameterRule("top_p", "float", "Top P", 0, 1),
    ParameterRule("top_k", "int", "Top K", 0),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("presence_penalty", "float", "Presence penalty", -2, 2),
    ParameterRule("frequency_penalty", "float", "Frequency penalty", -2, 2),
    ParameterRule("seed", "int", "Seed"),
)
_SENT_AS_THEY_ARE: Final = frozenset(rule.name for rule in PARAMETERS) - {"max_tokens"}
_VENDOR: Final = "replicate.com"
_VERSION: Final = re.compile(r"[0-9a-f]{64}")
_OVER: Final = frozenset({"succeeded", "failed", "canceled", "aborted"})


class ReplicateOptions(DriverOptions):
    """Knobs of the predictions protocol.

    Args:
        base_url: where the workspace's credentials name none.
        cold_start_s: how long a model may take to start, in seconds, where the usual limit is shorter.
        first_pause_s, longest_pause_s: between two looks at a prediction that cannot be streamed.
    """

    base_url: str = "https://api.replicate.com"
    cold_start_s: float = 300.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 5.0


@dataclass(frozen=True, slots=True)
class Prediction:
    """A prediction as the vendor last described it.

    Args:
        status: starting, processing, succeeded, failed, canceled or aborted.
        output: what the model has given so far: a text, a list of its parts, vectors.
        stream_url: where its output can be read as it comes; "" where the model streams nothing.
    """

    id: str
    status: str
    output: Any
    stream_url: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_over(self) -> bool:
        """Nothing more will come."""
        return self.status in _OVER

    @property
    def text(self) -> str:
        """The output so far as one text. Raises ValueError: it is something else."""
        parts = [self.output] if isinstance(self.output, str) else self.output or []
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            raise ValueError("the output of the model is no text")
        return "".join(parts)

    def tokens(self, kind: str) -> int | None:
        """Tokens of its `input` or `output`, where the model counts them."""
        return count(self.metrics.get(f"{kind}_token_count"))


def base_url(endpoint: Endpoint) -> str:
    """The vendor's address, or that of a gateway, without the API's version."""
    base = str(endpoint.credentials.get("base_url") or endpoint.options["base_url"]).strip().rstrip("/")
    return base.removesuffix("/v1")


def prediction_url(endpoint: Endpoint, prediction: Prediction, operation: str = "") -> str:
    """Where a prediction is looked up or (`/cancel`) ended.

    Made of our own base address and not taken from the answer, so that the key never goes elsewhere.
    """
    return f"{base_url(endpoint)}/v1/predictions/{quote(prediction.id, safe='')}{operation}"


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request to the API."""
    return {"Authorization": f"Bearer {endpoint.credentials.get('api_key', '')}"}


def stream_headers(endpoint: Endpoint, url: str) -> dict[str, str]:
    """The headers of a request for a stream.

    The vendor documents its key at its streaming hosts (replicate.com/docs/topics/predictions/streaming, read in
    November 2026); the key of a gateway stays with the gateway.
    """
    own = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
    base = base_url(endpoint)
    is_trusted = _origin(url) == _origin(base) or (_is_vendors(base) and _is_vendors(url))
    return {**own, **headers(endpoint)} if is_trusted else own


def may_stream_from(endpoint: Endpoint, url: str) -> bool:
    """Whether a stream's address is the API's own or the vendor's."""
    return _origin(url) == _origin(base_url(endpoint)) or _is_vendors(url)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc


def _is_vendors(url: str) -> bool:
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "https" and (host == _VENDOR or host.endswith(f".{_VENDOR}"))


def create_url(endpoint: Endpoint, model: ModelSpec) -> str:
    """Where predictions of a model are created: a version has an address of its own."""
    if version_of(endpoint, model):
        return f"{base_url(endpoint)}/v1/predictions"
    return f"{base_url(endpoint)}/v1/models/{quote(model.name)}/predictions"


def model_url(endpoint: Endpoint, model: ModelSpec) -> str:
    """Where a model, or its version, is described."""
    name, version = model.name.partition(":")[0], version_of(endpoint, model)
    return f"{base_url(endpoint)}/v1/models/{quote(name)}" + (f"/versions/{version}" if version else "")


def version_of(endpoint: Endpoint, model: ModelSpec) -> str:
    """The version that was entered, in its own field or behind the model's name; "" for none.

    Only the 64 hexadecimal digits of a version's id count: what else is entered is no address.
    """
    entered = endpoint.credentials.get("model_version") or model.name
    match = _VERSION.search(entered.rpartition(":")[2])
    return match[0] if match else ""


def create_body(endpoint: Endpoint, model: ModelSpec, inputs: Mapping[str, Any], *, stream: bool = False) -> bytes:
    """The body of a request for a prediction."""
    body: dict[str, Any] = {"input": inputs}
    if version := version_of(endpoint, model):
        body["version"] = version
    if stream:
        body["stream"] = True
    return orjson.dumps(body)


def chat_inputs(endpoint: Endpoint, model: ModelSpec, request: ChatRequest) -> dict[str, Any]:
    """The inputs of a language model: the prompt, the instructions, its parameters."""
    is_chat = model.mode == "chat"
    system = [text_of(message) for message in request.messages if message.role == "system"] if is_chat else []
    spoken = [message for message in request.messages if not (is_chat and message.role == "system")]
    inputs: dict[str, Any] = {"prompt": transcript(spoken)}
    if system:
        inputs["system_prompt"] = "\n\n".join(system)
    if picture := last_picture(request.messages):
        inputs["image"] = picture
    for name, value in request.parameters.items():
        if value is None or name in model.drop_params:
            continue
        if name in _SENT_AS_THEY_ARE:
            inputs[name] = value
        elif name == "max_tokens":
            inputs[endpoint.credentials.get("limit_input") or "max_tokens"] = value
    if request.stop and "stop" not in model.drop_params:
        inputs["stop_sequences"] = ",".join(request.stop)
    return inputs


def embedding_inputs(endpoint: Endpoint, texts: Sequence[str]) -> list[dict[str, str]]:
    """The inputs of the predictions that embed texts: one for all, or one for each where a model takes only one.

    A list goes as JSON text: that is how the vendor's embedding models state it (replicate.com/collections/
    embedding-models, November 2026).
    """
    name = endpoint.credentials.get("text_input") or "texts"
    if name == "text":
        return [{name: text} for text in texts]
    return [{name: orjson.dumps(list(texts)).decode()}]


def read_prediction(answer: Any) -> Prediction:
    """A prediction of the API's JSON. Raises a built-in error: it is none."""
    urls, metrics = answer.get("urls") or {}, answer.get("metrics") or {}
    if not isinstance(metrics, Mapping):
        raise TypeError("the metrics are no object")
    return Prediction(
        id=str(answer["id"]),
        status=str(answer["status"]),
        output=answer.get("output"),
        stream_url=str(urls.get("stream") or ""),
        metrics=metrics,
    )


def read_rows(output: Any) -> list[Any]:
    """The vectors in an embedding model's output: rows of numbers, or objects that hold one each; one row for one text.

    Raises:
        ValueError: the output is something else.
    """
    if isinstance(output, Mapping):
        output = output.get("embeddings") or output.get("embedding")
    if not isinstance(output, list) or not output:
        raise ValueError("the output of the model holds no vectors")
    if isinstance(output[0], int | float):
        return [output]
    return [row["embedding"] if isinstance(row, Mapping) else row for row in output]
