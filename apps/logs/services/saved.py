"""Answers of a text generator that their reader keeps."""

from uuid import UUID

from apps.logs.models import Message, SavedMessage


def save_message(*, message: Message, end_user_id: UUID) -> None:
    """Keeps an answer; keeping it twice changes nothing."""
    saved = SavedMessage(
        workspace_id=message.workspace_id, app_id=message.app_id, message=message, end_user_id=end_user_id
    )
    SavedMessage.objects.bulk_create([saved], ignore_conflicts=True)


def forget_message(*, message: Message, end_user_id: UUID) -> None:
    """Keeps an answer no longer; the message stays."""
    SavedMessage.objects.filter(message=message, end_user_id=end_user_id).delete()
