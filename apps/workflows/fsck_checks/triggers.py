"""Triggers and the versions they belong to."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_STALE = "from prompts_app a where a.id = t.app_id and t.version_id is distinct from a.published_id"


@fsck_checks.register
class TriggersCheck(SqlCheck):
    """A trigger is live in the published version alone, and every firing of the past has begun or says why not."""

    key, label = "workflows.triggers", "Triggers"
    problems = (
        Problem(
            "of_another_version",
            "Triggers of versions that are not the published one. They fire nothing; publish the app again.",
            f"select t.id::text from workflows_trigger t where t.version_id is not null and exists (select {_STALE})",
            (f"update workflows_trigger t set version_id = null, next_run_at = null {_STALE}",),
        ),
        Problem(
            "waiting",
            "Schedules whose runs have not begun for an hour. Is a worker running?",
            "select id::text from workflows_firing where status = 'waiting' and created_at < now() - interval '1 hour'",
        ),
    )
