"""Creates an app from an app file."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.common.errors import InvalidParam, NotFound
from apps.prompts.services.transfer import fetch_app_file, import_app
from apps.workspaces.commands import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Creates an app from an app file (YAML)."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?")
        parser.add_argument("--url", help="fetch the file from here instead; GitHub's page of a file will do")
        parser.add_argument("--name", default="", help="in place of the file's")
        parser.add_argument("--newer", action="store_true", help="also a file of a version that is not known here")
        parser.add_argument("--publish", action="store_true", help="publish it at once")

    def run(self, **options: Any) -> dict[str, Any]:
        result = import_app(
            workspace=self.workspace(options),
            content=_content(options["file"], options["url"]),
            name=options["name"],
            publish_now=options["publish"],
            accept_newer=options["newer"],
        )
        return {"app_id": result.app_id, "mode": result.mode, "status": result.status, "warnings": result.warnings}


def _content(file: str | None, url: str | None) -> bytes:
    if bool(file) == bool(url):
        raise InvalidParam("Name a file or --url, one of the two.")
    if url:
        return fetch_app_file(url)
    path = Path(file or "")
    if not path.is_file():
        raise NotFound(f"There is no file {path.name}.")
    return path.read_bytes()
