"""Adds files to a knowledge base."""

import time
from pathlib import Path
from typing import Any, Final

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import AppError
from apps.common.perloop import run
from apps.knowledge.choices import UNFINISHED, DocForm
from apps.knowledge.commands import add_user_option, dataset_to_build
from apps.knowledge.models import Dataset, Document
from apps.knowledge.selectors import list_batch
from apps.knowledge.services.documents import create_document_from_file, new_batch
from apps.knowledge.services.indexing import index_document

from .knowledge_create import parse_json

POLL_S: Final = 0.2


class Command(JsonCommand):
    help = "Adds files (txt, md, jsonl with one segment per line) to a knowledge base."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset_id")
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--rule", metavar="JSON", help="process rule as the service API writes it")
        parser.add_argument("--doc-form", choices=DocForm.values, help="default: what the rule's mode is for")
        parser.add_argument("--doc-language", default="English", help="of questions and answers")
        add_user_option(parser)
        parser.add_argument("--wait", action="store_true", help="return when all of them are indexed or have failed")

    def run(self, **options: Any) -> dict[str, Any]:
        dataset, user = dataset_to_build(options)
        batch = new_batch()
        wanted = {
            "process_rule": parse_json(options["rule"], "rule"),
            "doc_form": options["doc_form"],
            "doc_language": options["doc_language"],
            "batch": batch,
            "user": user,
        }
        refused = [problem for path in options["files"] if (problem := self._add(dataset, Path(path), wanted))]
        return {"documents": wait_for(dataset, batch, wait=options["wait"]) + refused}

    def _add(self, dataset: Dataset, path: Path, wanted: dict[str, Any]) -> dict[str, Any] | None:
        """Adds one file; what is wrong with it is reported beside the others'."""
        try:
            with path.open("rb") as file:
                create_document_from_file(dataset=dataset, name=path.name, data=file, created_from="web", **wanted)
        except OSError as error:
            return _refused(path, f"cannot be read: {error.strerror}")
        except AppError as error:
            return _refused(path, error.message)
        return None


def wait_for(dataset: Dataset, batch: str, *, wait: bool) -> list[dict[str, Any]]:
    """The documents of a batch, after `wait` when all are at their end; does the work where no worker takes it."""
    while wait and (unfinished := list_batch(dataset=dataset, batch=batch).filter(indexing_status__in=UNFINISHED)):
        for document in unfinished:
            run(index_document(document.pk))
        time.sleep(POLL_S)
    return [document_row(document) for document in list_batch(dataset=dataset, batch=batch)]


def _refused(path: Path, reason: str) -> dict[str, Any]:
    return {"id": None, "status": "error", "segments": 0, "error": f"{path.name}: {reason}"}


def document_row(document: Document) -> dict[str, Any]:
    """A document as commands show it."""
    return {
        "id": str(document.pk),
        "status": document.indexing_status,
        "segments": document.completed_segments,
        "error": document.error,
    }
