"""Requests of Amazon Bedrock's runtime: addresses, authentication, bodies of Converse. No I/O."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import orjson

from apps.models.contracts import ChatRequest, Endpoint, ModelSpec, ParameterRule, ToolCall
from apps.models.errors import ProviderBadRequest, ProviderUnauthorised

from . import _problems
from ._anthropic_thinking import MIN_BUDGET_TOKENS, is_thinking, thinking, with_budget
from ._anthropic_wire import DEFAULT_MAX_TOKENS, schema_of
from ._bedrock_signing import AwsKeys, Scope, signed
from ._turns import Block, Image, called_tools, kept_thoughts, system_text, turns

SERVICE: Final = "bedrock"
_JSON: Final = {"Content-Type": "application/json"}
_REGION: Final = re.compile(r"[a-z0-9-]+")
_FORMATS: Final = ("png", "jpeg", "gif", "webp")
_CLAUDE: Final = "anthropic."
_NOVA: Final = "amazon.nova"

# Ranges as Bedrock's API reference states them for `inferenceConfig` (November 2026); what thinks and how far is up
# to the model.
PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 1),
    ParameterRule("top_p", "float", "Top P", 0, 1),
    ParameterRule("top_k", "int", "Top K", 0),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("thinking", "boolean", "Thinking", needs="reasoning"),
    ParameterRule("budget_tokens", "int", "Thinking budget (tokens)", MIN_BUDGET_TOKENS, needs="reasoning"),
    ParameterRule(
        "reasoning_effort", "string", "Effort", options=("low", "medium", "high", "xhigh", "max"), needs="reasoning"
    ),
    ParameterRule("response_format", "string", "Response format", options=("text", "json_schema")),
)


class ConverseBlocks:
    """Content blocks of Converse."""

    def text(self, text: str) -> Block:
        """A text."""
        return {"text": text}

    def image(self, image: Image) -> Block:
        """A picture by its bytes. Raises ValueError: it has only an address, or is of a kind Bedrock does not take."""
        if not image.data:
            raise ValueError("Bedrock takes pictures as data, not by their address")
        kind = image.mime_type.removeprefix("image/").replace("jpg", "jpeg")
        if kind not in _FORMATS:
            raise ValueError(f"Bedrock takes no pictures of the type {image.mime_type}")
        return {"image": {"format": kind, "source": {"bytes": image.data}}}

    def call(self, call: ToolCall, arguments: Any) -> Block:
        """A call that the model made."""
        return {"toolUse": {"toolUseId": call.id, "name": call.name, "input": arguments}}

    def result(self, call_id: str, blocks: list[Block]) -> Block:
        """What came of a call; Bedrock wants at least one block."""
        return {"toolResult": {"toolUseId": call_id, "content": blocks or [{"text": "(empty)"}]}}

    def thoughts(self, signature: str) -> list[Block]:
        """The signed thoughts before a call."""
        return [block for block in kept_thoughts(signature) if "reasoningContent" in block]


def model_url(endpoint: Endpoint, model: ModelSpec, operation: str) -> str:
    """The address of a model's operation: `converse-stream`, `converse` or `invoke`.

    A model may be named by its id, an inference profile or the ARN of one. Colons stay as they are: the HTTP client
    would write them so in any case, and what is signed must be what is sent.
    """
    return f"{_base(endpoint, 'bedrock-runtime')}/model/{quote(model.name, safe=':')}/{operation}"


def models_url(endpoint: Endpoint) -> str:
    """The address of the list of models."""
    return f"{_base(endpoint, 'bedrock')}/foundation-models"


def headers(endpoint: Endpoint, method: str, url: str, body: bytes) -> dict[str, str]:
    """The headers of a request, its authentication among them.

    Raises:
        ProviderUnauthorised: there is neither an API key nor an access key with its secret.
    """
    given = endpoint.credentials
    if key := given.get("api_key"):
        return {**_JSON, "Authorization": f"Bearer {key}"}
    identity, secret = given.get("access_key_id"), given.get("secret_access_key")
    if not identity or not secret:
        text = "enter a Bedrock API key, or an access key ID and its secret access key"
        raise ProviderUnauthorised(_problems.sentence(endpoint, text))
    keys = AwsKeys(identity, secret, given.get("session_token") or "")
    scope = Scope(region(endpoint), SERVICE)
    return signed(method, url, _JSON, body, keys, scope, datetime.now(UTC))


def region(endpoint: Endpoint) -> str:
    """The region that was entered. Raises ProviderBadRequest: it is none, and would lead to another host."""
    name = (endpoint.credentials.get("region") or "").strip()
    if not _REGION.fullmatch(name):
        raise ProviderBadRequest(_problems.sentence(endpoint, f"{name!r} is not the name of an AWS region"))
    return name


def answer_body(endpoint: Endpoint, model: ModelSpec, request: ChatRequest) -> bytes:
    """The body of a request for an answer, streamed or not. Raises ProviderBadRequest: a message cannot be sent."""
    wishes = {
        name: value for name, value in request.parameters.items() if value is not None and name not in model.drop_params
    }
    setting = thinking(model.name, wishes) if _CLAUDE in model.name else None
    found = turns(endpoint, request.messages, ConverseBlocks())
    body: dict[str, Any] = {"messages": [{"role": turn.role, "content": turn.blocks} for turn in found]}
    system = system_text(request.messages)
    if system and any(message.role != "system" for message in request.messages):
        body["system"] = [{"text": system}]
    parts = {
        "inferenceConfig": _inference(model, request, wishes, setting),
        "additionalModelRequestFields": _own_fields(model, wishes, setting),
        "outputConfig": _output(wishes),
        "toolConfig": _tools(request),
    }
    return orjson.dumps(body | {name: part for name, part in parts.items() if part})


def _base(endpoint: Endpoint, service: str) -> str:
    entered = (endpoint.credentials.get("base_url") or "").strip().rstrip("/")
    return entered or f"https://{service}.{region(endpoint)}.amazonaws.com"


def _inference(
    model: ModelSpec, request: ChatRequest, wishes: Mapping[str, Any], setting: Mapping[str, Any] | None
) -> dict[str, Any]:
    names = {"temperature": "temperature", "top_p": "topP"}
    if is_thinking(setting):
        names = {}
    elif _CLAUDE in model.name and "temperature" in wishes:
        del names["top_p"]  # models from 4.1 to 4.6 take one of them, not both
    config = {ours: wishes[name] for name, ours in names.items() if name in wishes}
    limit = model.max_output_tokens
    if "max_tokens" in wishes or (setting or {}).get("budget_tokens"):
        tokens = wishes.get("max_tokens") or min(limit or DEFAULT_MAX_TOKENS, DEFAULT_MAX_TOKENS)
        config["maxTokens"] = with_budget(int(tokens), limit, setting)
    stop = [text for text in request.stop if text.strip()] if "stop" not in model.drop_params else []
    return {**config, "stopSequences": stop} if stop else config


def _own_fields(model: ModelSpec, wishes: Mapping[str, Any], setting: Mapping[str, Any] | None) -> dict[str, Any]:
    """What only some families of models know."""
    fields: dict[str, Any] = {"thinking": setting} if setting is not None else {}
    if "top_k" in wishes and _CLAUDE in model.name and not is_thinking(setting):
        fields["top_k"] = wishes["top_k"]
    elif "top_k" in wishes and _NOVA in model.name:
        fields["inferenceConfig"] = {"topK": wishes["top_k"]}
    return fields


def _output(wishes: Mapping[str, Any]) -> dict[str, Any]:
    output: dict[str, Any] = {}
    if effort := wishes.get("reasoning_effort"):
        output["effort"] = effort
    if schema := schema_of(wishes):
        text = orjson.dumps(schema).decode()
        output["textFormat"] = {"type": "json_schema", "structure": {"jsonSchema": {"schema": text}}}
    return output


def _tools(request: ChatRequest) -> dict[str, Any]:
    """The tools; where only the history has calls, Bedrock wants their tools declared all the same."""
    functions = [tool["function"] for tool in request.tools] or [
        {"name": name} for name in called_tools(request.messages)
    ]
    return {"tools": [{"toolSpec": _tool(function)} for function in functions]} if functions else {}


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", **(function.get("parameters") or {})}
    tool = {"name": function["name"], "inputSchema": {"json": schema}}
    return {**tool, "description": function["description"]} if function.get("description") else tool
