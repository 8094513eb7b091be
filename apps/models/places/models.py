"""Model providers."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.permissions import BUILDERS


@places.register
class Models(Place):
    """Keys, models and defaults."""

    key, label, icon, area, position = "models", _("Model providers"), "brain", "settings", 40
    url_name = "models:providers"
    also = frozenset({"models"})
    roles = frozenset(BUILDERS)
