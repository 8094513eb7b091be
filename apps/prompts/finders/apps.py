"""Finds apps."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from apps.prompts.models import App
from apps.prompts.selectors import list_apps
from apps.workspaces.choices import Role
from apps.workspaces.contracts import Finder, Found, finders
from apps.workspaces.models import Membership
from apps.workspaces.permissions import BUILDERS


@finders.register
class Apps(Finder):
    """Apps of the workspace."""

    key, label = "apps", _("Apps")

    def find(self, *, membership: Membership, words: str, limit: int) -> Sequence[Found]:
        """By name; a knowledge operator uses none."""
        if membership.role == Role.DATASET_OPERATOR:
            return []
        apps = list_apps(workspace=membership.workspace, query=words)[:limit]
        may_build = membership.role in BUILDERS
        return [Found(app.name, _page_of(app, may_build), "bot", app.get_mode_display()) for app in apps]


def _page_of(app: App, may_build: bool) -> str:
    name = "orchestrate" if may_build else "overview"
    return reverse(f"prompts:{name}", args=[app.pk])
