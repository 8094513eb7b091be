"""What people do to their conversations. Turns write theirs through `logs.writer`."""

from django.db.models.functions import Now
from django.utils import timezone

from apps.common.errors import InvalidParam, NotFound
from apps.common.text import storable
from apps.logs.models import Conversation
from apps.logs.selectors import NO_CONVERSATION

MAX_NAME = 255


def rename_conversation(*, conversation: Conversation, name: object) -> Conversation:
    """Gives a conversation another name.

    Raises:
        InvalidParam: no text, empty, or over 255 characters.
        NotFound: the conversation was deleted meanwhile.
    """
    if not isinstance(name, str) or not (name := " ".join(storable(name).split())):
        raise InvalidParam("name is required", params="name")
    if len(name) > MAX_NAME:
        raise InvalidParam(f"name must be at most {MAX_NAME} characters.", params="name")
    conversation.name, conversation.updated_at = name, timezone.now()
    changes = {"name": name, "updated_at": conversation.updated_at}
    if not Conversation.objects.filter(pk=conversation.pk, deleted_at=None).update(**changes):
        raise NotFound(NO_CONVERSATION)
    return conversation


def pin_conversation(*, conversation: Conversation, pinned: bool) -> None:
    """Puts a conversation at the top of its owner's list, or takes it from there."""
    Conversation.objects.filter(pk=conversation.pk).update(pinned_at=Now() if pinned else None)


def delete_conversation(*, conversation: Conversation) -> None:
    """Hides a conversation and its messages from its owner for good; operators keep the rows."""
    Conversation.objects.filter(pk=conversation.pk, deleted_at=None).update(deleted_at=Now())
