"""What a turn brings to its prompt, and the prompt that is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.files.references import FileReference
from apps.models.contracts import ChatMessage


@dataclass(frozen=True, slots=True)
class PastTurn:
    """An earlier question and its answer, with the pictures that were sent along."""

    query: str
    answer: str
    message_id: UUID | None = None
    pictures: Sequence[FileReference] = ()


@dataclass(frozen=True, slots=True)
class Material:
    """What a turn brings.

    Args:
        inputs: the form's values.
        history: oldest first; empty for a text generator.
        passages: retrieved texts, most relevant first.
        pictures: of the question.
        as_chat: a chat app, or a text generator.
        excerpts: what stands for a passage that has no room, by its place; "" for nothing.
    """

    inputs: Mapping[str, Any]
    query: str
    history: Sequence[PastTurn] = ()
    passages: Sequence[str] = ()
    pictures: Sequence[FileReference] = ()
    as_chat: bool = True
    excerpts: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Prompt:
    """The messages to send.

    Args:
        passages_used: how many of the passages offered are in it.
        tokens: about how long it is.
        pictures: what goes with which message, by the message's index.
    """

    messages: Sequence[ChatMessage]
    passages_used: int
    tokens: int
    pictures: Mapping[int, Sequence[FileReference]] = field(default_factory=dict)
