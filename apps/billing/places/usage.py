"""Usage."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.permissions import BUILDERS


@places.register
class Usage(Place):
    """What models were used for, and what it cost."""

    key, label, icon, area, position = "usage", _("Usage"), "chart-line", "settings", 44
    url_name = "billing:usage"
    roles = frozenset(BUILDERS)
