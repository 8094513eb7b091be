"""Hugging Face's router, its pipelines and an Inference Endpoint in one, as their pages state them (November 2026).

At the root is the endpoint: `task` and `endpoint_model` say what is deployed there. Beside the models of every fake:
`loading…` is not loaded yet, `tokens…` gives a vector for each token.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar, Final, Literal, TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.models.fake_servers import KEY, PROMPT_TOKENS, FakeServer, Plan, Refused, fake_servers, plan_for

ORGANISATION: Final = "acme"
_REASONS: Final = {"stop": "eos_token", "length": "length"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Grammar(_Part):
    type: Literal["json", "regex", "json_schema"]
    value: Any


class _Generation(_Part):
    """What text-generation-inference takes; it refuses a temperature of 0 and a top_p of 1."""

    temperature: float | None = Field(None, gt=0)
    top_p: float | None = Field(None, gt=0, lt=1)
    top_k: int | None = Field(None, gt=0)
    max_new_tokens: int | None = Field(None, gt=0)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    repetition_penalty: float | None = Field(None, gt=0)
    seed: int | None = Field(None, ge=0)
    stop: list[str] = Field([], max_length=4)
    do_sample: bool = False
    return_full_text: bool | None = None
    details: bool = False
    decoder_input_details: bool = False
    watermark: bool = False
    grammar: _Grammar | None = None


class _Text(_Part):
    inputs: str = Field(min_length=1)
    parameters: _Generation = _Generation()
    stream: bool = False


class _Features(_Part):
    inputs: str | list[str]
    truncate: bool = False
    normalize: bool | None = None
    prompt_name: str | None = None


class _Message(_Part):
    role: Literal["system", "user", "assistant", "tool"]
    content: str | list[dict[str, Any]] | None
    tool_calls: list[dict[str, Any]] = []
    tool_call_id: str | None = None


class _Chat(_Part):
    model: str = Field(min_length=1)
    messages: list[_Message] = Field(min_length=1)
    stream: bool = False
    stream_options: dict[str, bool] | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    max_tokens: int | None = Field(None, ge=1)
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop: list[str] | None = None
    tools: list[dict[str, Any]] = []
    response_format: dict[str, Any] | None = None


Asked = TypeVar("Asked", bound=_Part)


@fake_servers.register
class HuggingFaceFake(FakeServer):
    """See the module."""

    key: ClassVar[str] = "huggingface"
    label: ClassVar[str] = "Hugging Face"

    def __init__(self) -> None:
        super().__init__()
        self.task = "text-generation"
        self.endpoint_model = "plain"

    def routes(self) -> Iterable[web.RouteDef]:
        """The router's chats, the pipelines of hosted models, whose a key is, and the endpoint at the root."""
        hosted = "/hf-inference/models/{model:[^/]+/[^/]+}"
        return [
            web.get("/api/whoami-v2", self._whoami),
            web.get("/v1/models", self._models),
            web.post("/v1/chat/completions", self._chat),
            web.post(f"{hosted}/pipeline/feature-extraction", self._features),
            web.post(hosted, self._pipeline),
            web.post("/", self._endpoint),
        ]

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key and the address of the endpoint."""
        return {"api_key": KEY, "endpoint_type": "Inference Endpoint", "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"error": …}`, for a model that loads with the seconds it may take."""
        return {"error": sentence, "estimated_time": 20.0} if status == 503 else {"error": sentence}

    async def _whoami(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        return web.json_response({"type": "user", "id": "1", "name": "ada", "orgs": [{"name": ORGANISATION}]})

    async def _models(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        return web.json_response({"object": "list", "data": [{"id": self.endpoint_model, "object": "model"}]})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(_Chat, await request.read())
        names = [tool["function"]["name"] for tool in asked.tools]
        plan = _plan(asked.model, names, has_results=asked.messages[-1].role == "tool")
        if not asked.stream:
            raise Refused(422, "this fake only streams chats")
        return await self.stream(request, plan, map(_sse, _chunks(plan)))

    async def _endpoint(self, request: web.Request) -> web.StreamResponse:
        if self.task == "feature-extraction":
            return await self._features(request)
        return await self._pipeline(request)

    async def _features(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(_Features, await request.read())
        texts = [asked.inputs] if isinstance(asked.inputs, str) else asked.inputs
        if not all(texts):
            raise Refused(422, "`inputs` cannot be empty")
        model = self._model_of(request)
        plan = _plan(model)
        if plan.is_broken:
            return web.Response(body=b"[[1.0,", content_type="application/json")
        rows: list[Any] = [[float(len(text)), 1.0, 0.0] for text in texts]
        if model.startswith("tokens"):
            rows = [[[2 * row[0], 0.0, 0.0], [0.0, 2.0, 0.0]] for row in rows]
        return web.json_response(rows if plan.chunks else [])

    async def _pipeline(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        plan = _plan(self._model_of(request))
        if request.content_type.startswith("audio/"):
            return web.json_response({"text": plan.text.strip()})
        body = await request.read()
        asked = _read(_Text, body)
        if self.task == "text2text-generation":
            if asked.stream or asked.parameters.details:
                raise Refused(400, "stream is not supported for text2text-generation")
            return web.json_response([{"generated_text": plan.text}])
        if not asked.stream:
            return web.json_response({"generated_text": plan.text})
        return await self.stream(request, plan, map(_sse, _tokens(asked, plan)))

    def _model_of(self, request: web.Request) -> str:
        return request.match_info.get("model", self.endpoint_model).rpartition("/")[2]


def _authorise(request: web.Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        raise Refused(401, "Invalid username or password.")
    if request.headers.get("X-HF-Bill-To", ORGANISATION) != ORGANISATION:
        raise Refused(403, "You are not allowed to bill this organization.")


def _read(kind: type[Asked], body: bytes) -> Asked:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Refused(422, str(error)[:200]) from error


def _plan(model: str, tools: list[str] | None = None, *, has_results: bool = False) -> Plan:
    name = model.rpartition("/")[2]
    if name.startswith("loading"):
        raise Refused(503, f"Model {model} is currently loading")
    return plan_for(name, tools or [], has_results=has_results)


def _tokens(asked: _Text, plan: Plan) -> Iterator[Mapping[str, Any]]:
    """One event a token; the last one is special and has the whole text."""
    if plan.is_broken:
        yield {"index": 1}
    for number, chunk in enumerate(plan.chunks):
        yield _token(number, chunk, special=False)
    details = {
        "finish_reason": _REASONS.get(plan.reason, "eos_token"),
        "generated_tokens": plan.completion_tokens,
        "input_length": PROMPT_TOKENS,
        "seed": None,
    }
    last = _token(len(plan.chunks), "</s>", special=True)
    yield {**last, "generated_text": plan.text, "details": details if asked.parameters.details else None}


def _token(number: int, text: str, *, special: bool) -> dict[str, Any]:
    token = {"id": number, "text": text, "logprob": -0.5, "special": special}
    return {"index": number + 1, "token": token, "generated_text": None, "details": None}


def _chunks(plan: Plan) -> Iterator[Mapping[str, Any]]:
    if plan.is_broken:
        yield {"choices": "broken"}
    for chunk in plan.chunks:
        yield {"choices": [{"index": 0, "delta": {"role": "assistant", "content": chunk}, "finish_reason": None}]}
    calls = [
        {"index": n, "id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for n, call in enumerate(plan.calls)
    ]
    delta = {"tool_calls": calls} if calls else {}
    yield {"choices": [{"index": 0, "delta": delta, "finish_reason": plan.reason}]}
    usage = {"prompt_tokens": PROMPT_TOKENS, "completion_tokens": plan.completion_tokens}
    yield {"choices": [], "usage": usage}


def _sse(event: Mapping[str, Any]) -> bytes:
    return b"data: " + orjson.dumps(event) + b"\n\n"
