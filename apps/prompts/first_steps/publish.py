"""An app others can use."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from apps.workspaces.contracts import FirstStep, first_steps
from apps.workspaces.models import Workspace

from ._own import overview_of_newest, own_apps


@first_steps.register
class Publish(FirstStep):
    """Drafts are for builders alone."""

    key, position, place = "publish", 40, "apps"
    label, hint = _("Publish it"), _("What you try out becomes what others use.")

    def is_done(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> bool:
        """An app of somebody here has a published version."""
        return own_apps(workspace, demo_ids).filter(published__isnull=False).exists()

    def url(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> str:
        """The newest app."""
        return overview_of_newest(workspace, demo_ids)
