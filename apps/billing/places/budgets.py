"""Budgets."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.permissions import BUILDERS


@places.register
class Budgets(Place):
    """What may be spent, and what was."""

    key, label, icon, area, position = "budgets", _("Budgets"), "banknote", "settings", 42
    url_name = "billing:budgets"
    also = frozenset({"billing:add_budget", "billing:change_budget", "billing:remove_budget"})
    roles = frozenset(BUILDERS)
