"""Conversations as protocols with blocks want them: a system prompt apart, then turns of user and assistant in
alternation, each a list of blocks. What a block looks like is the protocol's own affair (`Blocks`). No I/O.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol, TypeAlias

import orjson

from apps.models.contracts import ChatMessage, Endpoint, ToolCall
from apps.models.errors import ProviderBadRequest

from . import _problems

Block: TypeAlias = dict[str, Any]
_DATA_URL: Final = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,", re.ASCII)


class Image(NamedTuple):
    """A picture of a message: its address, or its media type and base64 text."""

    url: str
    mime_type: str = ""
    data: str = ""


class Turn(NamedTuple):
    """What one side says until the other one answers."""

    role: str
    blocks: list[Block]


class Blocks(Protocol):
    """How a protocol writes the parts of a turn."""

    def text(self, text: str) -> Block:
        """A text that is not blank."""

    def image(self, image: Image) -> Block:
        """A picture. Raises ValueError, in a sentence, for one that the protocol cannot carry."""

    def call(self, call: ToolCall, arguments: Any) -> Block:
        """A call that the model made."""

    def result(self, call_id: str, blocks: list[Block]) -> Block:
        """What came of a call."""

    def thoughts(self, signature: str) -> list[Block]:
        """The thoughts that came before a call, as `ToolCall.signature` keeps them; none where it is not ours."""


def system_text(messages: Sequence[ChatMessage]) -> str:
    """The system messages as one text."""
    found = [_plain(message.content) for message in messages if message.role == "system"]
    return "\n\n".join(text for text in found if text.strip())


def turns(endpoint: Endpoint, messages: Sequence[ChatMessage], blocks: Blocks) -> list[Turn]:
    """The turns of a conversation, consecutive messages of one side joined.

    A conversation that holds nothing but a system prompt asks with that prompt itself: the protocols want a turn.

    Raises:
        ProviderBadRequest: a part that the protocol cannot carry.
    """
    found: list[Turn] = []
    try:
        for message in messages:
            if message.role == "system":
                continue
            _append(found, "assistant" if message.role == "assistant" else "user", _blocks(message, blocks))
    except ValueError as error:
        raise ProviderBadRequest(_problems.sentence(endpoint, str(error))) from error
    if not found and (text := system_text(messages)):
        found.append(Turn("user", [blocks.text(text)]))
    return found


def called_tools(messages: Sequence[ChatMessage]) -> list[str]:
    """The names of the tools that the conversation has calls of, each once."""
    return list(dict.fromkeys(call.name for message in messages for call in message.tool_calls))


def read_arguments(text: str) -> Any:
    """A call's arguments as the protocols want them back: an object, also where the model wrote none."""
    try:
        value = orjson.loads(text or "{}")
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}


def kept_thoughts(signature: str) -> list[Block]:
    """The blocks that a signature holds; none where it is some other provider's."""
    try:
        kept = orjson.loads(signature or "[]")
    except orjson.JSONDecodeError:
        return []
    return [block for block in kept if isinstance(block, dict)] if isinstance(kept, list) else []


def _append(found: list[Turn], role: str, new: list[Block]) -> None:
    if not new:
        return
    if found and found[-1].role == role:
        found[-1].blocks.extend(new)
    else:
        found.append(Turn(role, new))


def _blocks(message: ChatMessage, blocks: Blocks) -> list[Block]:
    content = _content(message.content, blocks)
    if message.role == "tool":
        return [blocks.result(message.tool_call_id or "", content)]
    calls: list[Block] = []
    for number, call in enumerate(message.tool_calls):
        thoughts = blocks.thoughts(call.signature)
        if number == 0:
            content = [*thoughts, *content]
        else:
            calls += thoughts
        calls.append(blocks.call(call, read_arguments(call.arguments)))
    return [*content, *calls]


def _content(content: str | Sequence[Mapping[str, Any]], blocks: Blocks) -> list[Block]:
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    found = []
    for part in parts:
        kind = part.get("type")
        if kind == "text":
            # Both vendors refuse a request with a blank text in it.
            if str(part["text"]).strip():
                found.append(blocks.text(part["text"]))
        elif kind == "image_url":
            found.append(blocks.image(_image(part["image_url"])))
        else:
            raise ValueError(f"messages with parts of the type {kind!r} cannot be sent")
    return found


def _image(value: Any) -> Image:
    url = str(value["url"] if isinstance(value, Mapping) else value)
    if not url.startswith("data:"):
        return Image(url)
    head = _DATA_URL.match(url)
    if head is None:
        raise ValueError("a picture in a data URL must be written in base64")
    data = url[head.end() :]
    try:
        base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise ValueError("a picture's base64 is broken") from error
    return Image(url, head[1], data)


def _plain(content: str | Sequence[Mapping[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "\n".join(str(part.get("text") or "") for part in content)
