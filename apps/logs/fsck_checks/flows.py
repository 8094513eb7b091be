"""Runs of workflows; they have no foreign key to their app."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_ORPHANS = (
    "x where not exists (select from prompts_app a where a.id = x.app_id) and x.created_at < now() - interval '1 hour'"
)
# What hangs on a run; the database would not let it go alone.
_PARTS = ("noderun", "bigvalue", "humanform", "pausedrun")


@fsck_checks.register
class FlowRunsCheck(SqlCheck):
    """Runs belong to an app that exists, nodes to the app of their run."""

    key, label = "logs.flows", "Runs of workflows and their nodes"
    problems = (
        Problem(
            "runs_without_app",
            "Runs of apps that do not exist any more.",
            f"select x.id::text from logs_workflowrun {_ORPHANS}",
            (
                *(
                    f"delete from logs_{part} p using logs_workflowrun {_ORPHANS} and p.run_id = x.id"
                    for part in _PARTS
                ),
                f"delete from logs_workflowrun {_ORPHANS}",
            ),
        ),
        Problem(
            "nodes_of_another_app",
            "Rows that name another app than their run does.",
            "select x.id::text from logs_noderun x join logs_workflowrun r on r.id = x.run_id"
            " where x.app_id <> r.app_id",
            (
                "update logs_noderun x set app_id = r.app_id from logs_workflowrun r"
                " where r.id = x.run_id and x.app_id <> r.app_id",
            ),
        ),
    )
