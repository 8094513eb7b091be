"""Ends runs whose process died: their lease ran out and nobody else will."""

from django.conf import settings
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
# Of runs that were deleted, with their app or alone, while nobody was left to settle them. Those that began less
# than a lease ago may still end by themselves: an id begins with the 48 bits of the millisecond it was made in.
_DELETED = """
    select distinct run_id from billing_budgethold h
    where run_id < (lpad(to_hex(((extract(epoch from now()) - %s) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
        and not exists (select from logs_message m where m.id = h.run_id)
        and not exists (select from logs_workflowrun r where r.id = h.run_id)
"""
# What they had spent nobody knows any more.
_FREE_HOLDS = "select billing_settle(run_id, 0) from unnest(%s::uuid[]) as run_id"


def reap_runs() -> int:
    """Gives every abandoned run its terminal state and frees what it held of budgets; returns how many there were.

    What runs hold that do not exist any more is freed, too.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        ended = []
        for statement in (_REAP_FLOWS, _REAP):
            cursor.execute(statement, [INTERRUPTED, INTERRUPTED_MESSAGE])
            ended += [run_id for (run_id,) in cursor.fetchall()]
        cursor.execute(_DELETED, [settings.RUN_LEASE_S])
        holding = [*ended, *(run_id for (run_id,) in cursor.fetchall())]
        if holding:
            cursor.execute(_LOCK_BUDGETS, [holding])
            cursor.execute(_FREE_HOLDS, [holding])
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
