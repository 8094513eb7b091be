"""Values of drafts and the workspace they belong to."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_ELSEWHERE = "from prompts_app a where a.id = v.app_id and a.workspace_id <> v.workspace_id"


@fsck_checks.register
class ValuesCheck(SqlCheck):
    """A value stands in the workspace of its app."""

    key, label = "workflows.values", "Values with which drafts are tried out"
    problems = (
        Problem(
            "elsewhere",
            "Values that name another workspace than their app does. They are found by nobody.",
            f"select v.id::text from workflows_nodevalue v where exists (select {_ELSEWHERE})",
            (f"update workflows_nodevalue v set workspace_id = a.workspace_id {_ELSEWHERE}",),
        ),
    )
