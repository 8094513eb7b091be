"""Budgets of apps."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.billing.subjects import MOST_FOUND, BudgetSubject, budget_subjects
from apps.prompts.models import App
from apps.workspaces.models import Workspace


@budget_subjects.register
class Apps(BudgetSubject):
    """By their names."""

    key, label = "app", _("Apps")

    def names(self, *, workspace: Workspace, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of apps that exist."""
        return dict(App.objects.filter(workspace=workspace, pk__in=ids).values_list("pk", "name"))

    def find(self, *, workspace: Workspace, words: str = "") -> Sequence[tuple[UUID, str]]:
        """In order of the alphabet."""
        apps = App.objects.filter(workspace=workspace, **({"name": words} if words else {}))
        return list(apps.order_by("name").values_list("pk", "name")[:MOST_FOUND])
