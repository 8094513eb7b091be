"""Conversations as Gemini wants them: a system instruction apart, then turns of user and model. No I/O."""

import re
from collections.abc import Sequence
from typing import Any, Final

from apps.models.contracts import ChatMessage, Endpoint, ToolCall

from ._turns import Block, Image, system_text, turns

# Later models refuse a call in the history whose first part has no signature of theirs. This word lets calls pass
# that another model made (ai.google.dev, "Thought signatures", November 2026).
UNSIGNED: Final = "skip_thought_signature_validator"
_UNSIGNED_MODELS: Final = ("gemini-1", "gemini-2", "gemma")
_SIGNATURE: Final = re.compile(r"[A-Za-z0-9+/_-]+={0,2}", re.ASCII)  # other vendors' are JSON or plain text


class GoogleParts:
    """Parts of Gemini's contents. A result names its function, so calls are remembered as they pass."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def text(self, text: str) -> Block:
        """A text."""
        return {"text": text}

    def image(self, image: Image) -> Block:
        """A picture's bytes, or its public address, which the vendor fetches (up to 100 MB, since January 2026)."""
        if image.data:
            return {"inlineData": {"mimeType": image.mime_type, "data": image.data}}
        return {"fileData": {"fileUri": image.url}}

    def call(self, call: ToolCall, arguments: Any) -> Block:
        """A call that the model made, with its signature if that is Google's."""
        self._names[call.id] = call.name
        part: Block = {"functionCall": {"id": call.id, "name": call.name, "args": arguments}}
        if _SIGNATURE.fullmatch(call.signature):
            part["thoughtSignature"] = call.signature
        return part

    def result(self, call_id: str, blocks: list[Block]) -> Block:
        """What came of a call; pictures among it are left out."""
        text = "\n".join(block["text"] for block in blocks if "text" in block)
        name = self._names.get(call_id, call_id)
        return {"functionResponse": {"id": call_id, "name": name, "response": {"output": text}}}

    def thoughts(self, signature: str) -> list[Block]:
        """None: signatures stand at the calls themselves."""
        return []


def system_instruction(messages: Sequence[ChatMessage]) -> dict[str, Any] | None:
    """The system messages as one; None where there is none, or nothing else."""
    text = system_text(messages)
    if not text or all(message.role == "system" for message in messages):
        return None
    return {"parts": [{"text": text}]}


def contents(endpoint: Endpoint, model: str, messages: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The turns of a conversation. Raises ProviderBadRequest: a part that the protocol cannot carry."""
    found = [
        {"role": "model" if turn.role == "assistant" else "user", "parts": turn.blocks}
        for turn in turns(endpoint, messages, GoogleParts())
    ]
    if not model.rpartition("/")[2].startswith(_UNSIGNED_MODELS):
        for turn in found:
            _sign(turn["parts"])
    return found


def _sign(parts: Any) -> None:
    """Of calls made at once only the first is signed."""
    first = next((part for part in parts if "functionCall" in part), None)
    if first is not None:
        first.setdefault("thoughtSignature", UNSIGNED)
