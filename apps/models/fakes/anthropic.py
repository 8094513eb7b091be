"""Anthropic's Messages protocol, as its API reference states it (read in November 2026)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.models.fake_servers import KEY, PROMPT_TOKENS, FakeServer, Plan, Refused, fake_servers, plan_for

VERSIONS: Final = ("2023-06-01", "2026-10-21")
SIGNATURE: Final = "c2lnbmVkIHRob3VnaHRz"
_SAMPLING: Final = ("temperature", "top_p", "top_k")
_REASONS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "refusal",
}
_TYPES: Final = {
    401: "authentication_error",
    402: "billing_error",
    403: "permission_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    504: "timeout_error",
    529: "overloaded_error",
}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Text(_Part):
    type: Literal["text"]
    text: str = Field(pattern=r"\S")


class _Base64(_Part):
    type: Literal["base64"]
    media_type: Literal["image/jpeg", "image/png", "image/gif", "image/webp"]
    data: str = Field(pattern=r"^[A-Za-z0-9+/]+={0,2}$")


class _Url(_Part):
    type: Literal["url"]
    url: str = Field(pattern="^https://")


class _Image(_Part):
    type: Literal["image"]
    source: Annotated[_Base64 | _Url, Field(discriminator="type")]


class _ToolUse(_Part):
    type: Literal["tool_use"]
    id: str = Field(pattern=r"^[a-zA-Z0-9_-]+$")
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")
    input: dict[str, Any]


class _ToolResult(_Part):
    type: Literal["tool_result"]
    tool_use_id: str
    content: str | list[Annotated[_Text | _Image, Field(discriminator="type")]] = ""
    is_error: bool = False


class _Thinking(_Part):
    type: Literal["thinking"]
    thinking: str
    signature: Literal["c2lnbmVkIHRob3VnaHRz"]


_Block = Annotated[_Text | _Image | _ToolUse | _ToolResult | _Thinking, Field(discriminator="type")]


class _Message(_Part):
    role: Literal["user", "assistant"]
    content: str | list[_Block]

    def blocks(self, kind: str) -> list[Any]:
        """Its blocks of one type."""
        return [] if isinstance(self.content, str) else [block for block in self.content if block.type == kind]


class _Tool(_Part):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")
    description: str = ""
    input_schema: dict[str, Any]
    type: Literal["custom"] | None = None


class _ToolChoice(_Part):
    type: Literal["auto", "any", "none"]
    disable_parallel_tool_use: bool = False


class _Adaptive(_Part):
    type: Literal["adaptive"]
    display: Literal["summarized", "omitted"] | None = None


class _Enabled(_Part):
    type: Literal["enabled"]
    budget_tokens: int = Field(ge=1024)
    display: Literal["summarized", "omitted"] | None = None


class _Off(_Part):
    type: Literal["disabled", "between_tools"]


class _Format(_Part):
    type: Literal["json_schema"]
    json_schema: dict[str, Any] = Field(alias="schema")


class _Output(_Part):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: _Format | None = None


class _Metadata(_Part):
    user_id: str | None = Field(None, max_length=512)


class _Request(_Part):
    model: str = Field(min_length=1)
    max_tokens: int = Field(ge=1)
    messages: list[_Message] = Field(min_length=1)
    system: str | list[_Text] = ""
    stream: bool = False
    temperature: float | None = Field(None, ge=0, le=1)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=0)
    stop_sequences: list[Annotated[str, Field(pattern=r"\S")]] = []
    metadata: _Metadata | None = None
    tools: list[_Tool] = []
    tool_choice: _ToolChoice | None = None
    thinking: Annotated[_Adaptive | _Enabled | _Off, Field(discriminator="type")] | None = None
    output_config: _Output | None = None


@fake_servers.register
class AnthropicFake(FakeServer):
    """See the module. The models `think…` give signed thoughts, also before the calls of `tool-think…`."""

    key: ClassVar[str] = "anthropic"
    label: ClassVar[str] = "Anthropic Messages"

    def routes(self) -> Iterable[web.RouteDef]:
        """Messages and the list of models."""
        return [web.post("/v1/messages", self._messages), web.get("/v1/models", self._models)]

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key and the address."""
        return {"api_key": KEY, "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"type": "error", "error": {"type": …, "message": …}}`."""
        kind = _TYPES.get(status, "api_error" if status >= 500 else "invalid_request_error")
        return {"type": "error", "error": {"type": kind, "message": sentence}, "request_id": "req_fake"}

    async def _models(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        model = {
            "type": "model",
            "id": "claude-sonnet-5-5",
            "display_name": "Claude Sonnet 5.5",
            "created_at": "2026-09-28T00:00:00Z",
            "lifecycle": "active",
        }
        return web.json_response({"data": [model], "has_more": False, "first_id": model["id"], "last_id": model["id"]})

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(await request.read(), request.headers["anthropic-version"])
        plan = _plan(asked)
        if not asked.stream:
            if plan.is_broken:
                return web.Response(body=b'{"type":"message","content":[', content_type="application/json")
            return web.json_response(_message(asked.model, plan))
        return await self.stream(request, plan, map(_sse, _events(asked.model, plan)))


def _authorise(request: web.Request) -> None:
    version = request.headers.get("anthropic-version")
    if version not in VERSIONS:
        raise Refused(400, f"anthropic-version: {version!r} is not a valid version")
    bearer = request.headers.get("Authorization") == f"Bearer {KEY}"
    if request.headers.get("x-api-key") != KEY and not bearer:
        raise Refused(401, "invalid x-api-key")


def _read(body: bytes, version: str) -> _Request:
    try:
        asked = _Request.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error
    sampling = [name for name in _SAMPLING if name in asked.model_fields_set]
    if sampling and version != VERSIONS[0]:
        raise Refused(400, f"{sampling[0]}: Extra inputs are not permitted")
    if asked.temperature is not None and asked.top_p is not None:
        raise Refused(400, "`temperature` and `top_p` cannot both be specified for this model.")
    _check_thinking(asked, sampling)
    _check_turns(asked.messages)
    if not asked.tools and any(message.blocks("tool_use") for message in asked.messages):
        raise Refused(400, "Requests which include `tool_use` or `tool_result` blocks must define tools")
    return asked


def _check_thinking(asked: _Request, sampling: Sequence[str]) -> None:
    if isinstance(asked.thinking, _Enabled) and asked.thinking.budget_tokens >= asked.max_tokens:
        raise Refused(400, "`max_tokens` must be greater than `thinking.budget_tokens`")
    if isinstance(asked.thinking, _Enabled | _Adaptive) and sampling:
        raise Refused(400, f"`{sampling[0]}` may not be set when thinking is enabled")


def _check_turns(messages: Sequence[_Message]) -> None:
    """The fake is stricter than the vendor, who joins turns of one side itself."""
    wanted: set[str] = set()
    role = "user"
    for number, message in enumerate(messages):
        if message.role != role:
            raise Refused(400, f"messages.{number}: roles must alternate, beginning with user")
        results = {block.tool_use_id for block in message.blocks("tool_result")}
        if results != wanted:
            raise Refused(400, f"messages.{number}: `tool_use` ids {wanted} and `tool_result` ids {results} differ")
        calls = message.blocks("tool_use")
        if calls and role == "user":
            raise Refused(400, f"messages.{number}: `tool_use` blocks can only be in `assistant` messages")
        wanted = {block.id for block in calls}
        role = "assistant" if role == "user" else "user"
    if role == "user" or wanted:
        raise Refused(400, "the conversation must end with a user message")


def _plan(asked: _Request) -> Plan:
    choice = asked.tool_choice.type if asked.tool_choice else "auto"
    tools = [] if choice == "none" else [tool.name for tool in asked.tools]
    has_results = bool(asked.messages[-1].blocks("tool_result"))
    plan = plan_for(asked.model, tools, has_results=has_results)
    if asked.model.startswith("tool-think") and plan.calls:
        return Plan((), thoughts=("I must add.",), calls=plan.calls, reason=plan.reason)
    return plan


def _blocks(plan: Plan) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if plan.thoughts:
        blocks.append({"type": "thinking", "thinking": "".join(plan.thoughts), "signature": SIGNATURE})
    if plan.text:
        blocks.append({"type": "text", "text": plan.text})
    return blocks + [
        {"type": "tool_use", "id": call.id, "name": call.name, "input": orjson.loads(call.arguments)}
        for call in plan.calls
    ]


def _message(model: str, plan: Plan) -> dict[str, Any]:
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": _blocks(plan),
        "stop_reason": _REASONS[plan.reason],
        "stop_sequence": None,
        "usage": _usage(plan.completion_tokens),
    }


def _usage(completion_tokens: int) -> dict[str, int]:
    """Some of the prompt comes from the cache."""
    return {
        "input_tokens": PROMPT_TOKENS - 2,
        "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": 2,
        "output_tokens": completion_tokens,
    }


def _events(model: str, plan: Plan) -> Iterator[dict[str, Any]]:
    start = {**_message(model, plan), "content": [], "stop_reason": None, "usage": _usage(1)}
    yield {"type": "message_start", "message": start}
    yield {"type": "ping"}
    if plan.is_broken:
        yield {"type": "content_block_delta"}
    for index, block in enumerate(_blocks(plan)):
        empty, deltas = _deltas(block, plan)
        yield {"type": "content_block_start", "index": index, "content_block": empty}
        for delta in deltas:
            yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    stop = {"stop_reason": _REASONS[plan.reason], "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": {"output_tokens": plan.completion_tokens}}
    yield {"type": "message_stop"}


def _deltas(block: Mapping[str, Any], plan: Plan) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A block as it begins, and what then comes of it."""
    if block["type"] == "text":
        return {"type": "text", "text": ""}, [{"type": "text_delta", "text": text} for text in plan.chunks]
    if block["type"] == "thinking":
        thoughts = [{"type": "thinking_delta", "thinking": text} for text in plan.thoughts]
        signature = {"type": "signature_delta", "signature": SIGNATURE}
        return {"type": "thinking", "thinking": "", "signature": ""}, [*thoughts, signature]
    text = orjson.dumps(block["input"]).decode()
    parts = ["", text[:4], text[4:]]
    return {**block, "input": {}}, [{"type": "input_json_delta", "partial_json": part} for part in parts]


def _sse(event: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (str(event["type"]).encode(), orjson.dumps(event))
