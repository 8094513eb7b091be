"""What readers and operators think of answers."""

from typing import Any

from django.db import transaction

from apps.common.errors import InvalidParam
from apps.common.text import shown, storable
from apps.logs.choices import FeedbackSource, Rating
from apps.logs.models import Feedback, Message
from apps.prompts.callers import Caller
from apps.workspaces.models import User, Workspace
from apps.workspaces.services import audit

MAX_CONTENT = 10_000  # characters


@transaction.atomic
def rate_message(*, message: Message, caller: Caller, rating: object, content: object = None) -> None:
    """Sets, changes or takes back a reader's opinion.

    Args:
        rating: like, dislike, or None to take it back.
        content: what the reader adds in words.

    Raises:
        InvalidParam: another rating, a content that is no text or too long, nothing to take back.
    """
    if rating not in (None, *Rating.values):
        raise InvalidParam(f"{shown(rating)} is not a valid choice", params="rating")
    if content is not None and not isinstance(content, str):
        raise InvalidParam("content must be a string", params="content")
    if len(content or "") > MAX_CONTENT:
        raise InvalidParam(f"content must be at most {MAX_CONTENT} characters.", params="content")
    _lock(message)
    if rating is None:
        removed, _ = Feedback.objects.filter(message=message, source=FeedbackSource.USER).delete()
        if not removed:
            raise InvalidParam("rating cannot be None when feedback not exists")
        return
    said = {"rating": rating, "content": storable(content or "")}
    _write(message, FeedbackSource.USER, said, end_user_id=caller.end_user_id, account_id=caller.account_id)


@transaction.atomic
def rate_as_operator(*, message: Message, user: User, rating: object) -> None:
    """Sets, changes or takes back what the team thinks of an answer; of several members the last one counts.

    Args:
        rating: like, dislike, or "" to take it back.

    Raises:
        InvalidParam: another rating.
    """
    if rating not in ("", *Rating.values):
        raise InvalidParam(f"{shown(rating)} is not a valid choice", params="rating")
    _lock(message)
    own = Feedback.objects.filter(message=message, source=FeedbackSource.ADMIN)
    before = own.values_list("rating", flat=True).first()
    if rating:
        _write(message, FeedbackSource.ADMIN, {"rating": rating, "account_id": user.pk})
    else:
        own.delete()
    workspace = Workspace.objects.get(pk=message.workspace_id)
    data = {"app_id": str(message.app_id), "rating": rating, "before": before or ""}
    audit.record(
        workspace=workspace, user=user, action="feedback.rate", object_type="message", object_id=message.pk, data=data
    )


def _lock(message: Message) -> None:
    """Two opinions at once wait for each other: between "is there one" and "write it" the other would have come."""
    list(Message.objects.select_for_update(no_key=True).filter(pk=message.pk).values_list("pk"))


def _write(message: Message, source: FeedbackSource, said: dict[str, Any], **whose: Any) -> None:
    Feedback.objects.update_or_create(
        message=message,
        source=source,
        defaults=said,
        create_defaults={
            "workspace_id": message.workspace_id,
            "app_id": message.app_id,
            "conversation_id": message.conversation_id,
            **said,
            **whose,
        },
    )
