"""Ends an app's runs before its rows go."""

from uuid import UUID

from apps.chat.runs import send_stop
from apps.logs.choices import FlowStatus, MessageStatus
from apps.logs.models import Message, WorkflowRun
from apps.prompts.contracts import AppCleanup, app_cleanups


@app_cleanups.register
class RunsCleanup(AppCleanup):
    """A run of a deleted app would go on costing money, for an answer nobody can read."""

    key, label = "runs", "Runs under way"

    def stop(self, app_id: UUID) -> None:
        """Sends each its stop word, as its own user would."""
        turns = Message.objects.filter(app_id=app_id, status=MessageStatus.RUNNING)
        flows = WorkflowRun.objects.filter(app_id=app_id, status=FlowStatus.RUNNING)
        for running in (turns, flows):
            for task_id, end_user_id, account_id in running.values_list("task_id", "end_user_id", "account_id"):
                send_stop(task_id=task_id, owner_id=end_user_id or account_id)

    def clean(self, app_id: UUID) -> None:
        """Nothing: runs live in memory."""
