"""An app of one's own."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from apps.workspaces.contracts import FirstStep, first_steps
from apps.workspaces.models import Workspace

from ._own import own_apps


@first_steps.register
class CreateApp(FirstStep):
    """From a template, a file, or nothing."""

    key, position, place = "app", 30, "apps"
    label, hint = _("Create an app"), _("Begin with a template and change what it says.")

    def is_done(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> bool:
        """There is one that did not come as a demo."""
        return own_apps(workspace, demo_ids).exists()

    def url(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> str:
        """The gallery."""
        return reverse("prompts:new_app")
