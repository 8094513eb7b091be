"""Tags: on an app or a base that exists, of the tag's own workspace."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_NOWHERE = """
workspaces_tagbinding b using workspaces_tag t where t.id = b.tag_id and not exists (
    select from prompts_app a where t.kind = 'app' and a.id = b.target_id and a.workspace_id = t.workspace_id
    union all
    select from knowledge_dataset d
    where t.kind = 'knowledge' and d.id = b.target_id and d.workspace_id = t.workspace_id
)"""


@fsck_checks.register
class TagsCheck(SqlCheck):
    """Bindings have no foreign key to what they are on."""

    key, label = "knowledge.tags", "Tags of apps and knowledge bases"
    problems = (
        Problem(
            "on_nothing",
            "Tags on an app or knowledge base that does not exist any more.",
            f"select b.id::text from {_NOWHERE.replace(' using', ',', 1)}",
            (f"delete from {_NOWHERE}",),
        ),
    )
