"""Runs of a workflow."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.prompts.choices import FLOW_MODES
from apps.workspaces.permissions import BUILDERS


@places.register
class Runs(Place):
    """What a workflow was given and brought, and how each of its nodes did."""

    key, label, icon, area, position = "app-runs", _("Runs"), "history", "app", 30
    url_name = "logs:runs"
    also = frozenset({"logs:run"})
    roles = frozenset(BUILDERS)
    modes = frozenset(FLOW_MODES)
