"""Makes a knowledge base of an archive."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.knowledge.services.importing import import_dataset
from apps.workspaces.commands import WorkspaceCommand


class Command(WorkspaceCommand):
    help = "Makes a knowledge base of what knowledge_export wrote; no model is called."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--name", help="default: the archive's, with a number where that is taken")

    def run(self, **options: Any) -> dict[str, Any]:
        imported = import_dataset(workspace=self.workspace(options), path=Path(options["file"]), name=options["name"])
        return {
            "dataset_id": str(imported.dataset.pk),
            "name": imported.dataset.name,
            "documents": imported.documents,
            "segments": imported.segments,
            "warnings": imported.warnings,
        }
