"""Writes a knowledge base to an archive."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.knowledge.selectors import find_dataset
from apps.knowledge.services.exporting import export_dataset


class Command(JsonCommand):
    help = "Writes a knowledge base with documents, originals, segments and vectors to a ZIP file."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset_id")
        parser.add_argument("file")

    def run(self, **options: Any) -> dict[str, Any]:
        path = Path(options["file"])
        exported = export_dataset(dataset=find_dataset(options["dataset_id"]), path=path)
        return {"file": str(path), "size_bytes": path.stat().st_size, **asdict(exported)}
