"""Weaviate (weaviate.io, "Read all objects"): a class for each base, properties `text`, `doc_id`, `document_id` …"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from apps.knowledge.store_contracts import PAGE, Page, VectorStore, point, vector_stores


@vector_stores.register
class Weaviate(VectorStore):
    """Objects come in the order of their ids; the last one of a page is the next one's cursor."""

    key, label = "weaviate", "Weaviate"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> tuple[str, str]:
        """WEAVIATE_ENDPOINT, WEAVIATE_API_KEY."""
        return environment.get("WEAVIATE_ENDPOINT", ""), environment.get("WEAVIATE_API_KEY", "")

    async def collections(self) -> list[str]:
        """All classes."""
        found = await self.ask("GET", "/v1/schema")
        return [item["class"] for item in found.get("classes") or []]

    async def count(self, collection: str) -> int:
        """By its aggregate query; the name has passed the pattern of names."""
        query = {"query": f"{{ Aggregate {{ {collection} {{ meta {{ count }} }} }} }}"}
        found = await self.ask("POST", "/v1/graphql", query)
        return int(found["data"]["Aggregate"][collection][0]["meta"]["count"])

    async def page(self, collection: str, cursor: Any) -> Page:
        """One page of the class."""
        query = {"class": collection, "limit": PAGE, "include": "vector", "after": cursor or ""}
        found = (await self.ask("GET", f"/v1/objects?{urlencode(query)}")).get("objects") or []
        points = []
        for item in found:
            properties = item.get("properties") or {}
            vector = item.get("vector") or item.get("vectors")
            points.append(point(item["id"], properties.get("text"), properties, vector))
        return Page(points, found[-1]["id"] if len(found) == PAGE else None)
