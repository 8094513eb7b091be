"""Connects a workspace to a source of knowledge."""

from typing import Any

from django.core.management.base import CommandParser

from apps.knowledge.services.connections import connect, connect_internal
from apps.knowledge.source_contract import sources
from apps.workspaces.commands import WorkspaceCommand

from .knowledge_create import parse_json


class Command(WorkspaceCommand):
    help = "Connects a workspace to a source, once the source has accepted the credentials."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=[key for key, source in sources.all().items() if source.fields])
        parser.add_argument("--credentials", metavar="JSON", help="default: this server's own integration secret")

    def run(self, **options: Any) -> dict[str, Any]:
        workspace, source = self.workspace(options), options["source"]
        values = parse_json(options["credentials"], "credentials")
        if values is None:
            connection = connect_internal(workspace=workspace, source=source)
        else:
            connection = connect(workspace=workspace, source=source, values=values)
        return {"connection_id": str(connection.pk), "name": connection.name}
