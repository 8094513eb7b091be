"""Milvus (milvus.io, RESTful API v2; Zilliz Cloud speaks it too): fields `page_content`, `metadata`, `vector`."""

import json
from collections.abc import Mapping
from typing import Any

from apps.knowledge.errors import VectorStoreFailed
from apps.knowledge.store_contracts import PAGE, Page, VectorStore, point, vector_stores


@vector_stores.register
class Milvus(VectorStore):
    """A query's answer is cut at its limit in the order of the primary key, by which the next one goes on."""

    key, label = "milvus", "Milvus"

    def __init__(self, url: str, api_key: str = "") -> None:
        super().__init__(url, api_key)
        self._primary: dict[str, str] = {}

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> tuple[str, str]:
        """MILVUS_HOST, MILVUS_PORT, MILVUS_SECURE; MILVUS_USER and MILVUS_PASSWORD make the key."""
        host = environment.get("MILVUS_HOST", "")
        scheme = "https" if environment.get("MILVUS_SECURE", "").lower() in {"1", "true"} else "http"
        url = f"{scheme}://{host}:{environment.get('MILVUS_PORT') or 19530}" if host else ""
        user, password = environment.get("MILVUS_USER", ""), environment.get("MILVUS_PASSWORD", "")
        return url, f"{user}:{password}" if user else ""

    async def collections(self) -> list[str]:
        """All names of the default database."""
        return list(await self._data("collections/list", {}))

    async def count(self, collection: str) -> int:
        """By a query, which counts exactly."""
        body = {"collectionName": collection, "filter": "", "outputFields": ["count(*)"]}
        return int((await self._data("entities/query", body))[0]["count(*)"])

    async def page(self, collection: str, cursor: Any) -> Page:
        """What follows a primary key."""
        primary = await self._primary_key(collection)
        body = {
            "collectionName": collection,
            "filter": f"{primary} > {json.dumps(cursor)}" if cursor is not None else _all(primary),
            "outputFields": ["*"],
            "limit": PAGE,
        }
        found = await self._data("entities/query", body)
        points = [
            point(item[primary], item.get("page_content"), item.get("metadata"), item.get("vector")) for item in found
        ]
        return Page(points, max(item[primary] for item in found) if len(found) == PAGE else None)

    async def _primary_key(self, collection: str) -> str:
        if collection not in self._primary:
            fields = (await self._data("collections/describe", {"collectionName": collection}))["fields"]
            self._primary[collection] = next(str(field["name"]) for field in fields if field.get("primaryKey"))
        return self._primary[collection]

    async def _data(self, path: str, body: Mapping[str, Any]) -> Any:
        """Milvus answers 200 to everything and says in `code` what went wrong."""
        found = await self.ask("POST", f"/v2/vectordb/{path}", body)
        if found.get("code") not in {0, 200}:
            raise VectorStoreFailed(f"Milvus answered to {path}: {str(found.get('message'))[:200]}")
        return found["data"]


def _all(primary: str) -> str:
    return f"{primary} >= {-(2**63)}"
