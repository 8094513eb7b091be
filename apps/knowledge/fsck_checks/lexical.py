"""The statistics behind scores by words: equal to a recount of the rows."""

from apps.common.fsck import Problem, SqlCheck, fsck_checks
from apps.knowledge.services.recount import DRIFTED_TERMS, DRIFTED_TOTALS, LOCK, TERMS, TOTALS

_DRIFTED = "select dataset_id from drifted"


def _anew(drifted: str, statements: tuple[str, ...]) -> tuple[str, ...]:
    """First the locks of those who write, then what is wrong under them."""
    return (
        LOCK.format("select id from knowledge_dataset"),
        f"create temp table drifted on commit drop as select distinct dataset_id from ({drifted}) d"
        " where dataset_id in (select id from knowledge_dataset)",
        *(statement.format(_DRIFTED) for statement in statements),
    )


@fsck_checks.register
class LexicalCheck(SqlCheck):
    """Whoever adds or removes a segment changes totals and terms in the same transaction."""

    key, label = "knowledge.lexical", "Word statistics"
    problems = (
        Problem(
            "totals",
            "Knowledge bases whose totals of segments and terms are not those of their rows.",
            f"select dataset_id::text from ({DRIFTED_TOTALS}) d where dataset_id in (select id from knowledge_dataset)",
            _anew(DRIFTED_TOTALS, TOTALS),
        ),
        Problem(
            "terms",
            "Terms counted in more or fewer segments than hold them.",
            f"select dataset_id || ' ' || term from ({DRIFTED_TERMS}) d"
            " where dataset_id in (select id from knowledge_dataset)",
            _anew(DRIFTED_TERMS, TERMS),
        ),
        *(
            Problem(
                f"{table}_without_base",
                "Statistics of knowledge bases that do not exist any more.",
                f"select distinct dataset_id::text from knowledge_{table}"
                " where dataset_id not in (select id from knowledge_dataset)",
                (f"delete from knowledge_{table} where dataset_id not in (select id from knowledge_dataset)",),
            )
            for table in ("lexicalstat", "termstat")
        ),
    )
