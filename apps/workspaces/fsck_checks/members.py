"""Workspaces and those who are in them."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks


@fsck_checks.register
class MembersCheck(SqlCheck):
    """Every workspace has its owner."""

    key, label = "workspaces.members", "Workspaces and their members"
    problems = (
        Problem(
            "without_owner",
            "Workspaces without an owner. Make a member the owner in the operators' admin.",
            "select w.id::text from workspaces_workspace w where not exists"
            " (select from workspaces_membership m where m.workspace_id = w.id and m.role = 'owner')",
        ),
    )
