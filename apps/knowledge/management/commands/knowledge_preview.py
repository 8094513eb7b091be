"""Shows what files would become in a knowledge base."""

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from apps.common.errors import AppError
from apps.knowledge.choices import DocForm, IndexingTechnique
from apps.knowledge.models import Dataset
from apps.knowledge.selectors import find_dataset
from apps.knowledge.services.preview import SHOWN, preview_file, preview_json
from apps.workspaces.commands import WorkspaceCommand

from .knowledge_create import parse_json, parse_model


class Command(WorkspaceCommand):
    help = "Shows into which segments files would be cut, and what their vectors would cost; stores nothing."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--dataset", metavar="ID", help="take rule, technique and model of this base")
        parser.add_argument("--rule", metavar="JSON", help="process rule as the service API writes it")
        parser.add_argument("--doc-form", choices=DocForm.values, help="default: what the rule's mode is for")
        parser.add_argument("--doc-language", default="English", help="of questions and answers")
        parser.add_argument("--indexing", choices=IndexingTechnique.values, default=IndexingTechnique.HIGH_QUALITY)
        parser.add_argument("--embedding", metavar="PROVIDER/MODEL", help="default: the workspace's default model")
        parser.add_argument("--limit", type=int, default=SHOWN, help="segments shown of each file")
        parser.add_argument("--qa", type=int, default=0, help="ask the chat model about so many first passages")

    def run(self, **options: Any) -> dict[str, Any]:
        rule = parse_json(options["rule"], "rule")
        provider, model = parse_model(options["embedding"])
        if options["dataset"]:
            dataset = find_dataset(options["dataset"])
        else:
            dataset = Dataset(workspace=self.workspace(options), indexing_technique=options["indexing"])
        wanted = {
            "process_rule": rule,
            "doc_form": options["doc_form"],
            "doc_language": options["doc_language"],
            "embedding_provider": provider,
            "embedding_model": model,
            "shown": options["limit"],
            "asked": options["qa"],
        }
        return {"previews": [_preview(dataset, Path(path), wanted) for path in options["files"]]}


def _preview(dataset: Dataset, path: Path, wanted: dict[str, Any]) -> dict[str, Any]:
    """One file's preview, or what is wrong with it, beside the others'."""
    try:
        with path.open("rb") as file:
            return {
                "file": path.name,
                **preview_json(preview_file(dataset=dataset, name=path.name, data=file, **wanted)),
            }
    except OSError as error:
        return {"file": path.name, "error": f"cannot be read: {error.strerror}"}
    except AppError as error:
        return {"file": path.name, "error": error.message}
