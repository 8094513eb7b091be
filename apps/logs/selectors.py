"""Reads of conversations and messages: what one caller of one app may see, and what the app's owner may."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from apps.common.errors import NotFound
from apps.common.tenancy import get_or_404
from apps.files.errors import FileAccessDenied, FileNotFound
from apps.files.models import UploadFile
from apps.prompts.callers import Access
from apps.prompts.choices import InvokeFrom

from .choices import FeedbackSource
from .models import Conversation, Feedback, Message, MessageFile, SavedMessage

NO_CONVERSATION = "Conversation Not Exists."
NO_MESSAGE = "Message Not Exists."
# Messages of a conversation that its owner deleted are not reachable any more.
_NOT_DELETED = Q(conversation=None) | Q(conversation__deleted_at=None)


def list_conversations(*, access: Access, is_pinned: bool | None = None) -> "QuerySet[Conversation]":
    """The caller's own conversations with the app, all of them unless `is_pinned` says which."""
    conversations = Conversation.objects.filter(**_owned(access), deleted_at=None)
    return conversations if is_pinned is None else conversations.filter(pinned_at__isnull=not is_pinned)


def get_conversation(*, access: Access, conversation_id: str | UUID, missing: str = NO_CONVERSATION) -> Conversation:
    """The caller's own conversation. Raises NotFound with the sentence `missing`."""
    return get_or_404(list_conversations(access=access), conversation_id, missing)


def list_messages(*, access: Access) -> "QuerySet[Message]":
    """The caller's own messages of all conversations, with their files and their reader's feedback."""
    own = Feedback.objects.filter(source=FeedbackSource.USER)
    return Message.objects.filter(_NOT_DELETED, **_owned(access)).prefetch_related(
        Prefetch("files", MessageFile.objects.order_by("belongs_to", "position")),
        Prefetch("feedbacks", own, to_attr="own_feedback"),
    )


def get_message(*, access: Access, message_id: str | UUID, missing: str = NO_MESSAGE) -> Message:
    """The caller's own message. Raises NotFound with the sentence `missing`."""
    return get_or_404(list_messages(access=access), message_id, missing)


def list_turns_until(*, access: Access, message: Message, limit: int) -> list[tuple[str, str]]:
    """The last answered questions of a conversation up to and with one of its messages, oldest first."""
    turns = list_messages(access=access).prefetch_related(None).exclude(answer="")
    until = Q(created_at__lt=message.created_at) | Q(created_at=message.created_at, pk__lte=message.pk)
    turns = turns.filter(until, Q(conversation=message.conversation_id))
    return list(turns.order_by("-created_at", "-pk").values_list("query", "answer")[:limit])[::-1]


def get_first_query(*, access: Access, conversation: Conversation) -> str:
    """The question a conversation began with. Raises NotFound: it holds no message."""
    first = list_messages(access=access).filter(conversation=conversation).order_by("created_at", "pk").first()
    if first is None:
        raise NotFound(NO_MESSAGE)
    return first.query


def list_saved(*, workspace_id: UUID, app_id: UUID, end_user_id: UUID) -> "QuerySet[SavedMessage]":
    """What a visitor keeps of the app's answers."""
    return SavedMessage.objects.filter(workspace_id=workspace_id, app_id=app_id, end_user_id=end_user_id)


def list_feedback(*, workspace_id: UUID, app_id: UUID) -> "QuerySet[Feedback]":
    """What everybody thought of the app's answers, newest first; what is tried out while an app is made is left out."""
    feedback = Feedback.objects.filter(workspace_id=workspace_id, app_id=app_id)
    return feedback.exclude(message__invoke_from=InvokeFrom.DEBUGGER).order_by("-created_at", "-pk")


def find_uploads(messages: Iterable[Message]) -> Mapping[UUID, UploadFile]:
    """The uploads among the messages' files, by id; those that were removed are not among them."""
    files = [file for message in messages for file in message.files.all()]
    ids = {file.upload_file_id for file in files if file.upload_file_id}
    workspace_ids = {file.workspace_id for file in files}
    return UploadFile.objects.filter(workspace_id__in=workspace_ids).in_bulk(ids) if ids else {}


def get_sent_file(*, access: Access, file_id: str, is_named: bool) -> UploadFile:
    """An upload that a message of the app holds.

    Args:
        is_named: the call names its user, so only messages of that user count; else all of the app's do.

    Raises:
        FileNotFound: the workspace has no such upload, or it is another user's.
        FileAccessDenied: no message of the app holds it.
    """
    try:
        upload = get_or_404(UploadFile.objects.filter(workspace_id=access.app.workspace_id), file_id)
    except NotFound as error:
        raise FileNotFound from error
    app = {"app_id": access.app.app_id, "workspace_id": access.app.workspace_id}
    if is_named and upload.created_by_end_user not in (None, access.caller.end_user_id):
        raise FileNotFound
    holders = Message.objects.filter(_NOT_DELETED, **(_owned(access) if is_named else app))
    if not holders.filter(files__upload_file_id=upload.pk).exists():
        raise FileAccessDenied
    return upload


def _owned(access: Access) -> dict[str, object]:
    app, caller = access.app, access.caller
    return {
        "workspace_id": app.workspace_id,
        "app_id": app.app_id,
        "invoke_from": caller.invoke_from,
        "end_user_id": caller.end_user_id,
        "account_id": caller.account_id,
    }
