"""Conversations as Cohere wants them. No I/O."""

from collections.abc import Mapping, Sequence
from typing import Any

from apps.models.contracts import ChatMessage, Endpoint
from apps.models.errors import ProviderBadRequest

from . import _problems
from ._transcript import text_of
from ._turns import kept_thoughts


def messages(endpoint: Endpoint, found: Sequence[ChatMessage]) -> list[dict[str, Any]]:
    """The messages of a request. Raises ProviderBadRequest: a part that the protocol cannot carry."""
    return [_message(endpoint, message) for message in found]


def _message(endpoint: Endpoint, message: ChatMessage) -> dict[str, Any]:
    if message.role == "tool":
        document = {"type": "document", "document": {"data": {"output": text_of(message)}}}
        return {"role": "tool", "tool_call_id": message.tool_call_id or "", "content": [document]}
    if message.tool_calls:
        return _with_calls(message)
    return {"role": message.role, "content": _content(endpoint, message.content)}


def _with_calls(message: ChatMessage) -> dict[str, Any]:
    """An answer that calls tools, with the plan or the thoughts that led to it where they were Cohere's."""
    body: dict[str, Any] = {
        "role": "assistant",
        "tool_calls": [
            {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
            for call in message.tool_calls
        ],
    }
    kept = [block for call in message.tool_calls for block in kept_thoughts(call.signature)]
    if plan := "".join(block["tool_plan"] for block in kept if isinstance(block.get("tool_plan"), str)):
        body["tool_plan"] = plan
    blocks = [{"type": "thinking", "thinking": block["thought"]} for block in kept if "thought" in block]
    if text := text_of(message):
        blocks.append({"type": "text", "text": text})
    if blocks:
        body["content"] = blocks
    return body


def _content(endpoint: Endpoint, content: str | Sequence[Mapping[str, Any]]) -> str | list[dict[str, Any]]:
    """Text, or parts of text and pictures, which Cohere writes as OpenAI does."""
    if isinstance(content, str):
        return content
    unknown = {str(part.get("type")) for part in content} - {"text", "image_url"}
    if unknown:
        text = f"messages with parts of the type {', '.join(sorted(unknown))} cannot be sent"
        raise ProviderBadRequest(_problems.sentence(endpoint, text))
    return [dict(part) for part in content]
