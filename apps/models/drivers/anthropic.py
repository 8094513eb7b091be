"""Anthropic's Messages protocol over HTTP: chat streams. Serves every provider that speaks it."""

from collections.abc import AsyncGenerator, Sequence
from typing import ClassVar, Final

from apps.models.contracts import (
    ChatMessage,
    ChatPiece,
    ChatRequest,
    Driver,
    DriverOptions,
    Endpoint,
    ModelSpec,
    ParameterRule,
    drivers,
)

from . import _anthropic_wire as wire
from . import _calls
from ._anthropic_events import MessageParser

CHECK_TOKENS: Final = 16


@drivers.register
class AnthropicDriver(Driver):
    """See the module; the answer of a stream is read by `MessageParser`."""

    key: ClassVar[str] = "anthropic"
    label: ClassVar[str] = "Anthropic Messages"
    Options: ClassVar[type[DriverOptions]] = wire.AnthropicOptions
    parameters: ClassVar[Sequence[ParameterRule]] = wire.PARAMETERS

    def stream_chat(
        self, endpoint: Endpoint, model: ModelSpec, request: ChatRequest
    ) -> AsyncGenerator[ChatPiece, None]:
        """Streams an answer."""
        body = wire.answer_body(endpoint, model, request)
        url, headers = wire.url(endpoint, "messages"), wire.headers(endpoint)
        return _calls.chat(endpoint, url, headers, body, MessageParser(endpoint))

    async def check(self, endpoint: Endpoint, model: ModelSpec | None) -> None:
        """A tiny message to the model; without one, the list of models."""
        headers = wire.headers(endpoint)
        if model is None:
            await _calls.call(
                endpoint, wire.url(endpoint, "models"), headers, None, lambda answer: answer["data"], "GET"
            )
        else:
            request = ChatRequest([ChatMessage("user", "ping")], {"max_tokens": CHECK_TOKENS})
            body = wire.answer_body(endpoint, model, request, stream=False)
            url = wire.url(endpoint, "messages")
            await _calls.call(endpoint, url, headers, body, lambda answer: answer["content"])
