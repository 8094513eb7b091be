"""The variables a conversation keeps: what its chatflow declares, with the values its turns have given them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid5

from apps.common.errors import NotFound
from apps.common.ids import parse_uuid
from apps.prompts.callers import Access
from apps.prompts.flows import CONVERSATION, variables_of

from .models import Conversation

NO_VARIABLE: Final = "Conversation Variable Not Exists."


@dataclass(frozen=True, slots=True)
class ConversationVariable:
    """A variable of one conversation.

    Args:
        id: the same for as long as the conversation has it.
        value_type: as the app file says it: string, number, object, boolean, or an array of one of them.
    """

    id: UUID
    name: str
    value_type: str
    description: str
    value: Any


def list_variables(*, access: Access, conversation: Conversation) -> Sequence[ConversationVariable]:
    """The variables of a conversation, in the order in which the published flow declares them."""
    return [_variable(row, conversation) for row in variables_of(access.app.flow or {}, CONVERSATION)]


def get_variable(*, access: Access, conversation: Conversation, variable_id: str) -> ConversationVariable:
    """One of them. Raises NotFound."""
    wanted = parse_uuid(variable_id)
    for variable in list_variables(access=access, conversation=conversation):
        if variable.id == wanted:
            return variable
    raise NotFound(NO_VARIABLE)


def _variable(row: Mapping[str, Any], conversation: Conversation) -> ConversationVariable:
    name = str(row["name"])
    return ConversationVariable(
        id=uuid5(conversation.pk, name),
        name=name,
        value_type=str(row.get("value_type") or "string"),
        description=str(row.get("description") or ""),
        value=conversation.variables.get(name, row.get("value")),
    )
