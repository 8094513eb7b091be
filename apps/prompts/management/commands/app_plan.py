"""Says what an app file would change."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.common.errors import NotFound
from apps.prompts.selectors import find_app
from apps.prompts.services.planning import plan_import
from apps.workspaces.commands import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Says what importing an app file (YAML) would change; changes nothing."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("app_id", nargs="?", help="compare with this app's draft")

    def run(self, **options: Any) -> dict[str, Any]:
        path = Path(options["file"])
        if not path.is_file():
            raise NotFound(f"There is no file {path.name}.")
        app = find_app(options["app_id"]) if options["app_id"] else None
        workspace = app.workspace if app else self.workspace(options)
        return plan_import(workspace=workspace, content=path.read_bytes(), app=app)
