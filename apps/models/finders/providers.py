"""Finds model providers."""

from collections.abc import Sequence

from django.urls import reverse
from django.utils.translation import gettext_noop as _

from apps.models.catalogue import all_providers
from apps.workspaces.contracts import Finder, Found, finders
from apps.workspaces.models import Membership
from apps.workspaces.permissions import BUILDERS


@finders.register
class Providers(Finder):
    """Model providers, whether set up or not."""

    key, label = "providers", _("Model providers")

    def find(self, *, membership: Membership, words: str, limit: int) -> Sequence[Found]:
        """By name, in order of the alphabet; without words none."""
        if membership.role not in BUILDERS or not words:
            return []
        found = [provider for provider in all_providers().values() if words.lower() in provider.label.lower()]
        return [Found(one.label, reverse("models:provider", args=[one.key]), "brain") for one in found[:limit]]
