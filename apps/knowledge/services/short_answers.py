"""Answers of models that decide something about a search: a function called, or a few words."""

from collections.abc import Sequence
from contextlib import aclosing

from apps.common.tokens import estimate_tokens
from apps.models.contracts import ChatRequest, Finish, TextDelta, ToolCall, ToolCallDelta
from apps.models.handles import ModelHandle


class ShortAnswer:
    """What a model answers, as far as it is worth reading.

    Args:
        max_characters: of its text; a model that says more explains itself instead of answering.
    """

    def __init__(self, max_characters: int) -> None:
        self.max_characters = max_characters
        self.text = ""
        self.calls: Sequence[ToolCall] = ()
        self.finish: Finish | None = None

    async def read(self, handle: ModelHandle, request: ChatRequest) -> None:
        """Asks. Raises ProviderError; what was said before is kept."""
        async with aclosing(handle.stream_chat(request)) as stream:
            async for piece in stream:
                if isinstance(piece, TextDelta):
                    self.text += piece.text
                elif isinstance(piece, ToolCallDelta):
                    self.calls = [*self.calls, *piece.calls]
                elif isinstance(piece, Finish):
                    self.finish = piece
                if len(self.text) > self.max_characters:
                    break

    def prompt_tokens(self, request: ChatRequest) -> int:
        """As the provider counted; estimated where it did not say."""
        if self.finish is not None and self.finish.prompt_tokens is not None:
            return self.finish.prompt_tokens
        texts = [str(message.content) for message in request.messages]
        texts += [str(tool) for tool in request.tools]
        return sum(map(estimate_tokens, texts)) if self.text or self.calls else 0

    def completion_tokens(self) -> int:
        """As the provider counted; estimated where it did not say."""
        if self.finish is not None and self.finish.completion_tokens is not None:
            return self.finish.completion_tokens
        return estimate_tokens(self.text) + sum(estimate_tokens(call.name + call.arguments) for call in self.calls)
