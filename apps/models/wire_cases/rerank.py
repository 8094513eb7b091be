"""Ranks of documents."""

import math
from collections.abc import Sequence
from typing import ClassVar, Final

from apps.models.contracts import ModelType, RankedDocument
from apps.models.wire_checks import Context, WireCase, expect, wire_cases

QUERY: Final = "the capital of France"
DOCUMENTS: Final = (
    "Bread needs flour and water",
    "Paris is the capital of France",
    "Snow is cold",
)


class RerankCase(WireCase):
    """A rerank model."""

    model_type: ClassVar[ModelType | None] = "rerank"
    expects: ClassVar[str] = "An index and a finite score for each document, best first."

    async def ranks(self, context: Context, documents: Sequence[str], top_n: int) -> Sequence[RankedDocument]:
        """Sound ranks. Raises CaseFailed."""
        ranks = await context.rerank(QUERY, documents, top_n)
        expect(len(ranks) == top_n, "wrong_rank_count", f"{len(ranks)} documents came instead of {top_n}.")
        indexes = [rank.index for rank in ranks]
        is_known = all(0 <= index < len(documents) for index in indexes) and len(set(indexes)) == len(indexes)
        expect(is_known, "rank_index_out_of_range", f"The ranks name the documents {indexes}.")
        expect(all(math.isfinite(rank.score) for rank in ranks), "rank_score_nan", "A score is not finite.")
        return ranks


@wire_cases.register
class Order(RerankCase):
    """The document that answers is first."""

    key: ClassVar[str] = "rerank.order"
    label: ClassVar[str] = "The document that answers comes first"

    async def run(self, context: Context) -> None:
        ranks = await self.ranks(context, DOCUMENTS, 3)
        scores = [rank.score for rank in ranks]
        expect(scores == sorted(scores, reverse=True), "ranks_unsorted", f"The scores came as {scores}.")
        expect(ranks[0].index == 1, "wrong_order", f"Document {ranks[0].index} came first instead of 1.")


@wire_cases.register
class TopN(RerankCase):
    """No more than asked for."""

    key: ClassVar[str] = "rerank.top_n"
    label: ClassVar[str] = "No more documents than asked for come back"

    async def run(self, context: Context) -> None:
        await self.ranks(context, DOCUMENTS, 2)


@wire_cases.register
class OneDocument(RerankCase):
    """A single document."""

    key: ClassVar[str] = "rerank.one"
    label: ClassVar[str] = "A single document is ranked"

    async def run(self, context: Context) -> None:
        await self.ranks(context, DOCUMENTS[:1], 1)
