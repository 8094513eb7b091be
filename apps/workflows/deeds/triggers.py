"""Deeds about triggers."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.utils.translation import gettext_noop as _

from apps.workflows.models import Trigger
from apps.workspaces.contracts import Deeds, deeds


@deeds.register
class Triggers(Deeds):
    """Schedules and webhooks."""

    key, label = "triggers", _("Triggers")
    sentences = {
        "trigger.prepare": _("{who} gave the trigger {what} a test address"),
        "trigger.update": _("{who} changed the trigger {what}"),
        "trigger.address": _("{who} gave the trigger {what} new addresses"),
        "trigger.secret": _("{who} made a new secret for the trigger {what}"),
        "trigger.unsign": _("{who} removed the secret of the trigger {what}"),
        "trigger.run": _("{who} ran the trigger {what} by hand"),
    }

    @classmethod
    def names(cls, ids: Collection[UUID]) -> Mapping[UUID, str]:
        """Of triggers."""
        return {row.pk: str(row) for row in Trigger.objects.filter(pk__in=ids).only("pk", "title", "node_id")}
