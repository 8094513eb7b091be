"""Reads knowledge bases out of Qdrant, Weaviate or Milvus."""

import os
from dataclasses import asdict
from typing import Any, Final

from django.core.management.base import CommandParser

from apps.common.errors import InvalidParam
from apps.common.registry import UnknownKey
from apps.knowledge.services.migrating import migrate_vectors
from apps.knowledge.store_contracts import VectorStore, vector_stores
from apps.workspaces.commands import WorkspaceCommand

from .knowledge_create import parse_json

EVERY: Final = 5_000  # points between two lines of progress
NOT_READ: Final = {
    "pinecone": "Pinecone is not read: add the documents again with `manage.py knowledge_add`.",
    "zilliz": "Zilliz Cloud speaks Milvus' protocol: use --from milvus with the cluster's address and key.",
}


class Command(WorkspaceCommand):
    help = "Makes knowledge bases of the collections of a vector store, with the vectors that are there."

    def arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--from", dest="store", required=True, metavar="STORE", help="qdrant, weaviate or milvus")
        parser.add_argument("--url", help="default: what the manual's variables name, such as QDRANT_URL")
        parser.add_argument("--api-key", help="default: theirs, such as QDRANT_API_KEY")
        parser.add_argument("--dataset-map", metavar="JSON", help='{"id": "name", …}: take these bases alone')
        parser.add_argument("--embedding", metavar="PROVIDER/MODEL", help="default: the workspace's default model")
        parser.add_argument("--dry-run", action="store_true", help="read and count, change nothing")

    def run(self, **options: Any) -> dict[str, Any]:
        provider, _, model = (options["embedding"] or "").partition("/")
        if options["embedding"] is not None and not (provider and model):
            raise InvalidParam("--embedding must be PROVIDER/MODEL.", params="embedding")
        migration = migrate_vectors(
            workspace=self.workspace(options),
            store=_store(options),
            names=parse_json(options["dataset_map"], "dataset-map"),
            embedding=(provider, model) if model else None,
            dry_run=options["dry_run"],
            tell=(lambda *_: None) if options["json"] else self.tell,
        )
        return {"dry_run": options["dry_run"], **asdict(migration)}

    def tell(self, collection: str, done: int, total: int) -> None:
        """A line now and then, and at the end."""
        if done % EVERY == 0 or done >= total:
            self.stderr.write(f"{collection}: {done} of {total} points read")


def _store(options: dict[str, Any]) -> VectorStore:
    key = options["store"].lower()
    if key in NOT_READ:
        raise InvalidParam(NOT_READ[key], params="from")
    try:
        kind = vector_stores.get(key)
    except UnknownKey as error:
        raise InvalidParam(f"--from: {error}", params="from") from error
    url, api_key = kind.from_environment(os.environ)
    url = options["url"] or url
    if not url.startswith(("http://", "https://")):
        raise InvalidParam("--url must be the store's address, such as http://127.0.0.1:6333.", params="url")
    return kind(url, options["api_key"] or api_key)
