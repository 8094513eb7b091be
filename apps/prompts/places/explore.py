"""The gallery of templates."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.permissions import BUILDERS


@places.register
class Explore(Place):
    """Templates to look at and to make apps of."""

    key, label, icon, area, position = "explore", _("Explore"), "compass", "main", 20
    url_name = "prompts:explore"
    also = frozenset({"prompts:template"})
    roles = frozenset(BUILDERS)
