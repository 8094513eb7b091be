"""Puts a backup in the place of all there is."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from dify_project.backup import restore


class Command(JsonCommand):
    help = "Restores database, uploads and keys from a file of backup; the product must not run."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--force", action="store_true", help="delete what is here already")

    def run(self, **options: Any) -> dict[str, Any]:
        kept = restore(Path(options["file"]), force=options["force"])
        call_command("migrate", interactive=False, verbosity=0)
        return asdict(kept)
