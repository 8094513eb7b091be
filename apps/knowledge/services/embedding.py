"""A base's embedding model, and what its answers are checked for."""

import math
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from apps.common import db
from apps.knowledge.choices import IndexingTechnique
from apps.knowledge.errors import VectorsDoNotFit
from apps.models.contracts import Embeddings
from apps.models.errors import ProviderBadAnswer
from apps.models.handles import ModelHandle
from apps.models.services.resolve import resolve_model


class Embedder:
    """Embeds the texts of one base; in an economical base there is nothing to embed.

    Attributes:
        handle: None in an economical base.
        model: `provider/model`, "" in an economical base.
        dimensions: of the base's vectors; None while it has none.
    """

    def __init__(self, handle: ModelHandle | None, model: str, dimensions: int | None) -> None:
        self.handle, self.model, self.dimensions = handle, model, dimensions

    @classmethod
    async def of(cls, *, workspace_id: UUID, dataset_id: UUID) -> "Embedder | None":
        """The base's embedder; None where the base was deleted. Raises ProviderNotInitialized, ModelNotFound."""
        row = await db.fetch_one(_TECHNIQUE, dataset_id)
        if row is None:
            return None
        technique, provider, name = row
        if technique != IndexingTechnique.HIGH_QUALITY:
            return cls(None, "", None)
        handle = await resolve_model(
            workspace_id=workspace_id, model_type="text-embedding", provider=provider, name=name
        )
        return await cls.for_model(handle, dataset_id)

    @classmethod
    async def for_model(cls, handle: ModelHandle, dataset_id: UUID) -> "Embedder":
        """With any model, for the base's texts."""
        model = f"{handle.provider}/{handle.name}"
        known = await db.fetch_one(_DIMENSIONS, dataset_id, model)
        return cls(handle, model, known[0] if known else None)

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float] | None]:
        """A vector for each text, None in an economical base. Raises ProviderError, VectorsDoNotFit."""
        if self.handle is None or not texts:
            return [None] * len(texts)
        return self._checked(await self.handle.embed(texts), len(texts))

    def _checked(self, embeddings: Embeddings, count: int) -> Sequence[Sequence[float]]:
        vectors = embeddings.vectors
        if len(vectors) != count:
            raise ProviderBadAnswer(f"{self.model} returned {len(vectors)} vectors for {count} texts.")
        self.dimensions = self.dimensions or len(vectors[0])
        for vector in vectors:
            if len(vector) != self.dimensions:
                raise VectorsDoNotFit(
                    f"{self.model} returned a vector of {len(vector)} dimensions; this knowledge base holds"
                    f" vectors of {self.dimensions}."
                )
            if not math.isfinite(sum(vector)):
                raise ProviderBadAnswer(f"{self.model} returned a vector with numbers that are not finite.")
        return vectors


_TECHNIQUE: Final = (
    "select indexing_technique, embedding_provider, embedding_model from knowledge_dataset where id = %s"
)
_DIMENSIONS: Final = "select dim from knowledge_segmentembedding where dataset_id = %s and model = %s limit 1"
