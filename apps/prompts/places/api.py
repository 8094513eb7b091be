"""How programs call an app."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.workspaces.permissions import BUILDERS


@places.register
class Api(Place):
    """Keys and the reference of the app's API."""

    key, label, icon, area, position = "app-api", _("API access"), "code", "app", 20
    url_name = "prompts:api"
    also = frozenset({"prompts:create_key"})
    roles = frozenset(BUILDERS)
