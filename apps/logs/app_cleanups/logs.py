"""Removes an app's conversations and messages, and what hangs on them."""

from uuid import UUID

from apps.common.batches import delete_in_batches
from apps.logs.models import (
    Annotation,
    BigValue,
    Conversation,
    Feedback,
    HumanForm,
    Message,
    MessageFile,
    NodeRun,
    PausedRun,
    SavedMessage,
    WorkflowRun,
)
from apps.logs.services.prune import delete_files_of
from apps.prompts.contracts import AppCleanup, app_cleanups


@app_cleanups.register
class LogsCleanup(AppCleanup):
    """The hot tables have no foreign key to the app; see `logs.models`."""

    key, label = "logs", "Conversations and messages"

    def clean(self, app_id: UUID) -> None:
        """Runs, messages with their files, feedback and places among saved answers; then conversations."""
        delete_in_batches(WorkflowRun.objects.filter(app_id=app_id))
        delete_in_batches(Message.objects.filter(app_id=app_id), before=delete_files_of)
        delete_in_batches(Conversation.objects.filter(app_id=app_id))
        # What could still name the app beside a message of another: nothing, unless rows were written by hand.
        for model in (BigValue, HumanForm, PausedRun, NodeRun, MessageFile, Feedback, SavedMessage, Annotation):
            delete_in_batches(model._default_manager.filter(app_id=app_id))
