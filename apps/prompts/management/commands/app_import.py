"""Creates an app from an app file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import NotFound
from apps.prompts.services.transfer import import_app
from apps.workspaces.selectors import find_workspace


class Command(JsonCommand):
    help = "Creates an app from an app file (YAML)."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--workspace", help="id or name; may be left out where there is only one")
        parser.add_argument("--publish", action="store_true", help="publish it at once")

    def run(self, **options: Any) -> dict[str, Any]:
        path = Path(options["file"])
        if not path.is_file():
            raise NotFound(f"There is no file {path.name}.")
        result = import_app(
            workspace=find_workspace(options["workspace"]),
            content=path.read_bytes(),
            publish_now=options["publish"],
        )
        return {
            "app_id": result.app_id,
            "mode": result.mode,
            "status": result.status,
            "warnings": result.warnings,
        }
