"""An app's overview."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places


@places.register
class Overview(Place):
    """Web page, API, figures."""

    key, label, icon, area, position = "app-overview", _("Overview"), "chart-line", "app", 50
    url_name = "prompts:overview"
