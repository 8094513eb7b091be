"""Where an app is written."""

from django.utils.translation import gettext_noop as _

from apps.common.navigation import Place, places
from apps.prompts.choices import PROMPT_MODES
from apps.workspaces.permissions import BUILDERS


@places.register
class Orchestrate(Place):
    """Prompt, variables, knowledge, model and features of apps without a graph."""

    key, label, icon, area, position = "app-orchestrate", _("Orchestrate"), "sliders-horizontal", "app", 10
    url_name = "prompts:orchestrate"
    roles = frozenset(BUILDERS)
    modes = frozenset(PROMPT_MODES)
