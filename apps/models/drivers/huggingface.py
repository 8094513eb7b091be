"""Hugging Face over HTTP: chats by OpenAI's protocol, text generation, feature extraction, speech recognition."""

from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar, Final

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
    Transcript,
    drivers,
)

from . import _calls
from . import _huggingface_wire as wire
from ._huggingface_events import TokenParser
from ._openai_audio import SILENCE
from ._openai_chunks import ChunkParser
from ._openai_vectors import read_vectors
from ._openai_wire import answer_body

CHECK_TOKENS: Final = 16
FEATURES: Final = "feature-extraction"


@drivers.register
class HuggingFaceDriver(Driver):
    """See the module. A model is behind the router, or on an Inference Endpoint of its own."""

    key: ClassVar[str] = "huggingface"
    label: ClassVar[str] = "Hugging Face"
    Options: ClassVar[type[DriverOptions]] = wire.HuggingFaceOptions
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer; one of text2text-generation comes at once."""
        headers = wire.headers(endpoint)
        if wire.is_chat(endpoint, model):
            body = answer_body(endpoint, model, request)
            return _calls.chat(endpoint, wire.chat_url(endpoint), headers, body, ChunkParser(endpoint))
        body = wire.generation_body(endpoint, model, request)
        return _calls.chat(endpoint, wire.pipeline_url(endpoint, model), headers, body, TokenParser(endpoint))

    async def embed(self, endpoint: Endpoint, model: ModelSpec, texts: Sequence[str]) -> Embeddings:
        """Vectors of at most `model.batch_size` texts; the tokens are estimated."""
        vectors = await _calls.call(
            endpoint,
            wire.pipeline_url(endpoint, model, FEATURES),
            wire.headers(endpoint),
            wire.features_body(texts),
            lambda answer: read_vectors(wire.read_features(answer), len(texts), model.dimensions),
        )
        return Embeddings(vectors, sum(map(estimate_tokens, texts)))

    async def transcribe(
        self, endpoint: Endpoint, model: ModelSpec, audio: AudioFile, user: str | None = None
    ) -> Transcript:
        """What is said in a recording, which is sent as it is."""
        headers = {**wire.headers(endpoint), "Content-Type": audio.mime_type}
        url = wire.pipeline_url(endpoint, model)
        return await _calls.call(endpoint, url, headers, audio.data, lambda answer: Transcript(str(answer["text"])))

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """A tiny call of the model; without one, whose the key is."""
        if model is None:
            await _calls.call(endpoint, wire.check_url(endpoint), wire.headers(endpoint), None, dict, "GET")
        elif model.type == "text-embedding":
            await self.embed(endpoint, model, ["ping"])
        elif model.type == "speech2text":
            await self.transcribe(endpoint, model, SILENCE)
        else:
            request = ChatRequest([ChatMessage("user", "ping")], {"max_tokens": CHECK_TOKENS})
            async for _piece in self.stream_chat(endpoint, model, request):
                pass
