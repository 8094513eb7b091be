"""Ends runs whose process died: their lease ran out and nobody else will."""

from django.db import connection

INTERRUPTED = "interrupted"
INTERRUPTED_MESSAGE = "The run was interrupted because the server stopped. Ask again."

_REAP_FLOWS = """
    update logs_workflowrun
    set status = 'failed', error_code = %s, error = %s, lease_until = null, finished_at = now(),
        elapsed_s = extract(epoch from now() - created_at)
    where status = 'running' and lease_until < now()
"""
_REAP = """
    update logs_message
    set status = 'error', error_code = %s, error = %s, reserved_price = 0, lease_until = null, finished_at = now()
    where status = 'running' and lease_until < now()
"""


def reap_runs() -> int:
    """Gives every abandoned run its terminal state; returns how many there were."""
    with connection.cursor() as cursor:
        cursor.execute(_REAP_FLOWS, [INTERRUPTED, INTERRUPTED_MESSAGE])
        flows = int(cursor.rowcount)
        cursor.execute(_REAP, [INTERRUPTED, INTERRUPTED_MESSAGE])
        return flows + int(cursor.rowcount)
