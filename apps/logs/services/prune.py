"""Removing old logs: whole conversations some time after their last message, and single messages."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from apps.common.batches import delete_in_batches
from apps.files.models import UploadFile
from apps.files.services.uploads import delete_unused_uploads
from apps.logs.choices import FlowStatus, MessageStatus
from apps.logs.models import Conversation, Message, MessageFile, WorkflowRun
from apps.prompts.models import App
from apps.workspaces.models import Workspace
from apps.workspaces.services import audit


@dataclass(slots=True)
class Pruned:
    """What was removed, or would be."""

    conversations: int = 0
    messages: int = 0
    workflow_runs: int = 0


def prune_logs(*, before: datetime, workspaces: Iterable[Workspace], dry_run: bool = False) -> Pruned:
    """Removes logs older than a moment with their files and feedback, some hundred rows in each transaction.

    A conversation goes as a whole once nothing was said in it since: its later messages build on the earlier ones.
    Runs under way stay, and so do answers that a visitor keeps; annotations stay without their message.

    Args:
        before: aware.
    """
    pruned = Pruned()
    for workspace in workspaces:
        for app_id in App.objects.filter(workspace=workspace).values_list("pk", flat=True):
            _prune_app(app_id, before, pruned, dry_run=dry_run)
        if not dry_run:
            data = {"before": before.isoformat()}
            audit.record(
                workspace=workspace, user=None, action="logs.prune", object_type="workspace", object_id=workspace.pk,
                data=data,
            )  # fmt: skip
    return pruned


def _prune_app(app_id: UUID, before: datetime, pruned: Pruned, *, dry_run: bool) -> None:
    old = Conversation.objects.filter(app_id=app_id, created_at__lt=before, updated_at__lt=before)
    old = old.exclude(messages__status=MessageStatus.RUNNING).exclude(messages__saved__isnull=False)
    old = old.exclude(messages__created_at__gte=before)
    single = Message.objects.filter(app_id=app_id, created_at__lt=before, conversation=None, saved=None)
    single = single.exclude(status=MessageStatus.RUNNING)
    inside = Message.objects.filter(conversation__in=old)
    runs = WorkflowRun.objects.filter(app_id=app_id, created_at__lt=before)
    # A turn's run goes with its conversation; a run that waits for a person may go on one day.
    runs = runs.exclude(status__in=[FlowStatus.RUNNING, FlowStatus.PAUSED])
    runs = runs.filter(Q(conversation_id=None) | Q(conversation_id__in=old.values("pk")))
    pruned.workflow_runs += runs.count()
    if not dry_run:
        delete_in_batches(runs)
    pruned.conversations += old.count()
    pruned.messages += inside.count() + single.count()
    if not dry_run:
        delete_in_batches(inside, before=delete_files_of)
        delete_in_batches(old)
        delete_in_batches(single, before=delete_files_of)


def delete_files_of(messages: "QuerySet[Message]") -> None:
    """Removes the files of messages about to be deleted, unless another message or a row of another kind has them."""
    files = MessageFile.objects.filter(message__in=messages, upload_file_id__isnull=False)
    upload_ids = {upload_id for upload_id in files.values_list("upload_file_id", flat=True) if upload_id}
    MessageFile.objects.filter(message__in=messages).delete()
    elsewhere = MessageFile.objects.filter(upload_file_id__in=upload_ids).values_list("upload_file_id", flat=True)
    delete_unused_uploads(UploadFile.objects.filter(pk__in=upload_ids - set(elsewhere)))
