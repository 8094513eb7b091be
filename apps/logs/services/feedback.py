"""What readers think of answers."""

from django.db import transaction

from apps.common.errors import InvalidParam
from apps.common.text import shown, storable
from apps.logs.choices import FeedbackSource, Rating
from apps.logs.models import Feedback, Message
from apps.prompts.callers import Caller

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
    # Two opinions at once wait for each other: between "is there one" and "write it" the other would have come.
    list(Message.objects.select_for_update(no_key=True).filter(pk=message.pk).values_list("pk"))
    if rating is None:
        removed, _ = Feedback.objects.filter(message=message, source=FeedbackSource.USER).delete()
        if not removed:
            raise InvalidParam("rating cannot be None when feedback not exists")
        return
    Feedback.objects.update_or_create(
        message=message,
        source=FeedbackSource.USER,
        defaults={"rating": rating, "content": storable(content or "")},
        create_defaults={
            "workspace_id": message.workspace_id,
            "app_id": message.app_id,
            "conversation_id": message.conversation_id,
            "rating": rating,
            "content": storable(content or ""),
            "end_user_id": caller.end_user_id,
            "account_id": caller.account_id,
        },
    )
