"""Gives workspaces new key pairs after SECRET_KEY was lost; their stored credentials are dropped."""

from typing import Any

from django.core.management.base import CommandParser

from apps.models.services.credentials import reset_key_pair
from apps.workspaces.commands import WorkspaceCommand
from apps.workspaces.models import Workspace


class Command(WorkspaceCommand):
    help = (
        "New key pair for a workspace (or --all). Every stored provider credential is dropped and must be re-entered."
    )

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--all", action="store_true", help="every workspace")

    def run(self, **options: Any) -> dict[str, Any]:
        chosen = list(Workspace.objects.all()) if options["all"] else [self.workspace(options)]
        dropped = {str(workspace.pk): reset_key_pair(workspace=workspace, user=None) for workspace in chosen}
        return {
            "workspaces": list(dropped),
            "dropped_credentials": sum(dropped.values()),
            "note": "All stored provider credentials of these workspaces were dropped. Enter them again.",
        }
