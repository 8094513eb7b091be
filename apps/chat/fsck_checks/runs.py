"""Runs that nobody runs."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks
from apps.logs.services.reap import reap_runs


@fsck_checks.register
class RunsCheck(SqlCheck):
    """A run whose process died is ended by a task within a minute, if a worker runs."""

    key, label = "chat.runs", "Runs under way"
    problems = (
        Problem(
            "abandoned",
            "Runs that no process has worked on for ten minutes. Is a worker running?",
            "select id::text from logs_message where status = 'running'"
            " and (lease_until is null or lease_until < now() - interval '10 minutes')"
            " and created_at < now() - interval '10 minutes'",
            (reap_runs,),
        ),
    )
