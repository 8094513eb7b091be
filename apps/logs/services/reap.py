"""Ends runs whose process died: their lease ran out and nobody else will."""

from django.db import connection, transaction
from django.utils import timezone

from apps.logs.choices import FlowStatus, FormStatus, MessageStatus
from apps.logs.models import HumanForm, Message, WorkflowRun

INTERRUPTED = "interrupted"
INTERRUPTED_MESSAGE = "The run was interrupted because the server stopped. Ask again."

_REAP_FLOWS = """
    with reaped as (
        update logs_workflowrun
        set status = 'failed', error_code = %s, error = %s, lease_until = null, finished_at = now(),
            elapsed_s = extract(epoch from now() - created_at)
        where status = 'running' and lease_until < now()
        returning id
    ), closed as (
        update logs_humanform f set status = 'expired', answered_at = now() from reaped
        where f.run_id = reaped.id and f.status = 'waiting'
    )
    select id from reaped
"""
_REAP = """
    update logs_message
    set status = 'error', error_code = %s, error = %s, reserved_price = 0, lease_until = null, finished_at = now()
    where status = 'running' and lease_until < now()
    returning id
"""
_LOCK_BUDGETS = """
    select billing_lock(budget_id, subject_id) from (
        select distinct budget_id, subject_id from billing_budgethold where run_id = any(%s) order by 1, 2) held
"""
# What they had spent nobody knows any more.
_FREE_HOLDS = "select billing_settle(run_id, 0) from unnest(%s::uuid[]) as run_id"


def reap_runs() -> int:
    """Gives every abandoned run its terminal state and frees what it held of budgets; returns how many there were."""
    with transaction.atomic(), connection.cursor() as cursor:
        ended = []
        for statement in (_REAP_FLOWS, _REAP):
            cursor.execute(statement, [INTERRUPTED, INTERRUPTED_MESSAGE])
            ended += [run_id for (run_id,) in cursor.fetchall()]
        if ended:
            cursor.execute(_LOCK_BUDGETS, [ended])
            cursor.execute(_FREE_HOLDS, [ended])
        return len(ended)


def end_claimed(run: WorkflowRun, code: str, sentence: str) -> None:
    """Gives a run that cannot go on its terminal state."""
    ended = {"error_code": code, "error": sentence, "lease_until": None, "finished_at": timezone.now()}
    with transaction.atomic():
        WorkflowRun.objects.filter(pk=run.pk, status=FlowStatus.RUNNING).update(status=FlowStatus.FAILED, **ended)
        HumanForm.objects.filter(run=run, status=FormStatus.WAITING).update(
            status=FormStatus.EXPIRED, answered_at=timezone.now()
        )
        Message.objects.filter(pk__in=[run.message_id], status=MessageStatus.RUNNING).update(
            status=MessageStatus.ERROR, **ended
        )
