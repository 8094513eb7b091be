"""What callers set in a conversation by themselves; turns write theirs through `logs.writer`."""

from typing import Any

from django.db import transaction

from apps.common.errors import BadRequest, NotFound
from apps.common.text import storable_json
from apps.logs.models import Conversation
from apps.logs.selectors import NO_CONVERSATION
from apps.logs.variables import ConversationVariable


def set_variable(*, conversation: Conversation, variable: ConversationVariable, value: object) -> Conversation:
    """Gives a variable a value; of a turn that runs meanwhile and changes it the end wins.

    Args:
        value: of the type that the flow declares.

    Raises:
        BadRequest: it is of another type.
        NotFound: the conversation was deleted meanwhile.
    """
    found = _type_of(value, variable.value_type)
    if found != variable.value_type:
        raise BadRequest(
            f"Type mismatch: variable '{variable.name}' expects {variable.value_type}, but got {found} type"
        )
    with transaction.atomic():
        row = Conversation.objects.select_for_update().filter(pk=conversation.pk, deleted_at=None).first()
        if row is None:
            raise NotFound(NO_CONVERSATION)
        row.variables = {**row.variables, variable.name: storable_json(value)}
        row.save(update_fields=["variables"])
    return row


def _type_of(value: Any, wanted: str) -> str:
    """The name of a value's type, `wanted` where the value may be of it: an empty list may be of any array."""
    if isinstance(value, list):
        kinds = {_simple(item) for item in value}
        is_fitting = wanted.startswith("array[") and (wanted == "array[any]" or kinds <= {wanted[6:-1]})
        return wanted if is_fitting else f"array[{kinds.pop()}]" if len(kinds) == 1 else "array[any]"
    return _simple(value)


def _simple(value: Any) -> str:
    kinds = {bool: "boolean", int: "number", float: "number", str: "string", dict: "object", list: "array[any]"}
    return kinds.get(type(value), "none")
