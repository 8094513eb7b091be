"""Which budgets apply, kept in the process until the database says otherwise."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from apps.common import db
from apps.common.caching import NotifiedCache

from .attribution import Attribution
from .choices import Action, Scope
from .holds import Place

BUDGETS_TOPIC: Final = "budgets"  # the id sent with it is the workspace's
_BUDGETS: Final = """
    select id, scope, subject_id, period, action from billing_budget where workspace_id = %s and is_enabled order by id
"""


@dataclass(frozen=True, slots=True)
class _Rule:
    budget_id: UUID
    scope: str
    subject_id: UUID | None
    period: str
    action: str


async def _load(workspace_id: str) -> tuple[str, tuple[_Rule, ...]]:
    rows = await db.fetch_all(_BUDGETS, workspace_id)
    return workspace_id, tuple(_Rule(*row) for row in rows)


_rules = NotifiedCache(BUDGETS_TOPIC, _load)


async def places_of(workspace_id: UUID, whose: Attribution) -> tuple[Place, ...]:
    """The budgets that apply to calls on this behalf, in the order in which they are locked."""
    rules = await _rules.get(str(workspace_id))
    if not rules:
        return ()
    subjects = {
        Scope.WORKSPACE.value: workspace_id,
        Scope.APP.value: whose.app_id,
        Scope.API_KEY.value: whose.api_key_id,
        Scope.END_USER.value: whose.end_user_id,
    }
    found = []
    for rule in rules:
        subject_id = subjects[rule.scope]
        if subject_id is not None and rule.subject_id in (None, subject_id):
            is_stop = rule.action == Action.STOP
            found.append(Place(rule.budget_id, subject_id, rule.scope, rule.period, is_stop))
    return tuple(found)
