"""Budgets of the people who use apps."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.billing.subjects import MOST_FOUND, BudgetSubject, budget_subjects
from apps.prompts.models import EndUser
from apps.workspaces.models import Workspace


@budget_subjects.register
class EndUsers(BudgetSubject):
    """By what their app's caller names them, and their app: the same name at two apps is two people."""

    key, label = "end_user", _("End users")

    def names(self, *, workspace: Workspace, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of people that exist."""
        return dict(_named(EndUser.objects.filter(workspace=workspace, pk__in=ids).select_related("app")))

    def find(self, *, workspace: Workspace, words: str = "") -> Sequence[tuple[UUID, str]]:
        """None without words: there may be very many."""
        if not words:
            return []
        people = EndUser.objects.filter(workspace=workspace, session_id=words.partition(" · ")[0])
        found = list(_named(people.select_related("app").order_by("app__name", "created_at")[:MOST_FOUND]))
        return [one for one in found if one[1] == words] or found


def _named(people: Iterable[EndUser]) -> Iterable[tuple[UUID, str]]:
    return ((person.pk, f"{person.session_id} · {person.app.name}") for person in people)
