"""Lists what a source has."""

from dataclasses import asdict
from typing import Any

from django.core.management.base import CommandParser

from apps.common.perloop import run
from apps.knowledge.selectors import find_connection
from apps.knowledge.services.connections import get_source, open_access
from apps.knowledge.source_contract import sources
from apps.workspaces.commands import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Lists the items of a source that can become documents, a page of them."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("source", choices=list(sources.all()))
        parser.add_argument("--connection", metavar="ID", help="default: the only one to this source")
        parser.add_argument("--query", default="", help="what their titles hold; of a web site: the page's URL")
        parser.add_argument("--cursor", help="where an earlier listing ended")

    def run(self, **options: Any) -> dict[str, Any]:
        source = get_source(options["source"])
        connection = None
        if source.fields:
            connection = find_connection(
                workspace=self.workspace(options), source=source.key, connection_id=options["connection"]
            )
        access = open_access(source, connection)
        listing = run(source.browse(access, options["query"], options["cursor"]))
        return {"items": [asdict(item) for item in listing.items], "cursor": listing.cursor}
