"""Amazon Bedrock's runtime: Converse, InvokeModel for embeddings and rerank, the list of models.

As the service's API model (2023-09-30) and the user guide state them (read in November 2026). Requests are let in
with a Bedrock API key or with a signature of `ACCESS_KEY_ID`, which the fake works out for itself.
"""

import base64
import hmac
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, ClassVar, Final, Literal, TypeVar
from urllib.parse import unquote

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from apps.models.drivers._bedrock_signing import Scope, signature_of
from apps.models.fake_servers import KEY, PROMPT_TOKENS, FakeServer, Plan, Refused, fake_servers, plan_for

REGION: Final = "us-east-1"
ACCESS_KEY_ID: Final = "AKIAFAKE0123456789AB"
SIGNATURE: Final = "c2lnbmVkIHRob3VnaHRz"
DIMENSIONS: Final = 8
STREAM_TYPE: Final = "application/vnd.amazon.eventstream"
_AUTHORIZATION: Final = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(\w+)/(\d{8})/([a-z0-9-]+)/(\w+)/aws4_request, "
    r"SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$"
)
_REASONS: Final = {
    "stop": "end_turn",
    "length": "max_tokens",
    "tool_calls": "tool_use",
    "content_filter": "content_filtered",
}
_TYPES: Final = {
    400: "ValidationException",
    401: "UnrecognizedClientException",
    403: "AccessDeniedException",
    404: "ResourceNotFoundException",
    408: "ModelTimeoutException",
    424: "ModelErrorException",
    429: "ThrottlingException",
    503: "ServiceUnavailableException",
}
T = TypeVar("T", bound=BaseModel)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Union(_Part):
    """An object of which exactly one field is set."""

    @model_validator(mode="after")
    def _has_one_field(self) -> "_Union":
        if len(self.model_fields_set) != 1:
            raise ValueError("exactly one member of the union must be set")
        return self


class _Bytes(_Part):
    bytes: str

    @field_validator("bytes")
    @classmethod
    def _is_base64(cls, value: str) -> str:
        base64.b64decode(value, validate=True)
        return value


class _Image(_Part):
    format: Literal["png", "jpeg", "gif", "webp"]
    source: _Bytes


class _ToolUse(_Part):
    toolUseId: str = Field(pattern=r"^[a-zA-Z0-9_.:-]{1,64}$")
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    input: dict[str, Any]


class _ResultBlock(_Union):
    text: str | None = None
    json_value: Any = Field(None, alias="json")
    image: _Image | None = None


class _ToolResult(_Part):
    toolUseId: str
    content: list[_ResultBlock] = Field(min_length=1)
    status: Literal["success", "error"] | None = None


class _ReasoningText(_Part):
    text: str
    signature: Literal["c2lnbmVkIHRob3VnaHRz"]


class _Reasoning(_Union):
    reasoningText: _ReasoningText | None = None
    redactedContent: str | None = None


class _Block(_Union):
    text: str | None = Field(None, pattern=r"\S")
    image: _Image | None = None
    toolUse: _ToolUse | None = None
    toolResult: _ToolResult | None = None
    reasoningContent: _Reasoning | None = None


class _Message(_Part):
    role: Literal["user", "assistant"]
    content: list[_Block] = Field(min_length=1)


class _System(_Part):
    text: str = Field(min_length=1)


class _Inference(_Part):
    maxTokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=1)
    topP: float | None = Field(None, ge=0, le=1)
    stopSequences: list[Annotated[str, Field(min_length=1)]] = []


class _Schema(_Part):
    json_value: dict[str, Any] = Field(alias="json")


class _ToolSpec(_Part):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    description: str | None = Field(None, min_length=1)
    inputSchema: _Schema


class _Tool(_Part):
    toolSpec: _ToolSpec


class _ToolConfig(_Part):
    tools: list[_Tool] = Field(min_length=1)
    toolChoice: dict[str, Any] | None = None


class _JsonSchema(_Part):
    schema_text: str = Field(alias="schema")
    name: str | None = None
    description: str | None = None


class _Structure(_Part):
    jsonSchema: _JsonSchema


class _TextFormat(_Part):
    type: Literal["json_schema"]
    structure: _Structure


class _OutputConfig(_Part):
    effort: str | None = None
    textFormat: _TextFormat | None = None


class _Converse(_Part):
    messages: list[_Message] = Field(min_length=1)
    system: list[_System] = []
    inferenceConfig: _Inference | None = None
    toolConfig: _ToolConfig | None = None
    additionalModelRequestFields: dict[str, Any] = {}
    outputConfig: _OutputConfig | None = None


class _Titan(_Part):
    inputText: str = Field(min_length=1)
    dimensions: int | None = None
    normalize: bool = True


class _CohereEmbed(_Part):
    texts: list[Annotated[str, Field(min_length=1)]] = Field(min_length=1, max_length=96)
    input_type: Literal["search_document", "search_query", "classification", "clustering"]
    output_dimension: Literal[256, 512, 1024, 1536] | None = None


class _Rerank(_Part):
    query: str = Field(min_length=1)
    documents: list[str] = Field(min_length=1, max_length=1000)
    top_n: int = Field(ge=1)
    api_version: Literal[2] | None = None


@fake_servers.register
class BedrockFake(FakeServer):
    """See the module. `fail-in-stream` throttles in the middle of an answer; `tool-think…` thinks before it calls."""

    key: ClassVar[str] = "bedrock"
    label: ClassVar[str] = "Amazon Bedrock"

    def routes(self) -> Iterable[web.RouteDef]:
        """The runtime's operations on models, and the list of models."""
        return [
            web.post("/model/{model}/converse-stream", self._stream),
            web.post("/model/{model}/converse", self._converse),
            web.post("/model/{model}/invoke", self._invoke),
            web.get("/foundation-models", self._models),
        ]

    def credentials(self, url: str) -> Mapping[str, str]:
        """A Bedrock API key."""
        return {"region": REGION, "api_key": KEY, "base_url": url}

    def signing_credentials(self, url: str) -> Mapping[str, str]:
        """An access key and its secret."""
        return {"region": REGION, "access_key_id": ACCESS_KEY_ID, "secret_access_key": KEY, "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"message": …}`; the header `x-amzn-errortype` names the error."""
        return {"message": sentence}

    def _refused(self, refused: Refused) -> web.Response:
        answer = super()._refused(refused)
        kind = _TYPES.get(refused.status, "InternalServerException")
        answer.headers["x-amzn-errortype"] = f"{kind}:http://internal.amazon.com/coral/com.amazon.bedrock/"
        return answer

    async def _models(self, request: web.Request) -> web.StreamResponse:
        _authorise(request, b"")
        return web.json_response({"modelSummaries": [{"modelId": "amazon.nova-2-lite-v1:0"}]})

    async def _converse(self, request: web.Request) -> web.StreamResponse:
        plan = await _plan(request)
        if plan.is_broken:
            return web.Response(body=b'{"output":', content_type="application/json")
        return web.json_response(
            {
                "output": {"message": {"role": "assistant", "content": _blocks(plan)}},
                "stopReason": _REASONS[plan.reason],
                "usage": _usage(plan),
                "metrics": {"latencyMs": 1},
            }
        )

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        plan = await _plan(request)
        frames = _failing(plan) if _model(request) == "fail-in-stream" else _frames(plan)
        return await self.stream(request, plan, frames, STREAM_TYPE)

    async def _invoke(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        _authorise(request, body)
        model = _model(request)
        if model.startswith("fail-"):
            plan_for(model)
        if "rerank" in model:
            return web.json_response({"results": _ranks(_read(_Rerank, body), model)})
        if model.startswith("cohere."):
            asked = _read(_CohereEmbed, body)
            vectors = [_vector(text, DIMENSIONS) for text in asked.texts]
            answer: dict[str, Any] = {"embeddings": vectors, "response_type": "embeddings_floats"}
            if "embed-v4" in model:
                answer = {"embeddings": {"float": vectors}, "response_type": "embeddings_by_type"}
            return web.json_response(answer, headers={"X-Amzn-Bedrock-Input-Token-Count": str(len(vectors))})
        if model.startswith("amazon.titan-embed"):
            text = _read(_Titan, body)
            vector = _vector(text.inputText, text.dimensions or DIMENSIONS)
            answer = {"embedding": vector, "inputTextTokenCount": 1}
            return web.json_response(answer, headers={"X-Amzn-Bedrock-Input-Token-Count": "1"})
        raise Refused(400, "The provided model identifier is invalid.")


def _model(request: web.Request) -> str:
    return unquote(request.match_info["model"])


def _authorise(request: web.Request, body: bytes) -> None:
    given = request.headers.get("Authorization", "")
    if given == f"Bearer {KEY}":
        return
    found = _AUTHORIZATION.match(given)
    if found is None:
        raise Refused(403, "Missing Authentication Token" if not given else "Authentication failed.")
    identity, day, region, service, names, signature = found.groups()
    time = request.headers.get("X-Amz-Date", "")
    if identity != ACCESS_KEY_ID or not time.startswith(day) or service != "bedrock":
        raise Refused(401, "The security token included in the request is invalid.")
    headers = {name: " ".join(request.headers[name].split()) for name in names.split(";")}
    path = request.raw_path.partition("?")[0]
    right = signature_of(request.method, path, headers, body, KEY, Scope(region, service), time)
    if not {"host", "x-amz-date"} <= set(headers) or not hmac.compare_digest(signature, right):
        raise Refused(403, "The request signature we calculated does not match the signature you provided.")


def _read(schema: type[T], body: bytes) -> T:
    try:
        return schema.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(400, f"{'.'.join(map(str, first['loc']))}: {first['msg']}") from error


async def _plan(request: web.Request) -> Plan:
    body = await request.read()
    _authorise(request, body)
    asked = _read(_Converse, body)
    _check_turns(asked)
    tools = [tool.toolSpec.name for tool in asked.toolConfig.tools] if asked.toolConfig else []
    has_results = any(block.toolResult for block in asked.messages[-1].content)
    model = _model(request)
    if model == "fail-in-stream":
        return Plan()
    plan = plan_for(model, tools, has_results=has_results)
    if model.startswith("tool-think") and plan.calls:
        return Plan((), thoughts=("I must add.",), calls=plan.calls, reason=plan.reason)
    return plan


def _check_turns(asked: _Converse) -> None:
    wanted: set[str] = set()
    role = "user"
    for message in asked.messages:
        if message.role != role:
            raise Refused(400, "A conversation must alternate between user and assistant roles, beginning with user.")
        results = {block.toolResult.toolUseId for block in message.content if block.toolResult}
        if results != wanted:
            raise Refused(400, "Expected toolResult blocks for the toolUse blocks of the previous turn.")
        wanted = {block.toolUse.toolUseId for block in message.content if block.toolUse}
        if (wanted or results) and asked.toolConfig is None:
            raise Refused(400, "The toolConfig field must be defined when using toolUse and toolResult content blocks.")
        role = "assistant" if role == "user" else "user"
    if role == "user" or wanted:
        raise Refused(400, "A conversation must end with a user message.")


def _blocks(plan: Plan) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = []
    if plan.thoughts:
        text = {"text": "".join(plan.thoughts), "signature": SIGNATURE}
        blocks.append({"reasoningContent": {"reasoningText": text}})
    if plan.text:
        blocks.append({"text": plan.text})
    return blocks + [
        {"toolUse": {"toolUseId": call.id, "name": call.name, "input": orjson.loads(call.arguments)}}
        for call in plan.calls
    ]


def _usage(plan: Plan) -> dict[str, int]:
    """Some of the prompt comes from the cache."""
    return {
        "inputTokens": PROMPT_TOKENS - 2,
        "cacheReadInputTokens": 2,
        "outputTokens": plan.completion_tokens,
        "totalTokens": PROMPT_TOKENS + plan.completion_tokens,
    }


def _frames(plan: Plan) -> Iterator[bytes]:
    yield _event("messageStart", {"role": "assistant"})
    if plan.is_broken:
        yield frame({":message-type": "event", ":event-type": "contentBlockDelta"}, b'{"delta":')
    for index, (start, deltas) in enumerate(_parts(plan)):
        if start:
            yield _event("contentBlockStart", {"contentBlockIndex": index, "start": start})
        for delta in deltas:
            yield _event("contentBlockDelta", {"contentBlockIndex": index, "delta": delta, "p": "abcdefgh"})
        yield _event("contentBlockStop", {"contentBlockIndex": index})
    yield _event("messageStop", {"stopReason": _REASONS[plan.reason]})
    yield _event("metadata", {"usage": _usage(plan), "metrics": {"latencyMs": 1}})


def _parts(plan: Plan) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    """How each block begins, where that is told, and what then comes of it."""
    if plan.thoughts:
        thoughts: list[dict[str, Any]] = [{"reasoningContent": {"text": text}} for text in plan.thoughts]
        yield {}, [*thoughts, {"reasoningContent": {"signature": SIGNATURE}}]
    if plan.text:
        yield {}, [{"text": text} for text in plan.chunks]
    for call in plan.calls:
        parts = (call.arguments[:4], call.arguments[4:])
        start = {"toolUse": {"toolUseId": call.id, "name": call.name}}
        yield start, [{"toolUse": {"input": part}} for part in parts]


def _failing(plan: Plan) -> Iterator[bytes]:
    yield _event("messageStart", {"role": "assistant"})
    yield _event("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": plan.chunks[0]}})
    headers = {":message-type": "exception", ":exception-type": "throttlingException"}
    yield frame(headers, b'{"message":"Too many tokens, please wait before trying again."}')


def _event(kind: str, event: Mapping[str, Any]) -> bytes:
    headers = {":event-type": kind, ":content-type": "application/json", ":message-type": "event"}
    return frame(headers, orjson.dumps(event))


def frame(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One frame of an event stream; all headers are strings."""
    head = b"".join(
        struct.pack(">B", len(name)) + name.encode() + struct.pack(">BH", 7, len(value.encode())) + value.encode()
        for name, value in headers.items()
    )
    prelude = struct.pack(">II", 16 + len(head) + len(payload), len(head))
    message = prelude + struct.pack(">I", zlib.crc32(prelude)) + head + payload
    return message + struct.pack(">I", zlib.crc32(message))


def _vector(text: str, dimensions: int) -> list[float]:
    number = zlib.crc32(text.encode())
    return [1.0 + (number >> (8 * (place % 4)) & 0xFF) for place in range(dimensions)]


def _ranks(asked: _Rerank, model: str) -> list[dict[str, Any]]:
    """Longer documents are better."""
    if model.startswith("cohere.") and asked.api_version != 2:
        raise Refused(400, "api_version: Field required")
    order = sorted(range(len(asked.documents)), key=lambda index: -len(asked.documents[index]))
    return [{"index": index, "relevance_score": 1 / (place + 1)} for place, index in enumerate(order[: asked.top_n])]
