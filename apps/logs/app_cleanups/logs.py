"""Removes an app's conversations and messages, and what hangs on them."""

from uuid import UUID

from django.db.models import QuerySet

from apps.common.batches import delete_in_batches
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_unused_uploads
from apps.logs.models import Annotation, Conversation, Feedback, Message, MessageFile, SavedMessage
from apps.prompts.contracts import AppCleanup, app_cleanups


@app_cleanups.register
class LogsCleanup(AppCleanup):
    """The hot tables have no foreign key to the app; see `logs.models`."""

    key, label = "logs", "Conversations and messages"

    def clean(self, app_id: UUID) -> None:
        """Messages with their files, feedback and places among saved answers; then conversations."""
        delete_in_batches(Message.objects.filter(app_id=app_id), before=_delete_files)
        delete_in_batches(Conversation.objects.filter(app_id=app_id))
        # What could still name the app beside a message of another: nothing, unless rows were written by hand.
        for model in (MessageFile, Feedback, SavedMessage, Annotation):
            delete_in_batches(model._default_manager.filter(app_id=app_id))


def _delete_files(messages: "QuerySet[Message]") -> None:
    files = MessageFile.objects.filter(message__in=messages, upload_file_id__isnull=False)
    upload_ids = {upload_id for upload_id in files.values_list("upload_file_id", flat=True) if upload_id}
    MessageFile.objects.filter(message__in=messages).delete()
    elsewhere = MessageFile.objects.filter(upload_file_id__in=upload_ids).values_list("upload_file_id", flat=True)
    delete_unused_uploads(UploadFile.objects.filter(pk__in=upload_ids - set(elsewhere)))
