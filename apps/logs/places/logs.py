"""What people asked an app and what it answered."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.prompts.choices import PROMPT_MODES
from apps.workspaces.permissions import BUILDERS


@places.register
class Logs(Place):
    """Conversations of chat apps, single answers of text generators."""

    key, label, icon, area, position = "app-logs", _("Logs"), "scroll-text", "app", 30
    url_name = "logs:list"
    also = frozenset({"logs:entry"})
    roles = frozenset(BUILDERS)
    modes = frozenset(PROMPT_MODES)
