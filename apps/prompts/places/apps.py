"""The studio."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places


@places.register
class Apps(Place):
    """The list of apps."""

    key, label, icon, area, position = "apps", _("Apps"), "layout-grid", "main", 10
    url_name = "prompts:app_list"
    also = frozenset({"prompts", "chat", "logs"})
