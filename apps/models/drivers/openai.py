"""OpenAI's protocol over HTTP: chat streams, embeddings, rerank, speech, moderation, pictures.

Serves every provider that speaks it. Answers come by chat completions; models that only the Responses API
serves are not reached.

The vendor's SDK is not used: it costs ten times the CPU for each chunk of a stream, 22 MB in every process, and it
brings a network client of its own past the guarded door (`common.http`).
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from typing import Any, ClassVar, Final, TypeVar

from apps.common import http
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
    Picture,
    RankedDocument,
    Transcript,
    Verdict,
    drivers,
)
from apps.models.errors import ProviderError

from . import _calls, _openai_audio, _openai_media, _openai_vectors, _problems, _rerank_shapes
from . import _openai_wire as wire
from ._openai_chunks import ChunkParser
from ._openai_options import OpenAIOptions, headers, url

CHECK_TOKENS: Final = 16
T = TypeVar("T")


@drivers.register
class OpenAIDriver(Driver):
    """See the module; the answer of a stream is read by `ChunkParser`."""

    key: ClassVar[str] = "openai"
    label: ClassVar[str] = "OpenAI protocol"
    Options: ClassVar[type[DriverOptions]] = OpenAIOptions
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        try:
            body = wire.answer_body(endpoint, model, request)
        except ProviderError as error:
            return _failed(error)
        return _calls.chat(
            endpoint, url(endpoint, model.mode, model.name), headers(endpoint), body, ChunkParser(endpoint)
        )

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts."""
        body = _openai_vectors.embedding_body(endpoint, model, texts)
        return await _post(
            endpoint,
            "embeddings",
            model.name,
            body,
            lambda answer: _openai_vectors.read_embeddings(answer, texts, model.dimensions),
        )

    async def rerank(
        self, endpoint: Endpoint, model: ModelSpec, query: str, documents: Sequence[str], top_n: int
    ) -> Sequence[RankedDocument]:
        """The best `top_n` documents, best first."""
        body = _rerank_shapes.rerank_body(endpoint, model, query, documents, top_n)
        style = endpoint.options["rerank_style"]
        return await _post(
            endpoint,
            "rerank",
            model.name,
            body,
            lambda answer: _rerank_shapes.read_ranks(style, answer, len(documents), top_n),
        )

    async def transcribe(
        self, endpoint: Endpoint, model: ModelSpec, audio: AudioFile, user: str | None = None
    ) -> Transcript:
        """What is said in a recording."""
        content_type, body = _openai_audio.transcription_body(endpoint, model, audio)
        return await _calls.call(
            endpoint,
            url(endpoint, "transcription", model.name),
            {**headers(endpoint), "Content-Type": content_type},
            body,
            _checked(endpoint, _openai_audio.read_transcript),
        )

    async def speak(
        self, endpoint: Endpoint, model: ModelSpec, text: str, voice: str, user: str | None = None
    ) -> AsyncGenerator[bytes, None]:
        """MP3 of a text. A long one is asked for in parts: the frames of MP3 may be joined as they are."""
        found = False
        for part in _openai_audio.spoken_parts(text, endpoint.options["speech_characters"]):
            body = _openai_audio.speech_body(endpoint, model, part, voice)
            async with aclosing(_spoken(endpoint, model, body)) as sound:
                async for data in sound:
                    found = True
                    yield data
        if not found:
            raise _problems.bad_answer(endpoint, "the speech is empty")

    async def moderate(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Sequence[Verdict]:
        """A verdict on each text, in their order."""
        body = _openai_media.moderation_body(model, texts)
        return await _post(
            endpoint, "moderation", model.name, body, lambda answer: _openai_media.read_verdicts(answer, len(texts))
        )

    async def draw(self, endpoint: Endpoint, name: str, prompt: str, size: str, count: int) -> Sequence[Picture]:
        """Pictures of what a prompt says; those that the provider only names are fetched, without our key."""
        body = _openai_media.picture_body(endpoint, name, prompt, size, count)
        found = await _post(endpoint, "images", name, body, _openai_media.read_pictures)
        return [item if isinstance(item, Picture) else await _fetched(endpoint, item) for item in found]

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """A tiny call of the model; without one, the list of models."""
        if model is None:
            where = url(endpoint, "models")
            read = _checked(endpoint, lambda answer: answer["data"])
            await _calls.call(endpoint, where, headers(endpoint), None, read, "GET")
        elif model.type == "text-embedding":
            await self.embed(endpoint, model, ["ping"])
        elif model.type == "rerank":
            await self.rerank(endpoint, model, "ping", ["ping", "pong"], 1)
        elif model.type == "speech2text":
            await self.transcribe(endpoint, model, _openai_audio.SILENCE)
        elif model.type == "tts":
            voice = model.voices[0].key if model.voices else ""
            async with aclosing(self.speak(endpoint, model, "ping", voice)) as sound:
                await anext(sound)
        elif model.type == "moderation":
            await self.moderate(endpoint, model, ["ping"])
        else:
            request = ChatRequest([ChatMessage("user", "ping")], {"max_tokens": CHECK_TOKENS})
            body = wire.answer_body(endpoint, model, request, stream=False)
            await _post(endpoint, model.mode, model.name, body, lambda answer: answer["choices"][0])


async def _post(endpoint: Endpoint, operation: str, model: str, body: bytes, read: Callable[[Any], T]) -> T:
    where = url(endpoint, operation, model)
    return await _calls.call(endpoint, where, headers(endpoint), body, _checked(endpoint, read))


def _checked(endpoint: Endpoint, read: Callable[[Any], T]) -> Callable[[Any], T]:
    """Reads an answer that may hold a vendor's error although its status is a success."""

    def checked(answer: Any) -> T:
        problem = _problems.found_in(endpoint, answer)
        if problem:
            raise problem
        return read(answer)

    return checked


async def _failed(error: ProviderError) -> AsyncGenerator[ChatPiece, None]:
    """A stream that fails at its first step, where callers expect it."""
    raise error
    yield


async def _spoken(endpoint: Endpoint, model: ModelSpec, body: bytes) -> AsyncGenerator[bytes, None]:
    """The sound of one speech request."""
    if endpoint.options["speech_style"] == "minimax":
        yield await _post(endpoint, "speech", model.name, body, _openai_audio.read_speech)
        return
    async with _calls.streamed(endpoint, url(endpoint, "speech", model.name), headers(endpoint), body) as answer:
        await _expect_sound(endpoint, answer)
        while data := await answer.read():
            yield data
            answer.touch()


async def _fetched(endpoint: Endpoint, address: str) -> Picture:
    answer = await _calls.fetch(endpoint, address, {}, None, "GET")
    return _openai_media.picture(answer.body)


async def _expect_sound(endpoint: Endpoint, answer: http.Answer) -> None:
    """Some servers put an error into an answer whose status is a success."""
    if answer.headers.get("content-type", "").startswith(("application/json", "text/")):
        body = await answer.read_all(_calls.MAX_ERROR_BYTES)
        raise _problems.bad_answer(endpoint, f"the answer is not sound: {body.decode('utf-8', 'replace')}")
