"""Apps and their versions."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks


@fsck_checks.register
class AppsCheck(SqlCheck):
    """An app points at versions of its own."""

    key, label = "prompts.apps", "Apps and versions"
    problems = (
        Problem(
            "foreign_version",
            "Apps whose draft or published version is another app's. Restore one of their own: manage.py app_restore.",
            "select a.id::text from prompts_app a join prompts_appversion v on v.id in (a.draft_id, a.published_id)"
            " where v.app_id <> a.id",
        ),
        Problem(
            "without_draft",
            "Apps without a draft. Restore a version: manage.py app_restore.",
            "select a.id::text from prompts_app a where a.draft_id is null"
            " and exists (select from prompts_appversion v where v.app_id = a.id)",
        ),
    )
