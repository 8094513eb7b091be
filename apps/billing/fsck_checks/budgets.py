"""What is spent and held of budgets; those rows have no foreign keys."""

from typing import Final

from apps.common.fsck import Problem, SqlCheck, fsck_checks

_LOST_HOLDS: Final = """
    from billing_budgethold h
    where not exists (select from logs_message m where m.id = h.run_id and m.status = 'running')
        and not exists (select from logs_workflowrun r where r.id = h.run_id and r.status = 'running')
"""
_WRONG_SPENDS: Final = """
    from (
        select s.budget_id, s.subject_id, s.period_start, s.held_usd, coalesce(sum(h.amount_usd), 0) as should_be
        from billing_budgetspend s
        left join billing_budgethold h using (budget_id, subject_id, period_start)
        group by s.budget_id, s.subject_id, s.period_start
    ) x where x.held_usd <> x.should_be
"""
_NO_BUDGET: Final = (
    "from billing_budgetspend s where not exists (select from billing_budget b where b.id = s.budget_id)"
)


@fsck_checks.register
class BudgetsCheck(SqlCheck):
    """Each hold belongs to a run under way, what is held is the sum of the holds, what is spent belongs to a budget."""

    key, label = "billing.budgets", "What is spent and held of budgets"
    problems = (
        Problem(
            "holds_without_run",
            "Amounts held for runs that have ended or do not exist.",
            f"select h.run_id::text {_LOST_HOLDS}",
            (f"select billing_settle(h.run_id, 0) {_LOST_HOLDS}",),
        ),
        Problem(
            "wrong_held",
            "Budgets of which more or less is held than runs hold.",
            f"select x.budget_id::text {_WRONG_SPENDS}",
            (
                "update billing_budgetspend t set held_usd = x.should_be "
                + _WRONG_SPENDS.replace(
                    "where ",
                    "where t.budget_id = x.budget_id and t.subject_id = x.subject_id"
                    " and t.period_start = x.period_start and ",
                ),
            ),
        ),
        Problem(
            "spent_without_budget",
            "Amounts spent of budgets that do not exist.",
            f"select s.budget_id::text {_NO_BUDGET}",
            (f"delete {_NO_BUDGET}",),
        ),
    )
