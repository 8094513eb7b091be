"""Vectors of texts."""

import math
from collections.abc import Sequence
from typing import ClassVar

from apps.models.contracts import ModelType
from apps.models.wire_checks import Context, NotApplicable, WireCase, expect, wire_cases


class EmbeddingCase(WireCase):
    """An embedding model."""

    model_type: ClassVar[ModelType | None] = "text-embedding"
    expects: ClassVar[str] = "One vector of finite numbers for each text."

    async def vectors(self, context: Context, *texts: str) -> Sequence[Sequence[float]]:
        """Sound vectors of these texts. Raises CaseFailed."""
        vectors = (await context.embed(texts)).vectors
        expect(len(vectors) == len(texts), "too_few_vectors", f"{len(vectors)} vectors came for {len(texts)} texts.")
        for vector in vectors:
            expect(all(map(math.isfinite, vector)), "nan_vector", "A number of a vector is not finite.")
            expect(any(vector), "zero_vector", "A vector is zero.")
        return vectors


@wire_cases.register
class OneText(EmbeddingCase):
    """One text."""

    key: ClassVar[str] = "embedding.one"
    label: ClassVar[str] = "A text becomes a vector"

    async def run(self, context: Context) -> None:
        await self.vectors(context, "a cat sat on the mat")


@wire_cases.register
class Batch(EmbeddingCase):
    """Several texts: their vectors are in their order."""

    key: ClassVar[str] = "embedding.batch"
    label: ClassVar[str] = "Vectors come in the order of the texts"

    async def run(self, context: Context) -> None:
        texts = ["apple", "the river runs to the sea", "42 tables"]
        together = await self.vectors(context, *texts)
        alone = [(await self.vectors(context, text))[0] for text in texts]
        for index, vector in enumerate(together):
            nearest = max(range(len(alone)), key=lambda other: _cosine(vector, alone[other]))
            expect(nearest == index, "vectors_reordered", f"Text {index} has the vector of text {nearest}.")


@wire_cases.register
class EmptyText(EmbeddingCase):
    """An empty text, which vendors refuse, does not spoil its batch."""

    key: ClassVar[str] = "embedding.empty"
    label: ClassVar[str] = "An empty text does no harm"

    async def run(self, context: Context) -> None:
        await self.vectors(context, "", "a text")


@wire_cases.register
class UnicodeTexts(EmbeddingCase):
    """Any script."""

    key: ClassVar[str] = "embedding.unicode"
    label: ClassVar[str] = "Texts of any script become vectors"

    async def run(self, context: Context) -> None:
        await self.vectors(context, "你好", "مرحبا", "\N{ROCKET}\N{ROCKET}")


@wire_cases.register
class Dimensions(EmbeddingCase):
    """As many numbers as the catalogue says."""

    key: ClassVar[str] = "embedding.dimensions"
    label: ClassVar[str] = "Vectors are as long as the catalogue says"
    expects: ClassVar[str] = "The vendor's documentation names the length of the model's vectors."

    async def run(self, context: Context) -> None:
        stated = context.models["text-embedding"].dimensions
        if stated is None:
            raise NotApplicable("The catalogue states no length.")
        found = {len(vector) for vector in await self.vectors(context, "one", "two")}
        expect(found == {stated}, "wrong_dimensions", f"Vectors of {sorted(found)} numbers came instead of {stated}.")


@wire_cases.register
class UnitLength(EmbeddingCase):
    """Vectors of length 1."""

    key: ClassVar[str] = "embedding.unit"
    label: ClassVar[str] = "Vectors have length 1"
    expects: ClassVar[str] = "Vectors that can be compared by their angle."

    async def run(self, context: Context) -> None:
        for vector in await self.vectors(context, "one", "two"):
            length = math.hypot(*vector)
            expect(math.isclose(length, 1, abs_tol=1e-4), "not_unit_length", f"A vector has length {length:.4f}.")


@wire_cases.register
class Similarity(EmbeddingCase):
    """Texts that say the same are closer than others."""

    key: ClassVar[str] = "embedding.similarity"
    label: ClassVar[str] = "Texts of one meaning are close to one another"
    expects: ClassVar[str] = "A smaller angle between texts of one meaning."

    async def run(self, context: Context) -> None:
        if context.fake is not None:
            raise NotApplicable("A fake knows no meaning.")
        question, same, other = await self.vectors(
            context, "How do I reset my password?", "Steps to reset a password", "Bananas are rich in potassium"
        )
        is_closer = _cosine(question, same) > _cosine(question, other)
        expect(is_closer, "unrelated_vectors", "A text on something else is closer than one on the same.")


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (math.hypot(*one) * math.hypot(*other))
