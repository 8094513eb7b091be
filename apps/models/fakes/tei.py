"""Text Embeddings Inference, as its OpenAPI description states it (1.7).

`fail_with` makes the server refuse everything with a status; its one model is for `kind`.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, TypeVar

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from apps.models.fake_servers import KEY, FakeServer, Refused, fake_servers

MAX_BATCH: Final = 32
_TYPES: Final = {413: "Validation", 422: "Tokenizer", 424: "Backend", 429: "Overloaded", 503: "Unhealthy"}


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class _Embed(_Part):
    inputs: str | list[str]
    truncate: bool = False
    normalize: bool = True
    prompt_name: str | None = None
    truncation_direction: Literal["left", "right"] = "right"


class _Rerank(_Part):
    query: str = Field(min_length=1)
    texts: list[str] = Field(min_length=1)
    raw_scores: bool = False
    return_text: bool = False
    truncate: bool = False
    truncation_direction: Literal["left", "right"] = "right"


Asked = TypeVar("Asked", bound=_Part)


@fake_servers.register
class TEIFake(FakeServer):
    """See the module. It takes at most 32 texts at once; documents score by the words they share with the query."""

    key: ClassVar[str] = "tei"
    label: ClassVar[str] = "Text Embeddings Inference"

    def __init__(self) -> None:
        super().__init__()
        self.kind: Literal["embedding", "reranker"] = "embedding"
        self.fail_with: int | None = None

    def routes(self) -> Iterable[web.RouteDef]:
        """Embedding, reranking, what the server says of itself."""
        return [
            web.post("/embed", self._embed),
            web.post("/rerank", self._rerank),
            web.get("/info", self._info),
        ]

    def credentials(self, url: str) -> Mapping[str, str]:
        """The key and the address."""
        return {"api_key": KEY, "base_url": url}

    def refusal(self, status: int, sentence: str) -> Mapping[str, Any]:
        """`{"error": …, "error_type": …}`."""
        return {"error": sentence, "error_type": _TYPES.get(status, "Validation")}

    async def _info(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        kind: Mapping[str, Any] = {"pooling": "cls"} if self.kind == "embedding" else {"id2label": {}, "label2id": {}}
        return web.json_response(
            {
                "model_id": "BAAI/bge-small-en-v1.5",
                "model_dtype": "float16",
                "model_type": {self.kind: kind},
                "max_concurrent_requests": 512,
                "max_input_length": 512,
                "max_batch_tokens": 16384,
                "max_client_batch_size": MAX_BATCH,
                "auto_truncate": False,
                "tokenization_workers": 2,
                "version": "1.7.1",
            }
        )

    async def _embed(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        asked = _read(_Embed, await request.read())
        texts = [asked.inputs] if isinstance(asked.inputs, str) else asked.inputs
        _check(texts, truncate=asked.truncate)
        if self.kind != "embedding":
            raise Refused(424, "`embed` is not available for this model")
        return web.json_response([_vector(text) for text in texts])

    async def _rerank(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        asked = _read(_Rerank, await request.read())
        _check(asked.texts, truncate=asked.truncate)
        if self.kind != "reranker":
            raise Refused(424, "`rerank` is not available for this model")
        words = set(asked.query.split())
        rows = [{"index": n, "score": len(words & set(text.split())) / 10} for n, text in enumerate(asked.texts)]
        return web.json_response(sorted(rows, key=lambda row: -row["score"]))

    def _admit(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {KEY}":
            raise Refused(401, "Unauthorized")
        if self.fail_with is not None:
            raise Refused(self.fail_with, f"The fake fails with {self.fail_with}, as asked.")


def _read(kind: type[Asked], body: bytes) -> Asked:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise Refused(422, str(error)[:200]) from error


def _check(texts: Sequence[str], *, truncate: bool) -> None:
    if len(texts) > MAX_BATCH:
        raise Refused(413, f"batch size {len(texts)} > maximum allowed batch size {MAX_BATCH}")
    if not texts or not all(texts):
        raise Refused(422, "`inputs` cannot be empty")
    if not truncate and any(len(text.split()) > 512 for text in texts):
        raise Refused(413, "`inputs` must have less than 512 tokens")


def _vector(text: str) -> list[float]:
    numbers = [float(len(text)), 1.0, 0.5]
    norm = math.hypot(*numbers)
    return [number / norm for number in numbers]
