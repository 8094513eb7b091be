"""Adds the passages of a CSV file to a document."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.common.perloop import run
from apps.knowledge.commands import add_user_option, dataset_to_build
from apps.knowledge.selectors import find_document
from apps.knowledge.services.indexing import index_document
from apps.knowledge.services.segment_import import import_segments


class Command(JsonCommand):
    help = "Adds a passage for each row of a CSV file (columns content, answer, keywords) to an indexed document."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("document_id")
        parser.add_argument("file", metavar="FILE", type=Path)
        add_user_option(parser)
        parser.add_argument("--wait", action="store_true", help="return when all of them can be found, or have failed")

    def run(self, **options: Any) -> dict[str, Any]:
        document = find_document(options["document_id"])
        _, user = dataset_to_build({**options, "dataset_id": str(document.dataset_id)})
        try:
            data = options["file"].read_bytes()
        except OSError as error:
            raise InvalidParam(f"{options['file'].name} cannot be read: {error.strerror}") from error
        added = import_segments(document=document, data=data, user=user)
        if options["wait"]:
            run(index_document(document.pk))
        document.refresh_from_db()
        waiting = document.segment_count - document.completed_segments
        return {"added": added, "waiting": waiting, "status": document.indexing_status, "error": document.error}
