"""Documents: counts equal to their passages, and no state that a job cannot leave or come to."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks
from apps.knowledge.choices import UNFINISHED
from apps.knowledge.services.recount import COUNTED

_ON_ITS_WAY = "d.indexing_status in ({})".format(", ".join(f"'{status}'" for status in UNFINISHED))
_MISCOUNTED = "(d.segment_count, d.word_count, d.tokens) is distinct from (c.n, c.words, c.tokens)"
_PARTS = (
    "knowledge_documentpart p where not exists (select from knowledge_document d where d.id = p.document_id"
    " and (d.indexing_status <> 'completed' or d.completed_at > now() - interval '10 minutes'))"
)


@fsck_checks.register
class DocumentsCheck(SqlCheck):
    """Documents against their base, rule, file and passages."""

    key, label = "knowledge.documents", "Documents"
    problems = (
        Problem(
            "miscounted",
            "Documents whose counts of passages, characters or tokens are not those of their passages.",
            f"select d.id::text from knowledge_document d join ({COUNTED}) c on c.id = d.id where {_MISCOUNTED}",
            (
                "update knowledge_document d set segment_count = c.n, completed_segments = c.n, word_count = c.words,"
                f" tokens = c.tokens from ({COUNTED}) c where c.id = d.id and {_MISCOUNTED}",
            ),
        ),
        Problem(
            "leased",
            "Indexed documents that a worker still holds.",
            "select id::text from knowledge_document where indexing_status = 'completed' and lease_owner is not null",
            (
                "update knowledge_document set lease_owner = null, lease_until = null"
                " where indexing_status = 'completed' and lease_owner is not null",
            ),
        ),
        Problem(
            "without_end",
            "Indexed documents that do not say when that was.",
            "select id::text from knowledge_document where indexing_status = 'completed' and completed_at is null",
            (
                "update knowledge_document set completed_at = updated_at"
                " where indexing_status = 'completed' and completed_at is null",
            ),
        ),
        Problem(
            "without_reason",
            "Documents that ended in an error without a reason. Index them again.",
            "select id::text from knowledge_document where indexing_status = 'error' and coalesce(error, '') = ''",
        ),
        Problem(
            "stuck",
            "Documents that no worker has taken up for a day. Is a worker running?",
            f"select id::text from knowledge_document d where {_ON_ITS_WAY}"
            " and greatest(d.created_at, d.updated_at, coalesce(d.lease_until, d.created_at),"
            " coalesce(d.retry_at, d.created_at)) < now() - interval '1 day'",
        ),
        Problem(
            "without_file",
            "Documents waiting to be indexed whose file does not exist any more. Delete them.",
            f"select id::text from knowledge_document d where {_ON_ITS_WAY}"
            " and d.data_source_type = 'upload_file' and d.upload_file_id is null",
        ),
        Problem(
            "elsewhere",
            "Documents of another workspace than their base's.",
            "select d.id::text from knowledge_document d join knowledge_dataset b on b.id = d.dataset_id"
            " where d.workspace_id <> b.workspace_id",
            (
                "update knowledge_document d set workspace_id = b.workspace_id"
                " from knowledge_dataset b where b.id = d.dataset_id and d.workspace_id <> b.workspace_id",
            ),
        ),
        Problem(
            "foreign_rule",
            "Documents with the process rule of another base. Give them a rule of their own.",
            "select d.id::text from knowledge_document d join knowledge_processrule r on r.id = d.process_rule_id"
            " where r.dataset_id <> d.dataset_id",
        ),
        Problem(
            "parts_left_over",
            "Parts that questions and answers were made of, whose document is indexed or gone.",
            f"select p.id::text from {_PARTS}",
            (f"delete from {_PARTS}",),
        ),
    )
