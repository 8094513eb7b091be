"""The typed events of a run. Every encoder (SSE, websocket, blocking JSON, CLI) reads these and nothing else.

A run is an async generator of these events and ends in exactly one terminal event (`TERMINAL`).
Names and fields follow the service API's event catalogue; fields all events of a run share are in `Envelope`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Envelope:
    """What every event of one run carries.

    Args:
        created_at: Unix seconds.
        conversation_id: None for text generation, whose runs belong to no conversation.
    """

    task_id: UUID
    message_id: UUID
    conversation_id: UUID | None
    mode: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Message:
    """A piece of the answer; `answer` is the delta."""

    event: ClassVar[str] = "message"
    answer: str
    from_variable_selector: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class MessageReplace:
    """The whole answer so far is replaced (moderation)."""

    event: ClassVar[str] = "message_replace"
    answer: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class MessageEnd:
    """Terminal: the answer is complete and stored.

    Args:
        metadata: `usage` (see `models.contracts.Usage.as_metadata`) and, if any, `retriever_resources`.
        answer: the whole text, for the blocking form; not part of the streamed event.
        status: "normal" or "stopped".
    """

    event: ClassVar[str] = "message_end"
    metadata: Mapping[str, Any]
    answer: str
    status: str = "normal"
    files: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True)
class RunError:
    """Terminal: the run failed; what came so far is stored with the reason."""

    event: ClassVar[str] = "error"
    code: str
    message: str
    status: int = 400


@dataclass(frozen=True, slots=True)
class FlowEvent:
    """What happens in a run of a workflow; `data` is what the service API's event has under that name."""

    event: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FlowEnd:
    """Terminal: the workflow has ended, as its `status` says, and is stored."""

    event: ClassVar[str] = "workflow_finished"
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FlowPause:
    """Terminal for its readers: the workflow waits for people; a run that is resumed has events of its own."""

    event: ClassVar[str] = "workflow_paused"
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Ping:
    """Keep-alive, not stored and not numbered."""

    event: ClassVar[str] = "ping"


RunEvent: TypeAlias = Message | MessageReplace | MessageEnd | RunError | FlowEvent | FlowEnd | FlowPause
TERMINAL = (MessageEnd, RunError, FlowEnd, FlowPause)


def is_terminal(event: RunEvent) -> bool:
    """Whether nothing follows this event."""
    return isinstance(event, TERMINAL)


__all__ = [
    "TERMINAL",
    "Envelope",
    "FlowEnd",
    "FlowEvent",
    "FlowPause",
    "Message",
    "MessageEnd",
    "MessageReplace",
    "Ping",
    "RunError",
    "RunEvent",
    "is_terminal",
]
