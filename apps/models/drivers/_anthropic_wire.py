"""Requests of Anthropic's Messages protocol: addresses, headers, bodies, errors. No I/O."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from apps.models.contracts import ChatRequest, DriverOptions, Endpoint, ModelSpec, ParameterRule, ToolCall
from apps.models.errors import ProviderError, ProviderRateLimited

from . import _problems
from ._anthropic_thinking import BUDGETED, MIN_BUDGET_TOKENS, is_thinking, thinking, with_budget
from ._turns import Block, Image, called_tools, kept_thoughts, system_text, turns

# `max_tokens` is required. Where nobody says how long an answer may be, no model's whole 128,000 tokens are reserved.
DEFAULT_MAX_TOKENS: Final = 16_384
UNKNOWN_MAX_TOKENS: Final = 4096

# Ranges as Anthropic's API reference states them (November 2026). Models from 4.7 on refuse the first three.
PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 1, 1),
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

_SAMPLING: Final = ("temperature", "top_p", "top_k")

# The status that an error's type has as an answer of its own (Anthropic, "Errors", read in November 2026).
_STATUS: Final = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "billing_error": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "request_too_large": 413,
    "rate_limit_error": 429,
    "api_error": 500,
    "timeout_error": 504,
    "overloaded_error": 529,
}


class AnthropicOptions(DriverOptions):
    """Knobs of the Messages protocol.

    Args:
        base_url: where the workspace's credentials name none.
        auth_header, auth_prefix: how the key is sent.
        version: of the API. `2026-10-21` knows no sampling parameters any more; `2023-06-01` does, for the models
            that take them.
        extra_headers: sent with every request.
        drop_params: model parameters that this provider refuses.
        budgeted_models: parts of the names of models whose thinking wants a budget; "" is in every name.
    """

    base_url: str = "https://api.anthropic.com"
    auth_header: str = "x-api-key"
    auth_prefix: str = ""
    version: str = "2023-06-01"
    extra_headers: Mapping[str, str] = {}
    drop_params: frozenset[str] = frozenset()
    budgeted_models: tuple[str, ...] = BUDGETED


class AnthropicBlocks:
    """Content blocks of the Messages protocol."""

    def text(self, text: str) -> Block:
        """A text."""
        return {"type": "text", "text": text}

    def image(self, image: Image) -> Block:
        """A picture, by its address or with its bytes."""
        if image.data:
            source = {"type": "base64", "media_type": image.mime_type, "data": image.data}
        else:
            source = {"type": "url", "url": image.url}
        return {"type": "image", "source": source}

    def call(self, call: ToolCall, arguments: Any) -> Block:
        """A call that the model made."""
        return {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments}

    def result(self, call_id: str, blocks: list[Block]) -> Block:
        """What came of a call."""
        block: Block = {"type": "tool_result", "tool_use_id": call_id}
        return {**block, "content": blocks} if blocks else block

    def thoughts(self, signature: str) -> list[Block]:
        """The signed thoughts before a call."""
        return [block for block in kept_thoughts(signature) if block.get("type") in ("thinking", "redacted_thinking")]


def url(endpoint: Endpoint, operation: str) -> str:
    """The address of `messages` or `models`; a base URL may name the version or leave it out."""
    base = str(endpoint.credentials.get("base_url") or endpoint.options["base_url"]).strip().rstrip("/")
    return f"{base.removesuffix('/v1')}/v1/{operation}"


def headers(endpoint: Endpoint) -> dict[str, str]:
    """The headers of every request."""
    options, key = endpoint.options, endpoint.credentials.get("api_key")
    auth = {options["auth_header"]: f"{options['auth_prefix']}{key}"} if key else {}
    return {"anthropic-version": options["version"], **options["extra_headers"], **auth}


def answer_body(endpoint: Endpoint, model: ModelSpec, request: ChatRequest, *, stream: bool = True) -> bytes:
    """The body of a request for an answer. Raises ProviderBadRequest: a message cannot be sent."""
    refused = model.drop_params | endpoint.options["drop_params"]
    wishes = {name: value for name, value in request.parameters.items() if value is not None and name not in refused}
    setting = thinking(model.name, wishes, endpoint.options["budgeted_models"])
    found = turns(endpoint, request.messages, AnthropicBlocks())
    body: dict[str, Any] = {
        "model": model.name,
        "max_tokens": _max_tokens(model, wishes, setting),
        "messages": [{"role": turn.role, "content": turn.blocks} for turn in found],
    }
    system = system_text(request.messages)
    if system and any(message.role != "system" for message in request.messages):
        body["system"] = system
    body |= _settings(wishes, setting) | _tools(request)
    stop = [text for text in request.stop if text.strip()] if "stop" not in refused else []
    if stop:
        body["stop_sequences"] = stop
    if request.user:
        body["metadata"] = {"user_id": request.user}
    if stream:
        body["stream"] = True
    return orjson.dumps(body)


def schema_of(wishes: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The JSON Schema that an answer must fit, if one is asked for: bare, or OpenAI's `{"name": …, "schema": …}`."""
    if wishes.get("response_format") != "json_schema":
        return None
    value = wishes.get("json_schema")
    try:
        schema = orjson.loads(value) if isinstance(value, str) else value
    except orjson.JSONDecodeError:
        return None
    if not isinstance(schema, Mapping):
        return None
    inner = schema.get("schema")
    return inner if isinstance(inner, Mapping) and "type" not in schema else schema


def error_from_event(endpoint: Endpoint, error: Any) -> ProviderError:
    """The error for an `error` object in a stream: `{"type": "overloaded_error", "message": …}`."""
    fields = error if isinstance(error, Mapping) else {"message": str(error)}
    status = _STATUS.get(str(fields.get("type")), 500)
    text = str(fields.get("message") or fields.get("type") or error)
    if status == 429:  # its words are of tokens a minute, which must not be taken for the prompt's
        return ProviderRateLimited(_problems.sentence(endpoint, text))
    return _problems.from_event(endpoint, {"message": text, "code": status})


def _max_tokens(model: ModelSpec, wishes: Mapping[str, Any], setting: Mapping[str, Any] | None) -> int:
    limit = model.max_output_tokens
    default = min(limit, DEFAULT_MAX_TOKENS) if limit else UNKNOWN_MAX_TOKENS
    return with_budget(int(wishes.get("max_tokens") or default), limit, setting)


def _settings(wishes: Mapping[str, Any], setting: Mapping[str, Any] | None) -> dict[str, Any]:
    body: dict[str, Any] = {}
    if setting is not None:
        body["thinking"] = setting
    if not is_thinking(setting):
        body |= {name: wishes[name] for name in _SAMPLING if name in wishes}
        if "temperature" in body:
            body.pop("top_p", None)  # models from 4.1 to 4.6 take one of them, not both
    output: dict[str, Any] = {}
    if effort := wishes.get("reasoning_effort"):
        output["effort"] = effort
    if schema := schema_of(wishes):
        output["format"] = {"type": "json_schema", "schema": schema}
    if output:
        body["output_config"] = output
    return body


def _tools(request: ChatRequest) -> dict[str, Any]:
    """The tools; where only the history has calls, the vendor wants their tools declared all the same."""
    if request.tools:
        return {"tools": [_tool(tool["function"]) for tool in request.tools]}
    names = called_tools(request.messages)
    if not names:
        return {}
    declared = [{"name": name, "input_schema": {"type": "object"}} for name in names]
    return {"tools": declared, "tool_choice": {"type": "none"}}


def _tool(function: Mapping[str, Any]) -> dict[str, Any]:
    schema = {"type": "object", **(function.get("parameters") or {})}
    tool = {"name": function["name"], "input_schema": schema}
    return {**tool, "description": function["description"]} if function.get("description") else tool
