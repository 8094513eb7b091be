"""The apps that somebody here made."""

from collections.abc import Sequence

from django.db.models import QuerySet
from django.urls import reverse

from apps.prompts.models import App
from apps.prompts.selectors import list_apps
from apps.workspaces.models import Workspace


def own_apps(workspace: Workspace, demo_ids: Sequence[str]) -> "QuerySet[App]":
    """Newest first, without those of the demo."""
    return list_apps(workspace=workspace).exclude(pk__in=demo_ids)


def overview_of_newest(workspace: Workspace, demo_ids: Sequence[str]) -> str:
    """Where that app is published and shared; empty while there is none."""
    newest = own_apps(workspace, demo_ids).values_list("pk", flat=True).first()
    return reverse("prompts:overview", args=[newest]) if newest else ""
