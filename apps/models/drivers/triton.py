"""NVIDIA's Triton Inference Server over HTTP: texts by its generate extension."""

from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar

from apps.models.contracts import ChatPiece, ChatRequest, Driver, Endpoint, ModelSpec, ParameterRule, drivers

from . import _calls
from . import _triton_wire as wire
from ._triton_events import GenerateParser


@drivers.register
class TritonDriver(Driver):
    """See the module; the answer of a stream is read by `GenerateParser`."""

    key: ClassVar[str] = "triton"
    label: ClassVar[str] = "Triton generate"
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer. The server counts no tokens and knows no tools."""
        prompt = wire.prompt_of(request)
        body = wire.generate_body(endpoint, model, prompt, request)
        url = wire.model_url(endpoint, model, "generate_stream")
        return _calls.chat(endpoint, url, wire.headers(endpoint), body, GenerateParser(endpoint, prompt))

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """Whether the server, and the model, is ready."""
        ready = f"{wire.base_url(endpoint)}/v2/health/ready"
        url = ready if model is None else wire.model_url(endpoint, model, "ready")
        await _calls.fetch(endpoint, url, wire.headers(endpoint), None, "GET")
