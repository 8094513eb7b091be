"""An app's history."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.permissions import BUILDERS


@places.register
class Versions(Place):
    """Every version of an app, and what differs."""

    key, label, icon, area, position = "app-versions", _("Versions"), "history", "app", 15
    url_name = "prompts:versions"
    also = frozenset({"prompts:version", "prompts:publishing"})
    roles = frozenset(BUILDERS)
