"""What a vector store of another installation is to `vdb_migrate`. Free of Django."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from apps.common import http
from apps.common.registry import Registry

from .errors import VectorStoreFailed

PAGE: Final = 100  # points: with vectors, a megabyte or two
MAX_ANSWER_BYTES: Final = 64 * 2**20
TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Point:
    """One passage with its vector, as the store holds it.

    Args:
        id: what the product that wrote it called it (`doc_id`), else the store's own.
        document_id, dataset_id: "" where the point names none; it belongs to no knowledge base then.
        vector: None where the store gave none.
    """

    id: str
    content: str
    document_id: str
    dataset_id: str
    vector: Sequence[float] | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some points, and what names the next page; None: there is none."""

    points: Sequence[Point]
    cursor: Any


class VectorStore(ABC):
    """Reads collections over the store's HTTP API; writes nothing.

    Args:
        url: where it is; its path is kept.
        api_key: "" where it asks for none.
    """

    key: ClassVar[str]
    label: ClassVar[str]

    def __init__(self, url: str, api_key: str = "") -> None:
        self.url, self.api_key = url.rstrip("/"), api_key

    @classmethod
    @abstractmethod
    def from_environment(cls, environment: Mapping[str, str]) -> tuple[str, str]:
        """Address and key by the manual's variables; "" for what is not set."""

    @abstractmethod
    async def collections(self) -> list[str]:
        """Names of all collections. Raises VectorStoreFailed, OutboundError."""

    @abstractmethod
    async def count(self, collection: str) -> int:
        """How many points it has."""

    @abstractmethod
    async def page(self, collection: str, cursor: Any) -> Page:
        """The next points, at most PAGE; the first ones for the cursor None. Each point comes once."""

    def headers(self) -> Mapping[str, str]:
        """Those of every request."""
        return {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer. Raises VectorStoreFailed: refused or not understood, OutboundError."""
        found = await http.fetch(
            method,
            f"{self.url}{path}",
            private_allowed=True,  # an operator at the shell names it, and it is most often a neighbour
            headers={"Content-Type": "application/json", "Accept": "application/json", **self.headers()},
            body=None if body is None else json.dumps(body).encode(),
            max_bytes=MAX_ANSWER_BYTES,
            timeout_s=TIMEOUT_S,
        )
        if found.status in {401, 403}:
            raise VectorStoreFailed(f"{self.label} refuses the key.")
        if found.status >= 400:
            raise VectorStoreFailed(f"{self.label} answered {found.status} to {method} {path.partition('?')[0]}.")
        try:
            return json.loads(found.body)
        except ValueError as error:
            raise VectorStoreFailed(f"What answers at this address is not {self.label}.") from error


def floats(value: Any) -> Sequence[float] | None:
    """A vector as a store gives it: a list, or several by name, of which the first is taken."""
    if isinstance(value, Mapping):
        value = next(iter(value.values()), None)
    if not isinstance(value, list) or not value or not all(isinstance(item, int | float) for item in value):
        return None
    return value


def point(id: Any, content: Any, metadata: Any, vector: Any) -> Point:
    """A point out of a store's JSON, whatever is missing in it."""
    if isinstance(metadata, str):
        try:
            metadata = json.loads(metadata)
        except ValueError:
            metadata = {}
    found = metadata if isinstance(metadata, Mapping) else {}
    return Point(
        id=str(found.get("doc_id") or id),
        content=content if isinstance(content, str) else "",
        document_id=str(found.get("document_id") or ""),
        dataset_id=str(found.get("dataset_id") or ""),
        vector=floats(vector),
    )


vector_stores: Registry[VectorStore] = Registry("vector store", "vector_stores", VectorStore)  # type: ignore[type-abstract]  # only subclasses are made
