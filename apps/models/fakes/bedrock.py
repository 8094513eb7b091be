"""Amazon Bedrock's runtime: Converse, InvokeModel for embeddings and rerank, the list of models.

As the service's API model (2023-09-30) and the user guide state them (read in November 2026). Requests are let in
with a Bedrock API key or with a signature of `ACCESS_KEY_ID`, which the fake works out for itself.
"""

import hmac
import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, TypeVar
from urllib.parse import unquote

import orjson
from aiohttp import web
from pydantic import BaseModel, ValidationError

from apps.models.drivers._bedrock_signing import Scope, signature_of
from apps.models.fake_servers import KEY, PROMPT_TOKENS, FakeServer, Plan, Refused, fake_servers, plan_for

from ._bedrock_requests import CohereEmbed, Converse, Rerank, Titan

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
            return web.json_response({"results": _ranks(_read(Rerank, body), model)})
        if model.startswith("cohere."):
            asked = _read(CohereEmbed, body)
            vectors = [_vector(text, DIMENSIONS) for text in asked.texts]
            answer: dict[str, Any] = {"embeddings": vectors, "response_type": "embeddings_floats"}
            if "embed-v4" in model:
                answer = {"embeddings": {"float": vectors}, "response_type": "embeddings_by_type"}
            return web.json_response(answer, headers={"X-Amzn-Bedrock-Input-Token-Count": str(len(vectors))})
        if model.startswith("amazon.titan-embed"):
            text = _read(Titan, body)
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
    asked = _read(Converse, body)
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


def _check_turns(asked: Converse) -> None:
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


def _ranks(asked: Rerank, model: str) -> list[dict[str, Any]]:
    """Longer documents are better."""
    if model.startswith("cohere.") and asked.api_version != 2:
        raise Refused(400, "api_version: Field required")
    order = sorted(range(len(asked.documents)), key=lambda index: -len(asked.documents[index]))
    return [{"index": index, "relevance_score": 1 / (place + 1)} for place, index in enumerate(order[: asked.top_n])]
