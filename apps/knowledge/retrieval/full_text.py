"""Search by words."""

from collections.abc import Hashable
from typing import ClassVar

from apps.knowledge.contracts import Hit, Query, RetrievalMethod, Scope, retrieval_methods

from ._words import SCALE, search_words


@retrieval_methods.register
class FullTextSearch(RetrievalMethod):
    """BM25 over all words of a base."""

    key: ClassVar[str] = "full_text_search"
    label: ClassVar[str] = "Full-text search"

    async def search(self, scope: Scope, query: Query, *, k: int) -> list[Hit]:
        """See the base class."""
        return await search_words(scope, query, k=k)

    def scale(self, scope: Scope) -> Hashable:
        """See the base class."""
        return SCALE
