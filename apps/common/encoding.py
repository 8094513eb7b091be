"""Run events to bytes: one JSON object for each event, framed for SSE where asked.

The part of a `message` event that never changes within a run is built once and the escaped delta spliced in:
building each event's JSON from a dict costs more than relaying it.
"""

import json
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any
from uuid import UUID

from .run_events import Envelope, FlowEnd, FlowEvent, FlowPause, Message, MessageEnd, MessageReplace, RunError, RunEvent

PING = b"event: ping\n\n"


def dumps(value: object) -> str:
    """JSON as the service API writes it: spaces after separators, non-ASCII escaped, UUIDs and decimals as text."""
    return json.dumps(value, default=_plain)


def _plain(value: object) -> str:
    return str(value)


class EventEncoder:
    """Encodes the events of one run."""

    def __init__(self, envelope: Envelope) -> None:
        self.envelope = envelope
        shared = {key: str(value) if isinstance(value, UUID) else value for key, value in self._shared().items()}
        self._head = dumps({"event": "message", **shared, "task_id": str(envelope.task_id)})[:-1]
        self._message_id = str(envelope.message_id)
        self._delta_head = f'{self._head}, "id": "{self._message_id}", "answer": '
        self._shared_fields = shared
        self._last_selector: tuple[Sequence[str] | None, str] = (None, "null")

    def _shared(self) -> dict[str, Any]:
        conversation = {"conversation_id": self.envelope.conversation_id} if self.envelope.conversation_id else {}
        return {**conversation, "message_id": self.envelope.message_id, "created_at": self.envelope.created_at}

    def text(self, event: RunEvent) -> str:
        """The event as one JSON object."""
        if type(event) is Message:
            selector = self._selector(event.from_variable_selector)
            return f'{self._delta_head}{encode_basestring_ascii(event.answer)}, "from_variable_selector": {selector}}}'
        return dumps(self.fields(event))

    def _selector(self, selector: Sequence[str] | None) -> str:
        """Deltas of one variable follow one another: its JSON is made once."""
        if selector is not self._last_selector[0]:
            self._last_selector = (selector, dumps(selector))
        return self._last_selector[1]

    def sse(self, event: RunEvent) -> bytes:
        """The event as an SSE frame (WHATWG HTML, section 9.2): `data: <JSON>` and a blank line."""
        return f"data: {self.text(event)}\n\n".encode("ascii")

    def fields(self, event: RunEvent) -> Mapping[str, Any]:
        """The event's fields in the service API's order."""
        envelope = {"event": event.event, **self._shared_fields}
        if isinstance(event, RunError):
            return {**envelope, "code": event.code, "status": event.status, "message": event.message}
        envelope["task_id"] = str(self.envelope.task_id)
        if isinstance(event, Message):
            selector = event.from_variable_selector
            return {**envelope, "id": self._message_id, "answer": event.answer, "from_variable_selector": selector}
        if isinstance(event, MessageReplace):
            return {**envelope, "answer": event.answer, "reason": event.reason}
        if isinstance(event, FlowEvent | FlowEnd | FlowPause):
            return {**envelope, "workflow_run_id": self._message_id, "data": event.data}
        return {**envelope, "id": self._message_id, "metadata": event.metadata, "files": event.files}

    def blocking(self, event: MessageEnd | FlowEnd | FlowPause) -> Mapping[str, Any]:
        """The whole run as the blocking answer."""
        if isinstance(event, FlowEnd | FlowPause):
            return {"task_id": str(self.envelope.task_id), "workflow_run_id": self._message_id, "data": event.data}
        conversation = {"conversation_id": str(self.envelope.conversation_id)} if self.envelope.conversation_id else {}
        return {
            "event": "message",
            "task_id": str(self.envelope.task_id),
            "id": self._message_id,
            "message_id": self._message_id,
            **conversation,
            "mode": self.envelope.mode,
            "answer": event.answer,
            "metadata": event.metadata,
            "created_at": self.envelope.created_at,
        }


class FlowEncoder(EventEncoder):
    """Encodes the events of a workflow's run, which belongs to no message (service API 4.2)."""

    def _shared(self) -> dict[str, Any]:
        return {}
