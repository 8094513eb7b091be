"""Adds items of a source to a knowledge base."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.knowledge.selectors import find_connection, find_dataset
from apps.knowledge.services.connections import get_source
from apps.knowledge.services.imports import import_items
from apps.knowledge.services.sync import sync_document
from apps.knowledge.source_contract import SourceItem, sources

from .knowledge_add import wait_for
from .knowledge_create import parse_json


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
        if options["wait"]:
            for document in documents:
                sync_document(document=document)
        return {"documents": wait_for(dataset, documents[0].batch, wait=options["wait"])}
