"""Conversations as one text, for models that read a prompt and no messages. No I/O."""

from collections.abc import Sequence
from typing import Final

from apps.models.contracts import ChatMessage

_NAMES: Final = {"system": "System", "user": "User", "assistant": "Assistant", "tool": "Result"}


def text_of(message: ChatMessage) -> str:
    """The text of a message; pictures are left out."""
    if isinstance(message.content, str):
        return message.content
    return "\n".join(str(part["text"]) for part in message.content if part.get("type") == "text")


def transcript(messages: Sequence[ChatMessage]) -> str:
    """Messages as one prompt.

    Instructions and one question are joined as they are. A longer conversation names who speaks, and ends with the
    name of the side whose turn it is.
    """
    spoken = [message for message in messages if message.role != "system"]
    if len(spoken) < 2:
        return "\n\n".join(filter(None, map(text_of, messages)))
    lines = [_line(message) for message in messages]
    return "\n\n".join([*lines, f"{_NAMES['assistant']}:"])


def last_picture(messages: Sequence[ChatMessage]) -> str | None:
    """The address (https or data URL) of the newest picture of a conversation."""
    parts = [part for message in messages if not isinstance(message.content, str) for part in message.content]
    urls = [str(part["image_url"]["url"]) for part in parts if part.get("type") == "image_url"]
    return urls[-1] if urls else None


def _line(message: ChatMessage) -> str:
    return f"{_NAMES.get(message.role, message.role.title())}: {text_of(message)}"
