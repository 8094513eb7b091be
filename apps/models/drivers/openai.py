"""OpenAI's protocol over HTTP: chat streams, embeddings, rerank, speech. Serves every provider that speaks it.

The vendor's SDK is not used: it costs ten times the CPU for each chunk of a stream, 22 MB in every process, and it
brings a network client of its own past the guarded door (`common.http`).
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, Final, TypeVar

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

from . import _calls, _problems
from . import _openai_audio as audio_wire
from . import _openai_wire as wire
from ._openai_chunks import ChunkParser

CHECK_TOKENS: Final = 16
T = TypeVar("T")


@drivers.register
class OpenAIDriver(Driver):
    """See the module; the answer of a stream is read by `ChunkParser`."""

    key: ClassVar[str] = "openai"
    label: ClassVar[str] = "OpenAI protocol"
    Options: ClassVar[type[DriverOptions]] = wire.OpenAIOptions
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        body = wire.answer_body(endpoint, model, request)
        url, headers = wire.url(endpoint, model.mode), wire.headers(endpoint)
        return _calls.chat(endpoint, url, headers, body, ChunkParser(endpoint))

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
        headers = {**wire.headers(endpoint), "Content-Type": content_type}
        url = wire.url(endpoint, "transcription")
        return await _calls.call(endpoint, url, headers, body, lambda answer: str(answer["text"]))

    async def speak(
        self, endpoint: Endpoint, model: ModelSpec, text: str, voice: str, user: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """MP3 of a text. A long one is asked for in parts: the frames of MP3 may be joined as they are."""
        found = False
        for part in audio_wire.spoken_parts(text):
            body = audio_wire.speech_body(model, part, voice)
            url, headers = wire.url(endpoint, "speech"), wire.headers(endpoint)
            async with _calls.streamed(endpoint, url, headers, body) as answer:
                await _expect_sound(endpoint, answer)
                while data := await answer.read():
                    found = True
                    yield data
                    answer.touch()
        if not found:
            raise _problems.bad_answer(endpoint, "the speech is empty")

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """A tiny call of the model; without one, the list of models."""
        if model is None:
            url, headers = wire.url(endpoint, "models"), wire.headers(endpoint)
            await _calls.call(endpoint, url, headers, None, lambda answer: answer["data"], "GET")
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
        return await _calls.call(endpoint, wire.url(endpoint, operation), wire.headers(endpoint), body, read)


async def _expect_sound(endpoint: Endpoint, answer: http.Answer) -> None:
    """Some servers put an error into an answer whose status is a success."""
    if answer.headers.get("content-type", "").startswith(("application/json", "text/")):
        body = await answer.read_all(_calls.MAX_ERROR_BYTES)
        raise _problems.bad_answer(endpoint, f"the answer is not sound: {body.decode('utf-8', 'replace')}")
