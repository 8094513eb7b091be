"""Writes database, uploads and keys to one file."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from dify_project.backup import back_up


class Command(JsonCommand):
    help = "Writes database, uploads and keys to one file of mode 600; the product may run."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")

    def run(self, **options: Any) -> dict[str, Any]:
        path = Path(options["file"])
        kept = back_up(path)
        return {"file": str(path), "size_bytes": path.stat().st_size, **asdict(kept)}
