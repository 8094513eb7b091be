"""OpenAI's protocol over HTTP: chat streams, embeddings, rerank, speech. Serves every provider that speaks it.

The vendor's SDK is not used: it costs ten times the CPU for each chunk of a stream, 22 MB in every process, and it
brings a network client of its own past the guarded door (`common.http`).
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, Final, TypeVar

import orjson

from apps.common import http
from apps.common.tokens import estimate_tokens
from apps.models.contracts import (
    AudioFile,
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Driver,
    DriverOptions,
    Embeddings,
    Endpoint,
    ModelSpec,
    ParameterRule,
    RankedDocument,
    drivers,
)

from . import _openai_audio as audio_wire
from . import _openai_wire as wire
from . import _problems
from ._openai_chunks import ChunkParser

MAX_ERROR_BYTES: Final = 64 * 2**10
AFTER_FINISH_S: Final = 5.0  # some servers neither send [DONE] nor close
CHECK_TOKENS: Final = 16
_MALFORMED: Final = (AttributeError, TypeError, KeyError, IndexError, ValueError)
T = TypeVar("T")


@drivers.register
class OpenAIDriver(Driver):
    """See the module; the answer of a stream is read by `ChunkParser`."""

    key: ClassVar[str] = "openai"
    label: ClassVar[str] = "OpenAI protocol"
    Options: ClassVar[type[DriverOptions]] = wire.OpenAIOptions
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    async def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        times, parser = endpoint.timeouts, ChunkParser(endpoint)
        try:
            async with http.stream(
                "POST",
                wire.url(endpoint, model.mode),
                private_allowed=endpoint.private_allowed,
                headers=wire.headers(endpoint),
                body=wire.answer_body(endpoint, model, request),
                connect_s=times.connect_s,
                first_byte_s=times.first_byte_s,
                idle_s=times.idle_s,
            ) as answer:
                await _expect_success(endpoint, answer)
                if answer.headers.get("content-type", "").startswith("application/json"):
                    rest = parser.whole(await answer.read_all(http.MAX_BODY_BYTES))
                else:
                    while not parser.done and (data := await _read(answer, parser)):
                        events = parser.events
                        for piece in parser.feed(data):
                            yield piece
                        _watch(answer, parser, news=parser.events > events)
                    rest = parser.end()
        except (http.OutboundError, http.AddressBlocked) as error:
            raise _problems.from_outbound(endpoint, error) from error
        for piece in rest:  # outside the block: the connection is already free for the next call
            yield piece

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts."""

        def read(answer: Any) -> Embeddings:
            usage = answer.get("usage") or {}
            tokens = usage.get("prompt_tokens") or usage.get("total_tokens")
            vectors = wire.read_vectors(answer, len(texts), model.dimensions)
            return Embeddings(vectors, int(tokens or sum(map(estimate_tokens, texts))))

        return await self._post(endpoint, "embeddings", wire.embedding_body(endpoint, model, texts), read)

    async def rerank(
        self, endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first."""
        body = wire.rerank_body(model, query, documents, top_n)
        return await self._post(endpoint, "rerank", body, lambda answer: wire.read_ranks(answer, len(documents), top_n))

    async def transcribe(self, endpoint: Endpoint, model: ModelSpec, audio: AudioFile, user: str | None = None) -> str:
        """What is said in a recording."""
        content_type, body = audio_wire.transcription_body(model, audio)
        return await self._call(
            endpoint, "POST", "transcription", body, lambda answer: str(answer["text"]), content_type
        )

    async def speak(
        self, endpoint: Endpoint, model: ModelSpec, text: str, voice: str, user: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """MP3 of a text. A long one is asked for in parts: the frames of MP3 may be joined as they are."""
        times, found = endpoint.timeouts, False
        try:
            for part in audio_wire.spoken_parts(text):
                async with http.stream(
                    "POST",
                    wire.url(endpoint, "speech"),
                    private_allowed=endpoint.private_allowed,
                    headers=wire.headers(endpoint),
                    body=audio_wire.speech_body(model, part, voice),
                    connect_s=times.connect_s,
                    first_byte_s=times.first_byte_s,
                    idle_s=times.idle_s,
                ) as answer:
                    await _expect_sound(endpoint, answer)
                    while data := await answer.read():
                        found = True
                        yield data
                        answer.touch()
        except (http.OutboundError, http.AddressBlocked) as error:
            raise _problems.from_outbound(endpoint, error) from error
        if not found:
            raise _problems.bad_answer(endpoint, "the speech is empty")

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """A tiny call of the model; without one, the list of models."""
        if model is None:
            await self._call(endpoint, "GET", "models", None, lambda answer: answer["data"])
        elif model.type == "text-embedding":
            await self.embed(endpoint, model, ["ping"])
        elif model.type == "rerank":
            await self.rerank(endpoint, model, "ping", ["ping", "pong"], 1)
        elif model.type == "speech2text":
            await self.transcribe(endpoint, model, audio_wire.SILENCE)
        elif model.type == "tts":
            voice = model.voices[0].key if model.voices else ""
            async with aclosing(self.speak(endpoint, model, "ping", voice)) as sound:
                await anext(sound)
        else:
            request = ChatRequest([ChatMessage("user", "ping")], {"max_tokens": CHECK_TOKENS})
            body = wire.answer_body(endpoint, model, request, stream=False)
            await self._post(endpoint, model.mode, body, lambda answer: answer["choices"][0])

    async def _post(self, endpoint: Endpoint, operation: str, body: bytes, read: Callable[[Any], T]) -> T:
        return await self._call(endpoint, "POST", operation, body, read)

    async def _call(
        self,
        endpoint: Endpoint,
        method: str,
        operation: str,
        body: bytes | None,
        read: Callable[[Any], T],
        content_type: str = "application/json",
    ) -> T:
        """One unstreamed call; `read` takes the answer's JSON apart and may fail at it."""
        times = endpoint.timeouts
        try:
            answer = await http.fetch(
                method,
                wire.url(endpoint, operation),
                private_allowed=endpoint.private_allowed,
                headers=wire.headers(endpoint, content_type),
                body=body,
                connect_s=times.connect_s,
                timeout_s=times.connect_s + times.first_byte_s + times.idle_s,
            )
        except (http.OutboundError, http.AddressBlocked) as error:
            raise _problems.from_outbound(endpoint, error) from error
        if not 200 <= answer.status < 300:
            raise _problems.from_status(endpoint, answer.status, answer.body, answer.headers)
        return _understand(endpoint, answer.body, read)


def _understand(endpoint: Endpoint, body: bytes, read: Callable[[Any], T]) -> T:
    try:
        answer = orjson.loads(body)
        if isinstance(answer, dict) and answer.get("error"):
            raise _problems.from_event(endpoint, answer["error"])
        return read(answer)
    except _MALFORMED as error:
        text = "not JSON" if isinstance(error, orjson.JSONDecodeError) else f"malformed ({error})"
        raise _problems.bad_answer(endpoint, f"the answer is {text}") from error


async def _expect_success(endpoint: Endpoint, answer: http.Answer) -> None:
    if not 200 <= answer.status < 300:
        body = await answer.read_all(MAX_ERROR_BYTES)
        raise _problems.from_status(endpoint, answer.status, body, answer.headers)


async def _expect_sound(endpoint: Endpoint, answer: http.Answer) -> None:
    """Some servers put an error into an answer whose status is a success."""
    await _expect_success(endpoint, answer)
    if answer.headers.get("content-type", "").startswith(("application/json", "text/")):
        body = await answer.read_all(MAX_ERROR_BYTES)
        raise _problems.bad_answer(endpoint, f"the answer is not sound: {body.decode('utf-8', 'replace')}")


async def _read(answer: http.Answer, parser: ChunkParser) -> bytes:
    """The next bytes; once the answer is finished, a fault of the connection is as good as its end."""
    try:
        return await answer.read()
    except http.OutboundError:
        if parser.finished:
            return b""
        raise


def _watch(answer: http.Answer, parser: ChunkParser, *, news: bool) -> None:
    if news:
        answer.touch()
    if parser.finished:
        answer.expect_within(AFTER_FINISH_S)
