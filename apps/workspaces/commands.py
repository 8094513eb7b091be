"""Base of the commands that act in one workspace."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand

from .models import Workspace
from .selectors import find_workspace


class WorkspaceCommand(JsonCommand):
    """A command with `--workspace ID_OR_NAME`, which defaults to the only one."""

    def add_arguments(self, parser: CommandParser) -> None:
        """Adds `--workspace` to the base's arguments."""
        parser.add_argument("--workspace", metavar="ID_OR_NAME", help="default: the only workspace")
        super().add_arguments(parser)

    def workspace(self, options: dict[str, Any]) -> Workspace:
        """The workspace meant by the options. Raises NotFound, InvalidParam."""
        return find_workspace(options["workspace"])
