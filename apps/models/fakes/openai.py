"""OpenAI's protocol as its API reference states it (read in November 2026), and as others speak it."""

import base64
from array import array
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar, Final, TypeAlias

from aiohttp import web

from apps.models.fake_servers import KEY, WORDS, FakeServer, Plan, Refused, fake_servers, plan_for

from . import _openai_answers as answers
from . import _openai_requests as requests
from ._openai_rerank import SHAPES, ranked

CATEGORIES: Final = (
    "harassment", "harassment/threatening", "hate", "hate/threatening", "illicit", "illicit/violent", "self-harm",
    "self-harm/instructions", "self-harm/intent", "sexual", "sexual/minors", "violence", "violence/graphic",
)  # fmt: skip
MP3_FRAMES: Final = (b"\xff\xfb\x90\x00" + bytes(413),) * 8
PIXEL: Final = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
MODELS: Final = ("gpt-4o-mini", "text-embedding-3-small", "whisper-1", "tts-1", "omni-moderation-latest")
_SPECIAL: Final = {
    "too-long": (
        400,
        "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens. "
        "Please reduce the length of the messages.",
    ),
    "no-credit": (429, "You exceeded your current quota, please check your plan and billing details."),
}
_JSON: Final = ('{"answer": ', '"ok"}')
Handler: TypeAlias = Callable[[web.Request], Awaitable[web.StreamResponse]]


@fake_servers.register
class OpenAIFake(FakeServer):
    """See the module; the models `too-long…` and `no-credit…` fail in OpenAI's words for that.

    All operations are below `base_path` and, as Azure has them, below `/openai/v1` and `/openai/deployments/<model>`
    (these want `api-version`). Reranking in the shapes of others has their own addresses: `/rerank` (TEI),
    `/v1/ranking` and `/v1/retrieval/<model>/reranking` (NVIDIA), `/api/v1/services/rerank/text-rerank/text-rerank`.

    Args:
        dialect: one of `DIALECTS`.
        base_path: what the base URL ends with.
        paths: of operations that this server has elsewhere, below the base path; `{model}` is any model.
        extra_fields: fields that its requests may have besides OpenAI's, also in messages.
        dimensions: of embedding vectors where the request asks for none.
        embedding, rerank, speech: their shapes at the usual addresses.
    """

    key: ClassVar[str] = "openai"
    label: ClassVar[str] = "OpenAI protocol"

    def __init__(
        self,
        *,
        dialect: str = "openai",
        base_path: str = "/v1",
        paths: Mapping[str, str] | None = None,
        extra_fields: Iterable[str] = (),
        dimensions: int = 1536,
        embedding: str = "openai",
        rerank: str = "cohere",
        speech: str = "openai",
    ) -> None:
        super().__init__()
        self.dialect = answers.DIALECTS[dialect]
        self.base_path, self.paths = base_path, paths or {}
        self.extra = frozenset(extra_fields)
        self.dimensions = dimensions
        self._operations: Mapping[str, tuple[str, Handler]] = {
            "chat": ("/chat/completions", self._chat),
            "completion": ("/completions", self._completion),
            "embeddings": ("/embeddings", self._embed if embedding == "openai" else self._embed_minimax),
            "rerank": ("/rerank", partial(self._rerank, rerank)),
            "transcription": ("/audio/transcriptions", self._transcribe),
            "speech": ("/audio/speech", self._speak if speech == "openai" else self._speak_minimax),
            "moderation": ("/moderations", self._moderate),
            "images": ("/images/generations", self._draw),
        }

    def routes(self) -> Iterable[web.RouteDef]:
        """See the class; where two fall together, the server's own address counts."""
        models = self.base_path + self.paths.get("models", "/models")
        lists = dict.fromkeys((models, "/openai/models", "/openai/v1/models"))
        yield from (web.get(path, self._door_of(self._models)) for path in lists)
        yield web.get("/pictures/1.png", self._picture)
        found = dict(reversed([*self._addresses(), *self._rankings()]))
        yield from (web.post(path, self._door_of(handler)) for path, handler in reversed(found.items()))

    def _addresses(self) -> Iterable[tuple[str, Handler]]:
        for operation, (path, handler) in self._operations.items():
            own = self.paths.get(operation, path)
            own = own[1:] if own.startswith("~/") else self.base_path + own
            yield own.replace("{model}", "{model:.+}"), handler
            yield f"/openai/deployments/{{model:[^/]+}}{path}", _versioned(handler)
            yield f"/openai/v1{path}", handler

    def _rankings(self) -> Iterable[tuple[str, Handler]]:
        yield "/rerank", partial(self._rerank, "tei")
        yield "/v1/ranking", partial(self._rerank, "nvidia")
        yield "/v1/retrieval/{model:.+}/reranking", partial(self._rerank, "nvidia")
        yield "/api/v1/services/rerank/text-rerank/text-rerank", partial(self._rerank, "dashscope")

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key and the address."""
        return {"api_key": KEY, "base_url": url + self.base_path}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"error": {"message": …, "type": …, "param": null, "code": …}}`."""
        codes = {401: "invalid_api_key", 404: "model_not_found", 402: "insufficient_quota", 429: "rate_limit_exceeded"}
        kind = "server_error" if status >= 500 else "invalid_request_error"
        return {"error": {"message": sentence, "type": kind, "param": None, "code": codes.get(status)}}

    def _door_of(self, handler: Handler) -> Handler:
        """Asks for the key; puts errors into a success where the dialect does."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                if request.headers.get("Authorization") != f"Bearer {KEY}" and request.headers.get("api-key") != KEY:
                    raise Refused(401, "Incorrect API key provided.")
                return await handler(request)
            except Refused as refused:
                if not self.dialect.errors:
                    raise
                return web.json_response(
                    answers.error_in_success(self.dialect.errors, refused.status, refused.sentence)
                )

        return guarded

    async def _models(self, _request: web.Request) -> web.StreamResponse:
        rows = [{"id": name, "object": "model", "created": 1, "owned_by": "fake"} for name in MODELS]
        return web.json_response({"object": "list", "data": rows})

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.Chat, await request.read(), self.extra)
        requests.check_chat(asked)
        plan = _plan(asked.model, asked.tool_names, has_results=asked.has_results)
        if asked.wants_json and plan.chunks == WORDS:
            plan = replace(plan, chunks=_JSON)
        legacy = bool(asked.functions)
        if asked.stream:
            wants = asked.wants_usage
            parts = answers.events(asked.model, plan, self.dialect, wants_usage=wants, legacy=legacy)
            return await self.stream(request, plan, parts)
        return _whole(plan, answers.whole(asked.model, plan, self.dialect, legacy=legacy))

    async def _completion(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.Completion, await request.read(), self.extra)
        plan = _plan(asked.model)
        if asked.stream:
            parts = answers.completion_events(asked.model, plan, self.dialect, wants_usage=asked.wants_usage)
            return await self.stream(request, plan, parts)
        return _whole(plan, answers.completion(asked.model, plan, self.dialect))

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.Embedding, await request.read(), self.extra)
        plan = _plan(asked.model)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        vectors = [_vector(text, asked.dimensions or self.dimensions) for text in texts]
        coded = [_base64(vector) if asked.encoding_format == "base64" else vector for vector in vectors]
        rows = [{"object": "embedding", "index": index, "embedding": value} for index, value in enumerate(coded)]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return _whole(plan, {"object": "list", "data": rows, "model": asked.model, "usage": usage})

    async def _embed_minimax(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.MiniMaxEmbedding, await request.read(), self.extra)
        plan = _plan(asked.model)
        vectors = [_vector(text, self.dimensions) for text in asked.texts]
        fine = {"status_code": 0, "status_msg": "success"}
        return _whole(plan, {"vectors": vectors, "total_tokens": len(vectors), "base_resp": fine})

    async def _rerank(self, style: str, request: web.Request) -> web.StreamResponse:
        shape = SHAPES[style]
        asked = requests.read(shape.kind, await request.read(), self.extra)
        plan = _plan(getattr(asked, "model", request.match_info.get("model", "")))
        return _whole(plan, shape.answer(ranked(*shape.asked(asked))))

    async def _transcribe(self, request: web.Request) -> web.StreamResponse:
        form = requests.form_of(request.headers.get("Content-Type", ""), await request.read())
        model = form.get("model", (None, b""))[1].decode()
        name, data = form.get("file", (None, b""))
        if not model or not name or not data:
            raise Refused(400, "The form must have a model and a file.")
        if name.rpartition(".")[2].lower() not in requests.AUDIO_FORMATS:
            raise Refused(400, f"Invalid file format. Supported formats: {list(requests.AUDIO_FORMATS)}")
        style = form.get("response_format", (None, b"json"))[1].decode()
        return _whole(_plan(model), answers.transcription(f"{len(data)} bytes of {name}", model, style))

    async def _speak(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.Speech, await request.read(), self.extra)
        return await self.stream(request, _plan(asked.model), MP3_FRAMES, "audio/mpeg")

    async def _speak_minimax(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.MiniMaxSpeech, await request.read(), self.extra)
        fine = {"status_code": 0, "status_msg": "success"}
        return _whole(_plan(asked.model), {"data": {"audio": b"".join(MP3_FRAMES).hex()}, "base_resp": fine})

    async def _moderate(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.Moderation, await request.read(), self.extra)
        plan = _plan(asked.model)
        texts = [asked.input] if isinstance(asked.input, str) else asked.input
        return _whole(plan, {"id": "modr-fake", "model": asked.model, "results": [_judged(text) for text in texts]})

    async def _draw(self, request: web.Request) -> web.StreamResponse:
        asked = requests.read(requests.Drawing, await request.read(), self.extra)
        plan = _plan(asked.model)
        row = {"b64_json": base64.b64encode(PIXEL).decode()}
        if asked.response_format == "url":
            row = {"url": str(request.url.origin().with_path("/pictures/1.png"))}
        return _whole(plan, {"created": 1_790_000_000, "data": [row] * asked.n})

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        """Lies elsewhere at the vendors': a key must not be sent there."""
        if "Authorization" in request.headers or "api-key" in request.headers:
            raise Refused(400, "Only one auth mechanism allowed.")
        return web.Response(body=PIXEL, content_type="image/png")


def _plan(model: str, tools: Sequence[str] = (), *, has_results: bool = False) -> Plan:
    for prefix, (status, sentence) in _SPECIAL.items():
        if model.startswith(prefix):
            raise Refused(status, sentence)
    return plan_for(model, tools, has_results=has_results)


def _versioned(handler: Handler) -> Handler:
    async def asked(request: web.Request) -> web.StreamResponse:
        if not request.query.get("api-version"):
            raise Refused(404, "Resource not found")
        return await handler(request)

    return asked


def _whole(plan: Plan, body: Any) -> web.Response:
    """An unstreamed answer, cut short for the model `garbage`."""
    answer = web.json_response(body)
    if plan.is_broken:
        assert isinstance(answer.body, bytes)
        answer.body = answer.body[:20]
    return answer


def _vector(text: str, dimensions: int) -> list[float]:
    """A unit vector of its own for most texts."""
    vector = [0.0] * dimensions
    vector[sum(text.encode()) % dimensions] = 1.0
    return vector


def _base64(vector: Sequence[float]) -> str:
    return base64.b64encode(array("f", vector).tobytes()).decode()


def _judged(text: str) -> dict[str, Any]:
    """A text that names a category has it."""
    found = {name: name in text for name in CATEGORIES}
    return {"flagged": any(found.values()), "categories": found, "category_scores": dict.fromkeys(CATEGORIES, 0.0)}
