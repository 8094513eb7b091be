"""Lists a workspace's apps."""

from typing import Any

from django.core.management.base import CommandParser

from apps.prompts.addresses import site_path
from apps.prompts.models import App
from apps.prompts.selectors import list_apps
from apps.workspaces.commands import WorkspaceCommand
from apps.workspaces.selectors import list_tags_of


class Command(WorkspaceCommand):
    help = "Lists the apps of a workspace, newest first."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--query", default="", help="only those with this in their name")

    def run(self, **options: Any) -> dict[str, Any]:
        workspace = self.workspace(options)
        apps = list(list_apps(workspace=workspace, query=options["query"]).select_related("published"))
        tags = list_tags_of(workspace=workspace, target_ids=[app.id for app in apps])
        return {"apps": [_shown(app, [tag.name for tag in tags.get(app.id, [])]) for app in apps]}


def _shown(app: App, tags: list[str]) -> dict[str, Any]:
    return {
        "id": str(app.id),
        "name": app.name,
        "mode": app.mode,
        "published": app.published.number if app.published else None,
        "enable_site": app.enable_site,
        "enable_api": app.enable_api,
        "site": site_path(app),
        "tags": tags,
    }
