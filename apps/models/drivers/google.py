"""Google's Gemini protocol over HTTP: chat streams, embeddings, recordings to text.

Gemini's speech is not offered: it comes as bare PCM samples, and a `Driver` speaks MP3.
"""

from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from apps.models.contracts import (
    AudioFile,
    ChatPiece,
    ChatRequest,
    Driver,
    DriverOptions,
    Embeddings,
    Endpoint,
    ModelSpec,
    ParameterRule,
    Transcript,
    drivers,
)

from . import _calls
from . import _google_wire as wire
from ._google_chunks import GeminiParser
from ._google_options import PARAMETERS, GoogleOptions, headers, url


@drivers.register
class GoogleDriver(Driver):
    """See the module; the answer of a stream is read by `GeminiParser`."""

    key: ClassVar[str] = "google"
    label: ClassVar[str] = "Google Gemini"
    Options: ClassVar[type[DriverOptions]] = GoogleOptions
    parameters: ClassVar[Sequence[ParameterRule]] = PARAMETERS

    async def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        body = wire.answer_body(endpoint, model, request)
        where = url(endpoint, model.name, "streamGenerateContent") + "?alt=sse"
        async for piece in _calls.chat(endpoint, where, headers(endpoint), body, GeminiParser(endpoint)):
            yield piece

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts (the vendor takes a hundred)."""
        return await _calls.call(
            endpoint,
            url(endpoint, model.name, "batchEmbedContents"),
            headers(endpoint),
            wire.embedding_body(endpoint, model, texts),
            lambda answer: wire.read_embeddings(answer, texts, model.dimensions),
        )

    async def transcribe(
        self, endpoint: Endpoint, model: ModelSpec, audio: AudioFile, user: str | None = None
    ) -> Transcript:
        """What is said in a recording, by asking a chat model for it."""
        answer = await _calls.fetch(
            endpoint,
            url(endpoint, model.name, "generateContent"),
            headers(endpoint),
            wire.transcription_body(audio),
        )
        return wire.read_transcript(GeminiParser(endpoint).whole(answer.body))

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """What is known of the model; without one, the list of models. Both are free."""
        where = url(endpoint, model.name if model else "")
        wanted = "name" if model else "models"
        await _calls.call(endpoint, where, headers(endpoint), None, lambda answer: answer[wanted], "GET")
