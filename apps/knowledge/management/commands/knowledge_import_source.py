"""Adds items of a source to a knowledge base."""

import time
from typing import Any, Final

from django.core.management.base import CommandParser
from django.db.models import Q

from apps.common.commands import JsonCommand
from apps.knowledge.choices import IndexingStatus
from apps.knowledge.selectors import find_connection, find_dataset, list_batch
from apps.knowledge.services.connections import get_source
from apps.knowledge.services.imports import import_items
from apps.knowledge.services.sync import sync_due
from apps.knowledge.source_contract import SourceItem, sources

from .knowledge_add import POLL_S, wait_for
from .knowledge_create import parse_json

_UNFETCHED: Final = Q(indexing_status=IndexingStatus.WAITING, upload_file=None)


class Command(JsonCommand):
    help = "Adds items of a source to a knowledge base; a worker fetches and indexes them."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset_id")
        parser.add_argument("--source", required=True, choices=list(sources.all()))
        parser.add_argument("--item", required=True, action="append", metavar="ID", help="may be repeated")
        parser.add_argument("--connection", metavar="ID", help="default: the only one to this source")
        parser.add_argument("--rule", metavar="JSON", help="process rule as the service API writes it")
        parser.add_argument("--wait", action="store_true", help="return when all of them are indexed or have failed")

    def run(self, **options: Any) -> dict[str, Any]:
        dataset, source = find_dataset(options["dataset_id"]), get_source(options["source"])
        connection = None
        if source.fields:
            connection = find_connection(
                workspace=dataset.workspace, source=source.key, connection_id=options["connection"]
            )
        documents = import_items(
            dataset=dataset,
            source=source.key,
            items=[SourceItem(id, "", id) for id in options["item"]],
            connection=connection,
            process_rule=parse_json(options["rule"], "rule"),
        )
        batch = documents[0].batch
        while options["wait"] and list_batch(dataset=dataset, batch=batch).filter(_UNFETCHED).exists():
            sync_due()
            time.sleep(POLL_S)
        return {"documents": wait_for(dataset, batch, wait=options["wait"])}
