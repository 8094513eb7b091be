"""Cohere's protocol (v2), as its API reference and Cohere's own client state it (read in November 2026)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.models.fake_servers import KEY, PROMPT_TOKENS, FakeServer, Plan, Refused, fake_servers, plan_for

DIMENSIONS: Final = 1536
PLAN: Final = ("I will ", "add.")
_REASONS: Final = {"stop": "COMPLETE", "length": "MAX_TOKENS", "tool_calls": "TOOL_CALL"}
# The vendor's own prompt is read too, but not charged.
_PREAMBLE_TOKENS: Final = 60


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Text(_Part):
    type: Literal["text"]
    text: str


class _Url(_Part):
    url: str = Field(pattern=r"^(https://|data:image/[\w.+-]+;base64,)")
    detail: Literal["auto", "low", "high"] | None = None


class _Image(_Part):
    type: Literal["image_url"]
    image_url: _Url


class _Thought(_Part):
    type: Literal["thinking"]
    thinking: str


class _Document(_Part):
    data: dict[str, Any]
    id: str | None = None


class _DocumentPart(_Part):
    type: Literal["document"]
    document: _Document


class _Function(_Part):
    name: str = Field(min_length=1)
    arguments: str


class _Call(_Part):
    id: str = Field(min_length=1)
    type: Literal["function"]
    function: _Function


class _System(_Part):
    role: Literal["system"]
    content: str | list[_Text]


class _User(_Part):
    role: Literal["user"]
    content: str | list[Annotated[_Text | _Image, Field(discriminator="type")]]


class _Assistant(_Part):
    role: Literal["assistant"]
    content: str | list[Annotated[_Text | _Thought, Field(discriminator="type")]] | None = None
    tool_calls: list[_Call] = []
    tool_plan: str | None = None


class _Tool(_Part):
    role: Literal["tool"]
    tool_call_id: str = Field(min_length=1)
    content: str | list[Annotated[_Text | _DocumentPart, Field(discriminator="type")]]


_Message = Annotated[_System | _User | _Assistant | _Tool, Field(discriminator="role")]


class _Declared(_Part):
    name: str = Field(pattern=r"^[A-Za-z0-9_-]+$")
    description: str | None = None
    parameters: dict[str, Any]


class _Declaration(_Part):
    type: Literal["function"]
    function: _Declared


class _Format(_Part):
    type: Literal["text", "json_object"]
    json_schema: dict[str, Any] | None = None


class _Thinking(_Part):
    type: Literal["enabled", "disabled"]
    token_budget: int | None = Field(None, ge=1)


class _Request(_Part):
    model: str = Field(min_length=1)
    messages: list[_Message] = Field(min_length=1)
    stream: bool = False
    temperature: float | None = Field(None, ge=0)
    p: float | None = Field(None, ge=0.01, le=0.99)
    k: int | None = Field(None, ge=0, le=500)
    max_tokens: int | None = Field(None, ge=1)
    presence_penalty: float | None = Field(None, ge=0, le=1)
    frequency_penalty: float | None = Field(None, ge=0, le=1)
    seed: int | None = None
    stop_sequences: list[str] = Field([], max_length=5)
    tools: list[_Declaration] = []
    response_format: _Format | None = None
    thinking: _Thinking = _Thinking(type="enabled")


class _Embed(_Part):
    model: str = Field(min_length=1)
    input_type: Literal["search_document", "search_query", "classification", "clustering"]
    texts: list[Annotated[str, Field(min_length=1)]] = Field(min_length=1, max_length=96)
    embedding_types: list[Literal["float"]] = ["float"]
    output_dimension: int | None = None


class _Rerank(_Part):
    model: str = Field(min_length=1)
    query: str = Field(min_length=1)
    documents: list[str] = Field(min_length=1, max_length=1000)
    top_n: int | None = Field(None, ge=1)


@fake_servers.register
class CohereFake(FakeServer):
    """See the module. Calls of tools come after a plan; `filtered…` is refused with 498, as the vendor does it;
    `failing` ends its stream with an error.
    """

    key: ClassVar[str] = "cohere"
    label: ClassVar[str] = "Cohere v2"

    def routes(self) -> Iterable[web.RouteDef]:
        """Chat, vectors, ranks, and what is known of models."""
        return [
            web.post("/v2/chat", self._chat),
            web.post("/v2/embed", self._embed),
            web.post("/v2/rerank", self._rerank),
            web.get("/v1/models", self._models),
            web.get("/v1/models/{model}", self._model),
        ]

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key and the address."""
        return {"api_key": KEY, "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"id": …, "message": …}`."""
        return {"id": "fake", "message": sentence}

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(_Request, await request.read())
        _check(asked)
        plan = _plan(asked)
        if not asked.stream:
            if plan.is_broken:
                return web.Response(body=b'{"message": ', content_type="application/json")
            return web.json_response(_answer(plan))
        return await self.stream(request, plan, map(_sse, _events(asked.model, plan)))

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(_Embed, await request.read())
        plan_for(asked.model)
        vectors = [_vector(text, asked.output_dimension or DIMENSIONS) for text in asked.texts]
        meta = {"api_version": {"version": "2"}, "billed_units": {"input_tokens": 2.0 * len(vectors)}}
        return web.json_response({"id": "fake", "embeddings": {"float": vectors}, "texts": asked.texts, "meta": meta})

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(_Rerank, await request.read())
        plan_for(asked.model)
        query = set(asked.query.split())
        scores = [len(query & set(text.split())) / len(query) for text in asked.documents]
        order = sorted(range(len(scores)), key=lambda index: -scores[index])
        results = [{"index": index, "relevance_score": scores[index]} for index in order[: asked.top_n]]
        meta = {"api_version": {"version": "2"}, "billed_units": {"search_units": 1}}
        return web.json_response({"id": "fake", "results": results, "meta": meta})

    async def _models(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        return web.json_response({"models": [_known("command-a-03-2025")]})

    async def _model(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        plan_for(request.match_info["model"])
        return web.json_response(_known(request.match_info["model"]))


def _authorise(request: web.Request) -> None:
    given = request.headers.get("Authorization")
    if given is None:
        raise Refused(401, "no api key supplied")
    if given != f"Bearer {KEY}":
        raise Refused(401, "invalid api token")


def _read(kind: type[Any], body: bytes) -> Any:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(400, f"invalid request: {'.'.join(map(str, first['loc']))}: {first['msg']}") from error


def _check(asked: _Request) -> None:
    if asked.response_format and asked.tools:
        raise Refused(400, "invalid request: response_format is not supported with tools.")
    waiting: set[str] = set()
    for message in asked.messages:
        if isinstance(message, _Tool):
            if message.tool_call_id not in waiting:
                raise Refused(400, f"invalid request: tool call id not found in previous tool calls: {message}")
            waiting.remove(message.tool_call_id)
        elif waiting:
            raise Refused(400, f"invalid request: tool calls without results: {sorted(waiting)}")
        if isinstance(message, _Assistant):
            waiting = {call.id for call in message.tool_calls}
            if message.content is None and not waiting:
                raise Refused(400, "invalid request: an assistant message must have content or tool calls")
    if waiting or isinstance(asked.messages[-1], _Assistant):
        raise Refused(400, "invalid request: the last message must be of the user or of a tool")


def _plan(asked: _Request) -> Plan:
    names = [tool.function.name for tool in asked.tools]
    plan = plan_for(asked.model, names, has_results=isinstance(asked.messages[-1], _Tool))
    if plan.reason == "content_filter":
        raise Refused(498, "blocked output: deny-listed token")
    return Plan(plan.chunks) if plan.thoughts and asked.thinking.type == "disabled" else plan


def _usage(plan: Plan) -> dict[str, Any]:
    written = float(plan.completion_tokens)
    return {
        "billed_units": {"input_tokens": float(PROMPT_TOKENS), "output_tokens": written},
        "tokens": {"input_tokens": float(PROMPT_TOKENS + _PREAMBLE_TOKENS), "output_tokens": written},
    }


def _calls(plan: Plan) -> list[dict[str, Any]]:
    return [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in plan.calls
    ]


def _answer(plan: Plan) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": []}
    if plan.thoughts:
        message["content"].append({"type": "thinking", "thinking": "".join(plan.thoughts)})
    if plan.text:
        message["content"].append({"type": "text", "text": plan.text})
    if plan.calls:
        message |= {"tool_plan": "".join(PLAN), "tool_calls": _calls(plan)}
    return {"id": "fake", "finish_reason": _REASONS[plan.reason], "message": message, "usage": _usage(plan)}


def _events(model: str, plan: Plan) -> Iterator[dict[str, Any]]:
    start = {"role": "assistant", "content": [], "tool_plan": "", "tool_calls": [], "citations": []}
    yield {"type": "message-start", "id": "fake", "delta": {"message": start}}
    if plan.is_broken:
        yield {"type": "content-delta", "index": 0, "delta": None}
    index = 0
    for kind, texts in (("thinking", plan.thoughts), ("text", plan.chunks)):
        if texts:
            yield from _block(index, kind, texts)
            index += 1
    if plan.calls:
        for text in PLAN:
            yield {"type": "tool-plan-delta", "delta": {"message": {"tool_plan": text}}}
    for number, call in enumerate(_calls(plan)):
        yield from _call(number, call)
    if model == "failing":
        yield {"type": "message-end", "delta": {"finish_reason": "ERROR", "error": "The fake fails, as asked."}}
    else:
        yield {"type": "message-end", "delta": {"finish_reason": _REASONS[plan.reason], "usage": _usage(plan)}}


def _block(index: int, kind: str, texts: Sequence[str]) -> Iterator[dict[str, Any]]:
    begun = {"message": {"content": {"type": kind, kind: ""}}}
    yield {"type": "content-start", "index": index, "delta": begun}
    for text in texts:
        yield {"type": "content-delta", "index": index, "delta": {"message": {"content": {kind: text}}}}
    yield {"type": "content-end", "index": index}


def _call(index: int, call: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    arguments = call["function"]["arguments"]
    begun = {**call, "function": {**call["function"], "arguments": ""}}
    yield {"type": "tool-call-start", "index": index, "delta": {"message": {"tool_calls": begun}}}
    for part in (arguments[:4], arguments[4:]):
        changed = {"function": {"arguments": part}}
        yield {"type": "tool-call-delta", "index": index, "delta": {"message": {"tool_calls": changed}}}
    yield {"type": "tool-call-end", "index": index}


def _sse(event: Mapping[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (str(event["type"]).encode(), orjson.dumps(event))


def _known(model: str) -> dict[str, Any]:
    return {"name": model, "endpoints": ["chat"], "finetuned": False, "context_length": 256000}


def _vector(text: str, size: int) -> list[float]:
    vector = [0.0] * size
    vector[0] = 1.0
    for letter in text:
        vector[ord(letter) % size] += 1.0
    return vector
