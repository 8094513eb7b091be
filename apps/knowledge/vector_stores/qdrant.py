"""Qdrant (api.qdrant.tech, "Scroll points"): payload `page_content` and `metadata`."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from apps.knowledge.store_contracts import PAGE, Page, VectorStore, point, vector_stores


@vector_stores.register
class Qdrant(VectorStore):
    """Pages follow one another by the id of their first point."""

    key, label = "qdrant", "Qdrant"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> tuple[str, str]:
        """QDRANT_URL, QDRANT_API_KEY."""
        return environment.get("QDRANT_URL", ""), environment.get("QDRANT_API_KEY", "")

    def headers(self) -> Mapping[str, str]:
        """Its own header for the key."""
        return {"api-key": self.api_key} if self.api_key else {}

    async def collections(self) -> list[str]:
        """All names."""
        found = await self.ask("GET", "/collections")
        return [item["name"] for item in found["result"]["collections"]]

    async def count(self, collection: str) -> int:
        """The exact number of points."""
        found = await self.ask("POST", f"/collections/{quote(collection)}/points/count", {"exact": True})
        return int(found["result"]["count"])

    async def page(self, collection: str, cursor: Any) -> Page:
        """One scroll."""
        body = {"limit": PAGE, "with_payload": True, "with_vector": True, "offset": cursor}
        found = (await self.ask("POST", f"/collections/{quote(collection)}/points/scroll", body))["result"]
        points = [
            point(item["id"], payload.get("page_content"), payload.get("metadata"), item.get("vector"))
            for item in found["points"]
            for payload in [item.get("payload") or {}]
        ]
        return Page(points, found.get("next_page_offset"))
