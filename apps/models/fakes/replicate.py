"""Replicate's predictions, as its API reference states them (read in November 2026).

The model's name is the part behind the owner's. Beside the models of every fake: `poll…` has no stream, `starting…`
never starts, `canceled…` is cancelled by somebody, `objects…` gives its vectors in objects.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.models.fake_servers import KEY, PROMPT_TOKENS, FakeServer, Plan, Refused, fake_servers, plan_for

VERSION: Final = "0123456789abcdef" * 4
LOOKS: Final = 2  # that find a prediction unfinished
_VERSION: Final = re.compile(r"[0-9a-f]{64}")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Input(_Part):
    """The inputs of language and embedding models in one; a real model refuses by its own schema."""

    prompt: str | None = None
    system_prompt: str | None = None
    image: str | None = Field(None, pattern="^(https://|data:)")
    max_tokens: int | None = Field(None, ge=1)
    max_new_tokens: int | None = Field(None, ge=1)
    max_completion_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=5)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=0)
    presence_penalty: float | None = None
    frequency_penalty: float | None = None
    seed: int | None = None
    stop_sequences: str | None = None
    texts: str | None = None
    text_batch: str | None = None
    text: str | None = None

    @property
    def embedded(self) -> list[str]:
        """The texts to embed; lists are JSON text. Raises ValueError."""
        many = self.texts or self.text_batch
        if many is None:
            return [self.text] if self.text else []
        return [str(text) for text in orjson.loads(many)]


class _Request(_Part):
    input: _Input
    version: str | None = None
    stream: bool = False


@dataclass(slots=True)
class _Made:
    id: str
    model: str
    plan: Plan
    asked: _Request
    output: Any
    looks: int = 0
    is_cancelled: bool = False


@fake_servers.register
class ReplicateFake(FakeServer):
    """See the module.

    `cancelled` holds the ids of the predictions that were ended, `version_of` the model whose version can be asked
    for; streams are said to be below `stream_base`, where one is set.
    """

    key: ClassVar[str] = "replicate"
    label: ClassVar[str] = "Replicate predictions"

    def __init__(self) -> None:
        super().__init__()
        self.cancelled: list[str] = []
        self.version_of = "plain"
        self.stream_base = ""
        self._made: dict[str, _Made] = {}

    def routes(self) -> Iterable[web.RouteDef]:
        """Predictions, models, the account, streams."""
        return [
            web.get("/v1/account", self._account),
            web.get("/v1/models/{owner}/{name}", self._model),
            web.get("/v1/models/{owner}/{name}/versions/{version}", self._version),
            web.post("/v1/models/{owner}/{name}/predictions", self._create_of_model),
            web.post("/v1/predictions", self._create_of_version),
            web.get("/v1/predictions/{id}", self._look),
            web.post("/v1/predictions/{id}/cancel", self._cancel),
            web.get("/v1/stream/{id}", self._stream),
        ]

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key and the address."""
        return {"api_key": KEY, "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"title": …, "detail": …, "status": …}`."""
        return {"title": "Refused", "detail": sentence, "status": status}

    async def _account(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        return web.json_response({"type": "organization", "username": "acme", "name": "Acme"})

    async def _model(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        name = request.match_info["name"]
        plan_for(name)
        return web.json_response({"owner": request.match_info["owner"], "name": name, "latest_version": None})

    async def _version(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        if request.match_info["version"] != VERSION:
            raise Refused(404, "The requested resource could not be found.")
        return web.json_response({"id": VERSION, "created_at": "2026-01-01T00:00:00Z"})

    async def _create_of_model(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(await request.read())
        if asked.version is not None:
            raise Refused(422, "version is not allowed")
        return self._create(request, request.match_info["name"], asked)

    async def _create_of_version(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        asked = _read(await request.read())
        if not asked.version or not _VERSION.fullmatch(asked.version):
            raise Refused(422, "version is required")
        if asked.version != VERSION:
            raise Refused(422, "The specified version does not exist (or perhaps you don't have permission to use it?)")
        return self._create(request, self.version_of, asked)

    def _create(self, request: web.Request, name: str, asked: _Request) -> web.StreamResponse:
        plan = plan_for(name)
        made = _Made(f"prediction{len(self._made)}", name, plan, asked, _output(name, plan, asked))
        self._made[made.id] = made
        if plan.is_broken and not asked.stream:
            return web.Response(body=b'{"id": "x", "status":', content_type="application/json", status=201)
        return web.json_response(self._state(request, made), status=201)

    async def _look(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        made = self._find(request)
        made.looks += 1
        return web.json_response(self._state(request, made))

    async def _cancel(self, request: web.Request) -> web.StreamResponse:
        _authorise(request)
        made = self._find(request)
        made.is_cancelled = True
        self.cancelled.append(made.id)
        return web.json_response(self._state(request, made))

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if request.headers.get("Accept") != "text/event-stream":
            raise Refused(406, "Accept must be text/event-stream")
        made = self._find(request)
        made.looks = LOOKS + 1
        return await self.stream(request, made.plan, _events(made))

    def _find(self, request: web.Request) -> _Made:
        made = self._made.get(request.match_info["id"])
        if made is None:
            raise Refused(404, "The requested resource could not be found.")
        return made

    def _state(self, request: web.Request, made: _Made) -> dict[str, Any]:
        api = f"{request.scheme}://{request.host}/v1"
        urls = {"get": f"{api}/predictions/{made.id}", "cancel": f"{api}/predictions/{made.id}/cancel"}
        if made.asked.stream and not made.model.startswith(("poll", "starting")):
            urls["stream"] = f"{self.stream_base or api}/stream/{made.id}"
        status, output = _progress(made)
        return {
            "id": made.id,
            "model": made.model,
            "status": status,
            "output": output,
            "error": None,
            "urls": urls,
            "metrics": _metrics(made) if status == "succeeded" else {},
        }


def _authorise(request: web.Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {KEY}":
        raise Refused(401, "You did not pass a valid authentication token")


def _read(body: bytes) -> _Request:
    try:
        asked = _Request.model_validate_json(body)
        texts = asked.input.embedded
    except (ValidationError, orjson.JSONDecodeError) as error:
        raise Refused(422, f"Input validation failed: {str(error)[:200]}") from error
    if not asked.input.prompt and not texts:
        raise Refused(422, "Input validation failed: prompt is required")
    return asked


def _output(name: str, plan: Plan, asked: _Request) -> Any:
    texts = asked.input.embedded
    if not texts:
        return list(plan.chunks)
    rows = [[float(len(text)), 1.0, 0.0] for text in texts]
    if name.startswith("objects"):
        return [{"embedding": row} for row in rows]
    return rows[0] if asked.input.text else rows


def _progress(made: _Made) -> tuple[str, Any]:
    """Status and output: half of it at the first look, the whole after `LOOKS`."""
    if made.is_cancelled or made.model.startswith("canceled"):
        return "canceled", None
    if made.model.startswith("starting") or made.looks == 0:
        return "starting", None
    if made.looks <= LOOKS:
        return "processing", made.output[: len(made.output) // 2] if made.asked.input.prompt else None
    return "succeeded", made.output


def _metrics(made: _Made) -> dict[str, Any]:
    tokens = {"input_token_count": PROMPT_TOKENS, "output_token_count": made.plan.completion_tokens}
    return {"predict_time": 1.5, **tokens}


def _events(made: _Made) -> Iterator[bytes]:
    yield b": hi\n\n"
    if made.plan.is_broken:
        yield _event("error", '{"detail": "the model crashed"}')
    for number, chunk in enumerate(made.plan.chunks):
        yield _event("output", chunk, number)
    yield _event("done", '{"reason": "canceled"}' if made.model.startswith("canceled") else "{}")


def _event(name: str, data: str, number: int = 0) -> bytes:
    lines = "".join(f"data: {line}\n" for line in data.split("\n"))
    return f"event: {name}\nid: {number}:0\n{lines}\n".encode()
