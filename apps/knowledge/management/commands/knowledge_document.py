"""Steers the indexing of documents."""

from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.knowledge.selectors import find_document
from apps.knowledge.services.job_control import ACTIONS

from .knowledge_add import document_row


class Command(JsonCommand):
    help = "Pauses, resumes, cancels, retries or repeats the indexing of documents, or says which comes first."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("action", choices=sorted(ACTIONS))
        parser.add_argument("documents", nargs="+", metavar="DOCUMENT_ID")
        parser.add_argument("--priority", type=int, metavar="N", help="for the action priority: -100 to 100")

    def run(self, **options: Any) -> dict[str, Any]:
        action = options["action"]
        more = {"priority": options["priority"]} if action == "priority" else {}
        if more.get("priority", 0) is None:
            raise InvalidParam("Say how early with --priority N.", params="priority")
        documents = [find_document(text) for text in options["documents"]]
        changed = [ACTIONS[action](document=document, **more) for document in documents]
        return {"documents": [document_row(document) for document in changed]}
