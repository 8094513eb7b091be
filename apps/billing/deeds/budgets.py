"""Deeds about budgets."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.billing.models import Budget
from apps.workspaces.contracts import Deeds, deeds


@deeds.register
class Budgets(Deeds):
    """Budgets, and that one is nearly used up."""

    key, label = "budgets", _("Budgets")
    sentences = {
        "budget.create": _("{who} set the budget {what}"),
        "budget.change": _("{who} changed the budget {what}"),
        "budget.remove": _("{who} removed the budget {what}"),
        "budget.warn": _("The budget {what} is nearly used up"),
    }

    @classmethod
    def names(cls, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """By scope, limit and period."""
        return {budget.pk: str(budget) for budget in Budget.objects.filter(pk__in=ids)}
