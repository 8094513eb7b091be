"""What starts a workflow by itself."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.prompts.choices import AppMode
from apps.workspaces.permissions import BUILDERS


@places.register
class Triggers(Place):
    """Schedules and webhooks, when they are due and what they did."""

    key, label, icon, area, position = "app-triggers", _("Triggers"), "zap", "app", 25
    url_name = "workflows:triggers"
    also = frozenset({"workflows"})
    roles = frozenset(BUILDERS)
    modes = frozenset({AppMode.WORKFLOW})
