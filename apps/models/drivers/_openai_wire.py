"""Requests for answers in OpenAI's protocol: messages, parameters, tools, forms of answers. No I/O."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import orjson

from apps.models.contracts import ChatMessage, ChatRequest, Endpoint, ModelSpec, ParameterRule
from apps.models.errors import ProviderBadRequest

from . import _problems

# What a request itself says; a model parameter of an app cannot replace it.
_RESERVED: Final = frozenset(
    {"model", "messages", "prompt", "stream", "stream_options", "tools", "functions", "user", "n"}
    | {"response_format", "json_schema"}
)
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_-]+")

# Ranges and defaults as OpenAI's API reference states them (November 2026).
PARAMETERS: Final = (
    ParameterRule("temperature", "float", "Temperature", 0, 2, 1),
    ParameterRule("top_p", "float", "Top P", 0, 1, 1),
    ParameterRule("presence_penalty", "float", "Presence penalty", -2, 2, 0),
    ParameterRule("frequency_penalty", "float", "Frequency penalty", -2, 2, 0),
    ParameterRule("max_tokens", "int", "Max tokens", 1),
    ParameterRule("seed", "int", "Seed"),
    ParameterRule("response_format", "string", "Response format", options=("text", "json_object", "json_schema")),
    ParameterRule(
        "reasoning_effort", "string", "Effort", options=("minimal", "low", "medium", "high"), needs="reasoning"
    ),
)


def answer_body(endpoint: Endpoint, model: ModelSpec, request: ChatRequest, *, stream: bool = True) -> bytes:
    """The body of a request for an answer, in the form of the model's mode (`model.mode` names the operation).

    Raises:
        ProviderBadRequest: a picture or a schema that cannot be sent.
    """
    options = endpoint.options
    if model.mode == "completion":
        body = _parameters(options, model, request.parameters, {})
        body |= {"model": model.name, "prompt": one_text(request.messages)}
    else:
        body = _parameters(options, model, request.parameters, options["param_map"])
        body |= _response_format(endpoint, model, request.parameters)
        body |= {"model": model.name, "messages": _messages(endpoint, request.messages)}
        body |= _tools(options, request.tools)
    if stream:
        body["stream"] = True
        if options["stream_usage"]:
            body["stream_options"] = {"include_usage": True}
    if request.stop and "stop" not in model.drop_params | options["drop_params"]:
        body["stop"] = list(request.stop)[: options["max_stop"]]
    if request.user and "user" not in options["drop_params"]:
        body["user"] = request.user
    return orjson.dumps(body)


def one_text(messages: Sequence[ChatMessage]) -> str:
    """Messages as the one text that a completion model reads; what else than text they hold is left out."""
    return "\n\n".join(message.content for message in messages if isinstance(message.content, str))


def _parameters(
    options: Mapping[str, Any], model: ModelSpec, parameters: Mapping[str, Any], names: Mapping[str, str]
) -> dict[str, Any]:
    """Model parameters under the provider's names."""
    refused = _RESERVED | options["drop_params"] | model.drop_params
    body: dict[str, Any] = {}
    for name, value in parameters.items():
        if value is not None and name not in refused:
            values = options["param_values"].get(name)
            _put(body, names.get(name, name), values.get(str(value).lower(), value) if values else value)
    return body


def _put(body: dict[str, Any], name: str, value: Any) -> None:
    """Sets a field, where the name has dots in an object of the body."""
    *outer, last = name.split(".")
    for part in outer:
        body = body.setdefault(part, {})
    body[last] = value


def _response_format(endpoint: Endpoint, model: ModelSpec, parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The wanted form of the answer, as far as the provider has it."""
    wanted, style = parameters.get("response_format"), endpoint.options["schema_style"]
    if not wanted or style == "none" or "response_format" in endpoint.options["drop_params"] | model.drop_params:
        return {}
    if isinstance(wanted, Mapping):
        return {"response_format": wanted}
    if wanted != "json_schema":
        return {"response_format": {"type": wanted}}
    if style == "json_object":
        return {"response_format": {"type": "json_object"}}
    return {"response_format": {"type": "json_schema", "json_schema": _schema(endpoint, parameters.get("json_schema"))}}


def _schema(endpoint: Endpoint, given: Any) -> Mapping[str, Any]:
    """A schema in OpenAI's envelope; a bare one gets a name, and is strict where its form allows that."""
    try:
        schema = orjson.loads(given) if isinstance(given, str) else given
    except orjson.JSONDecodeError as error:
        raise _bad_request(endpoint, f"the JSON schema of the answer is not JSON: {error}") from error
    if not isinstance(schema, Mapping):
        raise _bad_request(endpoint, "the response format is json_schema, but there is no JSON schema")
    if isinstance(schema.get("schema"), Mapping):
        return {"name": "answer", **schema}
    name = _NO_NAME.sub("_", str(schema.get("title") or ""))[:64].strip("_") or "answer"
    return {"name": name, "schema": schema, "strict": _can_be_strict(schema)}


def _can_be_strict(schema: Any) -> bool:
    """Whether every object closes itself and requires all it has (OpenAI, "Structured Outputs", November 2026)."""
    if isinstance(schema, list):
        return all(map(_can_be_strict, schema))
    if not isinstance(schema, Mapping):
        return True
    fields = schema.get("properties")
    if schema.get("type") == "object" or isinstance(fields, Mapping):
        is_closed = schema.get("additionalProperties") is False
        if not is_closed or set(schema.get("required") or ()) != set(fields or ()):
            return False
    return all(map(_can_be_strict, schema.values()))


def _tools(options: Mapping[str, Any], tools: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    if not tools or options["tool_style"] == "none":
        return {}
    if options["tool_style"] == "functions":
        return {"functions": [tool["function"] for tool in tools]}
    return {"tools": list(tools)}


def _messages(endpoint: Endpoint, messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    if endpoint.options["tool_style"] == "functions":
        return list(_with_functions(endpoint, messages))
    return [_message(endpoint, message) for message in messages]


def _message(endpoint: Endpoint, message: ChatMessage) -> dict[str, Any]:
    body: dict[str, Any] = {"role": message.role, "content": _content(endpoint, message)}
    if message.tool_calls:
        body["content"] = body["content"] or None
        body["tool_calls"] = [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ]
        if endpoint.options["thoughts_back"]:
            body["reasoning_content"] = "".join(call.signature for call in message.tool_calls)
    if message.tool_call_id is not None:
        body["tool_call_id"] = message.tool_call_id
    return body


def _with_functions(endpoint: Endpoint, messages: Sequence[ChatMessage]) -> Iterator[dict[str, Any]]:
    """Messages in the older form, which has one call a message and names a result by its function."""
    names: dict[str | None, str] = {}
    for message in messages:
        body: dict[str, Any] = {"role": message.role, "content": _content(endpoint, message)}
        if message.role == "tool":
            body |= {"role": "function", "name": names.get(message.tool_call_id, "")}
        for call in message.tool_calls:
            names[call.id] = call.name
            body |= {"content": None, "function_call": {"name": call.name, "arguments": call.arguments}}
        yield body


def _content(endpoint: Endpoint, message: ChatMessage) -> str | list[Mapping[str, Any]]:
    if isinstance(message.content, str):
        return message.content
    if endpoint.options["image_style"] == "base64" and not all(map(_is_inside, message.content)):
        raise _bad_request(
            endpoint,
            "this provider fetches no pictures: upload the picture instead of giving its address, and let "
            "MULTIMODAL_SEND_IMAGE_FORMAT be base64",
        )
    return list(message.content)


def _is_inside(part: Mapping[str, Any]) -> bool:
    return part.get("type") != "image_url" or str(part["image_url"]["url"]).startswith("data:")


def _bad_request(endpoint: Endpoint, text: str) -> ProviderBadRequest:
    return ProviderBadRequest(_problems.sentence(endpoint, text))
