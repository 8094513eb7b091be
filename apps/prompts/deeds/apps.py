"""Deeds about apps."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.prompts.models import App
from apps.workspaces.contracts import Deeds, deeds


@deeds.register
class Apps(Deeds):
    """Apps, their public pages, keys and templates."""

    key, label = "apps", _("Apps")
    sentences = {
        "app.create": _("{who} created the app {what}"),
        "app.update": _("{who} changed the app {what}"),
        "app.icon": _("{who} changed the icon of the app {what}"),
        "app.duplicate": _("{who} duplicated the app {what}"),
        "app.publish": _("{who} published the app {what}"),
        "app.delete": _("{who} deleted the app {what}"),
        "site.update": _("{who} changed the public page {what}"),
        "site.icon": _("{who} changed the icon of the public page {what}"),
        "site.reset": _("{who} gave the public page {what} a new address"),
        "key.create": _("{who} created the API key {what}"),
        "key.revoke": _("{who} revoked the API key {what}"),
        "template.create": _("{who} saved the template {what}"),
        "template.delete": _("{who} deleted the template {what}"),
    }

    @classmethod
    def names(cls, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of apps."""
        return dict(App.objects.filter(pk__in=ids).values_list("pk", "name"))
