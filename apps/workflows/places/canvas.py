"""Where a flow is drawn."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.prompts.choices import FLOW_MODES
from apps.workspaces.permissions import BUILDERS


@places.register
class Canvas(Place):
    """The nodes of a flow, what leads from one to the other, and a try of it."""

    key, label, icon, area, position = "app-canvas", _("Canvas"), "workflow", "app", 10
    url_name = "workflows:canvas"
    roles = frozenset(BUILDERS)
    modes = frozenset(FLOW_MODES)
