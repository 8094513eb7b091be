"""What a request brings to its run: the form's values, files, and the conversation it goes on with."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from apps.common.errors import InvalidParam
from apps.files.references import FileReference, load_references
from apps.logs.history import OpenConversation, open_conversation
from apps.prompts.config import BasicConfig
from apps.prompts.file_inputs import load_file_inputs
from apps.prompts.inputs import read_inputs
from apps.prompts.material import PastTurn

from .state import TurnRequest


@dataclass(frozen=True, slots=True)
class Intake:
    """A checked request.

    Args:
        files: sent with the question.
        input_files: of the form's file fields.
        history: what was said before, oldest first.
        parent_id: the message it goes on from.
        variables: conversation variables that earlier turns have changed.
        message_count: of the conversation before this turn.
    """

    inputs: Mapping[str, Any]
    files: Sequence[FileReference] = ()
    input_files: Sequence[FileReference] = ()
    history: Sequence[PastTurn] = ()
    parent_id: UUID | None = None
    variables: Mapping[str, Any] | None = None
    message_count: int = 0


async def take_in(request: TurnRequest, config: BasicConfig) -> Intake:
    """Reads a request against its app's form.

    Raises:
        AppError: bad inputs or files, unknown or ended conversation.
    """
    conversation = await _conversation(request)
    given, history = request.inputs, request.history
    if conversation is not None:
        # A running conversation keeps its form; what the caller sends anew replaces it field by field.
        given = {**conversation.inputs, **{key: value for key, value in given.items() if value not in (None, "")}}
        history = tuple(PastTurn(turn.query, turn.answer, turn.message_id) for turn in conversation.turns)
    before = request.tried.partway.inputs if request.tried.partway is not None and not request.inputs else None
    inputs = read_inputs(config.variables, given) if before is None else before
    input_files: tuple[FileReference, ...] = ()
    if config.takes_files and before is None:
        inputs, input_files = await load_file_inputs(config.variables, inputs, request.owner)
    files = await load_references(request.files, config.files, request.owner) if request.files else ()
    return Intake(
        inputs,
        files,
        input_files,
        history,
        history[-1].message_id if history else request.parent_message_id,
        conversation.variables if conversation else None,
        conversation.message_count if conversation else 0,
    )


def require_question(request: TurnRequest) -> None:
    """Raises InvalidParam: a chat was asked nothing."""
    if not request.query.strip():
        raise InvalidParam("query is required")


async def _conversation(request: TurnRequest) -> OpenConversation | None:
    if request.conversation_id is None:
        return None
    caller = request.caller
    return await open_conversation(
        conversation_id=request.conversation_id,
        app_id=request.app.app_id,
        invoke_from=caller.invoke_from,
        end_user_id=caller.end_user_id,
        account_id=caller.account_id,
    )
