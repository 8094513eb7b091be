"""Reads of triggers."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet

from apps.common.tenancy import get_or_404
from apps.logs.models import WorkflowRun
from apps.prompts.models import App

from .models import Firing, Trigger
from .triggers.kinds import TriggerNode, trigger_nodes


def list_triggers(*, app: App) -> QuerySet[Trigger]:
    """An app's triggers, the oldest first."""
    return Trigger.objects.filter(app=app).order_by("created_at", "pk")


def get_trigger(*, app: App, trigger_id: UUID) -> Trigger:
    """One of them. Raises NotFound."""
    return get_or_404(list_triggers(app=app), trigger_id, "The trigger does not exist.")


def draft_nodes(*, app: App) -> dict[str, TriggerNode]:
    """The trigger nodes of an app's draft by their ids."""
    return {node.id: node for node in trigger_nodes(app.draft.config)} if app.draft else {}


@dataclass(frozen=True, slots=True)
class RecentFiring:
    """A firing with its run, None while that has not begun or where it is gone."""

    firing: Firing
    run: WorkflowRun | None


def recent_firings(*, trigger: Trigger, limit: int) -> list[RecentFiring]:
    """What a trigger did last, the newest first."""
    firings = list(trigger.firings.order_by("-created_at", "-pk")[:limit])
    runs = WorkflowRun.objects.filter(workspace_id=trigger.workspace_id, pk__in=[firing.pk for firing in firings])
    found = {run.pk: run for run in runs}
    return [RecentFiring(firing, found.get(firing.pk)) for firing in firings]
