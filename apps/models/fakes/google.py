"""Google's Gemini protocol, as its API reference and Google's own client state it (read in November 2026)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Final, Literal

import orjson
from aiohttp import web
from pydantic import AliasChoices, AliasGenerator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_snake

from apps.models.fake_servers import KEY, PROMPT_TOKENS, FakeServer, Plan, Refused, fake_servers, plan_for

SIGNATURE: Final = "c2lnbmVkIGJ5IEdvb2dsZQ=="
UNSIGNED: Final = "skip_thought_signature_validator"
DIMENSIONS: Final = 3072
MAX_TEXTS: Final = 100
HEARD: Final = "Hello there."
_MODELS: Final = "/{version:v1|v1beta}/models"  # Google's own client calls the first since its version 3
_WRONG_KEY: Final = "API key not valid. Please pass a valid API key."
_NO_KEY: Final = "Method doesn't allow unregistered callers."
_REASONS: Final = {"stop": "STOP", "tool_calls": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}
_STATUSES: Final = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}
_Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,128}$")]
_Base64 = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/_-]+={0,2}$")]


def _both_cases(name: str) -> AliasChoices:
    """Names of fields may be written in either case, as in the JSON of all of Google's protocols."""
    return AliasChoices(name, to_snake(name))


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, alias_generator=AliasGenerator(validation_alias=_both_cases))


class _Blob(_Part):
    mimeType: str = Field(pattern=r"^(image|audio|video|application|text)/[\w.+-]+$")
    data: _Base64


class _File(_Part):
    fileUri: str = Field(pattern="^https://")
    mimeType: str | None = None


class _Call(_Part):
    name: _Name
    args: dict[str, Any] = {}
    id: str | None = None


class _Result(_Part):
    name: _Name
    response: dict[str, Any]
    id: str | None = None


class _AnyPart(_Part):
    text: str | None = None
    inlineData: _Blob | None = None
    fileData: _File | None = None
    functionCall: _Call | None = None
    functionResponse: _Result | None = None
    thought: bool | None = None
    thoughtSignature: str | None = None

    @model_validator(mode="after")
    def _holds_one_thing(self) -> "_AnyPart":
        held = (self.text, self.inlineData, self.fileData, self.functionCall, self.functionResponse)
        if sum(value is not None for value in held) != 1:
            raise ValueError("exactly one of the data fields must be set")
        return self


class _Content(_Part):
    role: Literal["user", "model"] | None = None
    parts: list[_AnyPart] = Field(min_length=1)

    @property
    def calls(self) -> list[_AnyPart]:
        return [part for part in self.parts if part.functionCall]

    @property
    def results(self) -> list[_Result]:
        return [part.functionResponse for part in self.parts if part.functionResponse]


class _Declaration(_Part):
    name: _Name
    description: str = Field(min_length=1)
    parameters: dict[str, Any] | None = None
    parametersJsonSchema: dict[str, Any] | None = None


class _Tool(_Part):
    functionDeclarations: list[_Declaration]


class _Thinking(_Part):
    includeThoughts: bool | None = None
    thinkingBudget: int | None = Field(None, ge=-1)
    thinkingLevel: Literal["minimal", "low", "medium", "high"] | None = None

    @model_validator(mode="after")
    def _is_told_in_one_way(self) -> "_Thinking":
        if self.thinkingBudget is not None and self.thinkingLevel is not None:
            raise ValueError("thinking_budget and thinking_level cannot both be set")
        return self


class _Config(_Part):
    temperature: float | None = Field(None, ge=0, le=2)
    topP: float | None = Field(None, ge=0, le=1)
    topK: int | None = Field(None, ge=1)
    maxOutputTokens: int | None = Field(None, ge=1)
    presencePenalty: float | None = Field(None, ge=-2, lt=2)
    frequencyPenalty: float | None = Field(None, ge=-2, lt=2)
    seed: int | None = None
    stopSequences: list[Annotated[str, Field(min_length=1)]] = Field([], max_length=5)
    responseMimeType: Literal["text/plain", "application/json", "text/x.enum"] | None = None
    responseSchema: dict[str, Any] | None = None
    responseJsonSchema: dict[str, Any] | None = None
    thinkingConfig: _Thinking = _Thinking()

    @model_validator(mode="after")
    def _schema_is_of_json(self) -> "_Config":
        if (self.responseSchema or self.responseJsonSchema) and self.responseMimeType != "application/json":
            raise ValueError("a response schema needs response_mime_type application/json")
        return self


class _System(_Part):
    role: str | None = None
    parts: list[_AnyPart] = Field(min_length=1)


class _Request(_Part):
    contents: list[_Content] = Field(min_length=1)
    systemInstruction: _System | None = None
    generationConfig: _Config = _Config()
    tools: list[_Tool] = []


class _Embed(_Part):
    model: str
    content: _Content
    taskType: str | None = None
    outputDimensionality: int | None = Field(None, ge=1, le=DIMENSIONS)


class _Batch(_Part):
    requests: list[_Embed] = Field(min_length=1, max_length=MAX_TEXTS)


@fake_servers.register
class GoogleFake(FakeServer):
    """See the module. The models `tool…` sign their first call; `tool-id…` and later give calls ids.

    `filtered-prompt` is blocked before an answer begins; `malformed` writes a call that cannot be read; what is asked
    with a recording is answered with `HEARD`.
    """

    key: ClassVar[str] = "google"
    label: ClassVar[str] = "Google Gemini"

    def routes(self) -> Iterable[web.RouteDef]:
        """Models and their methods."""
        return [
            web.get(_MODELS, self._models),
            web.get(_MODELS + "/{model}", self._model),
            web.post(_MODELS + "/{model}:{method}", self._call),
        ]

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key and the address."""
        return {"api_key": KEY, "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"error": {"code": …, "message": …, "status": …, "details": [ErrorInfo or RetryInfo]}}`."""
        error: dict[str, Any] = {"code": status, "message": sentence, "status": _STATUSES.get(status, "INTERNAL")}
        if sentence == _WRONG_KEY:
            reason = {"reason": "API_KEY_INVALID", "domain": "googleapis.com"}
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", **reason}]
        if status == 429:
            error["details"] = [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "1s"}]
        return {"error": error}

    async def _models(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        return web.json_response({"models": [_known("gemini-3.8-flash"), _known("gemini-embedding-001")]})

    async def _model(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        plan_for(request.match_info["model"])
        return web.json_response(_known(request.match_info["model"]))

    async def _call(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        method = request.match_info["method"]
        if method in ("generateContent", "streamGenerateContent"):
            return await self._generate(request)
        if method == "batchEmbedContents":
            return await self._embed(request)
        raise Refused(404, f"There is no method {method}.")

    async def _generate(self, request: web.Request) -> web.StreamResponse:
        model = request.match_info["model"]
        asked = _read(_Request, await request.read())
        _check_turns(model, asked.contents)
        plan = _plan(model, asked)
        if request.match_info["method"] == "generateContent":
            if plan.is_broken:
                return web.Response(body=b'{"candidates": [', content_type="application/json")
            return web.json_response(_answer(model, _parts(model, plan), plan))
        if request.query.get("alt") != "sse":
            return web.json_response(list(_events(model, plan)))
        return await self.stream(request, plan, map(_sse, _events(model, plan)))

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        model = request.match_info["model"]
        plan_for(model)
        asked = _read(_Batch, await request.read())
        if any(each.model != f"models/{model}" for each in asked.requests):
            raise Refused(400, "* BatchEmbedContentsRequest.requests[0].model: must match the model of the URL")
        return web.json_response({"embeddings": [{"values": _vector(each)} for each in asked.requests]})


def _authorise(request: web.Request) -> None:
    key = request.headers.get("x-goog-api-key")
    if key is None:
        raise Refused(403, _NO_KEY)
    if key != KEY:
        raise Refused(400, _WRONG_KEY)


def _read(kind: type[Any], body: bytes) -> Any:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        first = error.errors()[0]
        raise Refused(400, f"Invalid JSON payload at '{'.'.join(map(str, first['loc']))}': {first['msg']}") from error


def _check_turns(model: str, contents: Sequence[_Content]) -> None:
    """Results follow their calls, one for each, by name and id; the first of a turn's calls is signed."""
    waiting: list[_AnyPart] = []
    for content in contents:
        wanted = [(part.functionCall.name, part.functionCall.id) for part in waiting if part.functionCall]
        found = [(result.name, result.id) for result in content.results]
        if wanted != found:
            raise Refused(400, "Please ensure that function response parts equal the function call parts before them.")
        waiting = content.calls
        if waiting and content.role != "model":
            raise Refused(400, "Only the model calls functions.")
        if waiting and model.startswith("tool") and waiting[0].thoughtSignature not in (SIGNATURE, UNSIGNED):
            raise Refused(400, "Function call is missing a thought_signature in functionCall parts.")
    if contents[-1].role == "model":
        raise Refused(400, "Please ensure that single turn requests end with a user role.")


def _plan(model: str, asked: _Request) -> Plan:
    names = [declared.name for tool in asked.tools for declared in tool.functionDeclarations]
    last = asked.contents[-1]
    plan = plan_for(model, names, has_results=bool(last.results))
    if any(part.inlineData and part.inlineData.mimeType.startswith("audio/") for part in last.parts):
        return Plan((HEARD,))
    if plan.thoughts and not asked.generationConfig.thinkingConfig.includeThoughts:
        return Plan(plan.chunks)
    return plan


def _parts(model: str, plan: Plan) -> list[dict[str, Any]]:
    """The parts of an answer as they come, one an event; calls come together."""
    parts: list[dict[str, Any]] = [{"text": text, "thought": True} for text in plan.thoughts]
    parts += [{"text": text} for text in plan.chunks]
    for number, call in enumerate(plan.calls):
        made: dict[str, Any] = {"name": call.name, "args": orjson.loads(call.arguments)}
        if model.startswith("tool-id"):
            made["id"] = call.id
        parts.append({"functionCall": made} | ({} if number else {"thoughtSignature": SIGNATURE}))
    return parts


def _answer(model: str, parts: Sequence[Mapping[str, Any]], plan: Plan | None) -> dict[str, Any]:
    """An answer, or, without a plan, a part of one that goes on."""
    usage = {"promptTokenCount": PROMPT_TOKENS, "totalTokenCount": PROMPT_TOKENS}
    about: dict[str, Any] = {"usageMetadata": usage, "modelVersion": model, "responseId": "fake"}
    if model.startswith("filtered-prompt"):
        return {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, **about}
    candidate: dict[str, Any] = {"index": 0}
    if parts:
        candidate["content"] = {"role": "model", "parts": list(parts)}
    if plan is not None:
        candidate["finishReason"] = "MALFORMED_FUNCTION_CALL" if model == "malformed" else _REASONS[plan.reason]
        usage["candidatesTokenCount"] = plan.completion_tokens
        if plan.thoughts:
            usage["thoughtsTokenCount"] = len(plan.thoughts)
    return {"candidates": [candidate], **about}


def _events(model: str, plan: Plan) -> Iterator[dict[str, Any]]:
    """The last part comes with the finish reason."""
    if plan.is_broken:
        yield {"candidates": [{"content": {"parts": "garbage"}}]}
    parts = _parts(model, plan)
    if plan.calls:
        yield _answer(model, parts, plan)
        return
    for part in parts[:-1]:
        yield _answer(model, [part], None)
    yield _answer(model, parts[-1:], plan)


def _sse(event: Mapping[str, Any]) -> bytes:
    return b"data: %s\r\n\r\n" % orjson.dumps(event)


def _known(model: str) -> dict[str, Any]:
    return {"name": f"models/{model}", "displayName": model, "inputTokenLimit": 1048576, "outputTokenLimit": 65536}


def _vector(asked: _Embed) -> list[float]:
    """A vector of the text's letters; as at the vendor's, not of unit length."""
    size = asked.outputDimensionality or DIMENSIONS
    text = "".join(part.text or "" for part in asked.content.parts)
    vector = [0.0] * size
    vector[0] = 1.0
    for letter in text:
        vector[ord(letter) % size] += 1.0
    return vector
