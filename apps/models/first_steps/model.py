"""A model that writes."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from apps.models.selectors import has_own_model
from apps.workspaces.contracts import FirstStep, first_steps
from apps.workspaces.models import Workspace


@first_steps.register
class ConnectModel(FirstStep):
    """Until then apps run on the demo model."""

    key, position, place = "model", 10, "models"
    label, hint = _("Connect a model"), _("The built-in demo model quotes; a real one writes.")

    def is_done(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> bool:
        """A provider or a model was entered."""
        return has_own_model(workspace=workspace)
