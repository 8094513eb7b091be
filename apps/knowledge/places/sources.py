"""Where documents come from."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.permissions import MANAGERS


@places.register
class Sources(Place):
    """The workspace's connections to sources of knowledge."""

    key, label, icon, area, position = "data-sources", _("Data sources"), "plug", "settings", 50
    url_name = "knowledge:sources"
    roles = frozenset(MANAGERS)
