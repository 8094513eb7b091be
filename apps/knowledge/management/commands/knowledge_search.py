"""Searches a knowledge base."""

from dataclasses import replace
from typing import Any

from django.core.management.base import CommandParser

from apps.common.commands import JsonCommand
from apps.common.errors import InvalidParam
from apps.common.perloop import run
from apps.knowledge.commands import add_user_option, find_user
from apps.knowledge.contracts import retrieval_methods
from apps.knowledge.selectors import find_dataset
from apps.knowledge.services.explaining import explain, explanation_json
from apps.knowledge.services.retrieve import retrieve
from apps.knowledge.services.searches import Demand
from apps.knowledge.wire import MAX_TOP_K, stored_retrieval


class Command(JsonCommand):
    help = "Searches a knowledge base as an app would."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("dataset_id")
        parser.add_argument("query")
        parser.add_argument("--method", choices=list(retrieval_methods.all()), help="default: the base's own")
        parser.add_argument("--top-k", type=int, help="default: the base's own")
        add_user_option(parser)
        parser.add_argument("--explain", action="store_true", help="tell of every candidate and why it was cut")

    def run(self, **options: Any) -> dict[str, Any]:
        dataset = find_dataset(options["dataset_id"], for_user=find_user(options))
        if not options["query"].strip():
            raise InvalidParam("query is required", params="query")
        if options["top_k"] is not None and not 1 <= options["top_k"] <= MAX_TOP_K:
            raise InvalidParam(f"--top-k must be 1 to {MAX_TOP_K}.", params="top_k")
        settings = stored_retrieval(dataset.retrieval_model)
        if options["method"]:
            settings = replace(settings, search_method=options["method"])
        where = {"workspace_id": dataset.workspace_id, "dataset_ids": [dataset.pk], "query": options["query"]}
        demand = Demand(top_k=options["top_k"], settings=settings)
        told: dict[str, Any] = {}
        if options["explain"]:
            explanation = run(explain(**where, demand=demand))
            hits, told = explanation.hits, {"explanation": explanation_json(explanation)}
        else:
            hits = run(retrieve(**where, top_k=demand.top_k, settings=settings))
        return {
            "records": [
                {
                    "score": hit.score,
                    "segment": {
                        "id": str(hit.segment_id),
                        "position": hit.position,
                        "document_id": str(hit.document_id),
                        "content": hit.content,
                    },
                }
                for hit in hits
            ],
            **told,
        }
