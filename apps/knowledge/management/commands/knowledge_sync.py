"""Looks whether the sources of documents have changed."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import AppError, InvalidParam, NotFound
from apps.knowledge.models import Document
from apps.knowledge.selectors import find_dataset, find_document, list_documents
from apps.knowledge.services.origins import UPLOAD
from apps.knowledge.services.sync import set_sync_interval, sync_document


class Command(JsonCommand):
    help = "Syncs a document, or all documents of a knowledge base, with their sources; or says how often to."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="DATASET_ID|DOCUMENT_ID")
        parser.add_argument("--every", type=int, metavar="HOURS", help="of a base: from now on this often; 0: never")

    def run(self, **options: Any) -> dict[str, Any]:
        if options["every"] is not None:
            dataset = find_dataset(options["id"])
            set_sync_interval(dataset=dataset, hours=options["every"] or None)
            return {"dataset_id": str(dataset.pk), "every_h": options["every"] or None}
        return {"documents": [_synced(document) for document in _documents(options["id"])]}


def _documents(id: str) -> list[Document]:
    try:
        dataset = find_dataset(id)
    except NotFound:
        return [find_document(id)]
    found = list(list_documents(dataset=dataset).filter(archived=False).exclude(data_source_type=UPLOAD))
    if not found:
        raise InvalidParam("This knowledge base has no documents that follow a source.")
    return found


def _synced(document: Document) -> dict[str, Any]:
    told = {"id": str(document.pk), "name": document.name}
    try:
        result = sync_document(document=document)
    except AppError as error:
        return {**told, "outcome": "failed", "reason": error.message}
    return {**told, "outcome": result.outcome, "reason": result.reason or None}
