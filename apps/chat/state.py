"""What a turn is asked, and what it knows as it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from apps.common.run_events import Envelope
from apps.files.references import FileReference, Owner
from apps.knowledge.contracts import Hit
from apps.models.handles import ModelHandle
from apps.prompts.callers import Caller
from apps.prompts.config import BasicConfig
from apps.prompts.material import PastTurn, Prompt
from apps.prompts.runtime import AppRuntime
from apps.workflows.engine.contracts import NodeResult


@dataclass(frozen=True, slots=True)
class TriggerStart:
    """The trigger node a run begins with, and its variables."""

    node_id: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Partway:
    """Where a run that begins in the middle of its flow begins, and what was before.

    Args:
        values: variables by node.
        inputs: of the form; they count where the request has none. None: the request has to bring them.
        conversation: its variables; they count in a new conversation.
    """

    start_id: str
    values: Mapping[str, Mapping[str, Any]]
    inputs: Mapping[str, Any] | None
    system: Mapping[str, Any]
    conversation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Tried:
    """What a member's earlier runs and edits of a draft give a run of it.

    Args:
        given: what pinned nodes bring, which do not run.
    """

    given: Mapping[str, NodeResult] = field(default_factory=dict)
    partway: Partway | None = None


@dataclass(frozen=True, slots=True)
class TurnRequest:
    """What a caller asks of an app; checked against the app's form by `start_turn`.

    Args:
        files: the request's `files`, as they came.
        history: what was said before, where the caller keeps it; a stored conversation takes its place.
        parent_message_id: the message this one is a variant of.
        trigger: what starts a workflow in place of a caller.
        from_node_id: the node that a member's run of a draft begins with; "": where the flow begins.
        tried: see `trying.with_tried`.
    """

    app: AppRuntime
    caller: Caller
    inputs: Mapping[str, Any]
    query: str = ""
    conversation_id: UUID | None = None
    auto_generate_name: bool = True
    files: Any = None
    history: tuple[PastTurn, ...] = ()
    parent_message_id: UUID | None = None
    trigger: TriggerStart | None = None
    from_node_id: str = ""
    tried: Tried = Tried()

    @property
    def owner(self) -> Owner:
        """Whose uploads the request may name."""
        return Owner(self.app.workspace_id, self.caller.end_user_id, self.caller.account_id)


@dataclass(slots=True)
class TurnState:
    """A turn's checked request, and what the steps before the model have found.

    Args:
        files: sent with the question.
        input_files: of the form's file fields.
        parent_message_id: the message it goes on from.
        aside_tokens: of the prompts and answers of model calls before the one that answers.
    """

    request: TurnRequest
    config: BasicConfig
    envelope: Envelope
    inputs: Mapping[str, Any]
    files: Sequence[FileReference] = ()
    input_files: Sequence[FileReference] = ()
    history: Sequence[PastTurn] = ()
    parent_message_id: UUID | None = None
    handle: ModelHandle | None = None
    hits: Sequence[Hit] = ()
    prompt: Prompt | None = None
    aside_tokens: tuple[int, int] = (0, 0)

    @property
    def as_chat(self) -> bool:
        """Whether it belongs to a conversation."""
        return self.envelope.conversation_id is not None

    @property
    def is_new_conversation(self) -> bool:
        """Whether its conversation begins with it."""
        return self.as_chat and self.request.conversation_id is None

    @property
    def sees(self) -> bool:
        """Whether its model looks at pictures."""
        return self.handle is not None and "vision" in self.handle.spec.features and self.handle.spec.mode == "chat"
