"""An app somebody uses."""

from collections.abc import Sequence

from django.utils.translation import gettext_noop as _

from apps.prompts.choices import InvokeFrom
from apps.prompts.models import ApiToken, EndUser
from apps.workspaces.contracts import FirstStep, first_steps
from apps.workspaces.models import Workspace

from ._own import overview_of_newest, own_apps


@first_steps.register
class Share(FirstStep):
    """By its page, in a web site, or by API."""

    key, position, place = "share", 50, "apps"
    label, hint = _("Share it"), _("Send its link, put it into a web page, or make an API key.")

    def is_done(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> bool:
        """A visitor came to an app of somebody here, or it has a key."""
        own = own_apps(workspace, demo_ids).order_by().values("pk")
        visitors = EndUser.objects.filter(app__in=own, kind__in=[InvokeFrom.WEB_APP, InvokeFrom.SERVICE_API])
        return visitors.exists() or ApiToken.objects.filter(app__in=own).exists()

    def url(self, *, workspace: Workspace, demo_ids: Sequence[str]) -> str:
        """The newest app."""
        return overview_of_newest(workspace, demo_ids)
